// Bulk load: rows per second, bytes per row in memory and on disk, each engine by its quickest documented way.
#include <cstdio>
#include <string>
#include <vector>

#include "bench/lib/engine.h"
#include "bench/lib/measure.h"
#include "bench/lib/report.h"
#include "bench/sql/operations.h"

namespace bench {
namespace {

const char* const kHelp = R"(bulk [--quick] [--json] [--engines a,b] [--dir FOLDER]
Loads 10 M rows (quick: 1 M) of (INTEGER key, INTEGER, FLOAT, TEXT of 8 to 23 bytes) by prepared inserts, 100,000 rows to
a transaction (DuckDB: its appender), in memory and into a file database (sync normal), each load in a process of its own, engines
in turn, three times (quick: once; what takes over a minute is not repeated).
)";

struct Task {
  std::string engine;
  std::string directory;  ///< empty = in memory
  uint64_t rows;
};

Figures load(void* context) {
  const Task& task = *static_cast<Task*>(context);
  OpenOptions options;
  if (!task.directory.empty()) options.path = task.directory + "/db";
  auto engine = open_engine(task.engine, options);
  Figures out;
  if (!engine) return out;
  engine->exec("CREATE TABLE bulk (id INTEGER PRIMARY KEY, k INTEGER NOT NULL, v " + engine->real_type() + " NOT NULL, t TEXT NOT NULL)");
  uint64_t before = resident_bytes();
  Random random;
  auto loader = engine->bulk_loader("bulk", 4);
  uint64_t started = now_nanos();
  std::string text_value;
  std::vector<Cell> cells(4);
  for (uint64_t i = 0; i < task.rows; ++i) {
    text_value = "value " + std::to_string(random.next() % (i % 4 == 0 ? 100000000000000000ULL : 1000));
    cells[0] = integer(static_cast<int64_t>(i + 1));
    cells[1] = integer(random.between(0, 999));
    cells[2] = real(random.real(0, 1000));
    cells[3] = text(text_value);
    loader->add(cells);
  }
  loader->finish();
  out.values[0] = static_cast<double>(now_nanos() - started) / static_cast<double>(task.rows);
  out.values[1] = static_cast<double>(resident_bytes() - before) / static_cast<double>(task.rows);
  Digest digest = engine->prepare("SELECT COUNT(*), SUM(k), MAX(id) FROM bulk")->digest({});
  out.values[3] = static_cast<double>(digest.checksum() & 0xffffffffffffULL);
  loader.reset();
  uint64_t closing = now_nanos();
  engine.reset();
  out.values[4] = static_cast<double>(now_nanos() - closing);
  if (!task.directory.empty()) out.values[2] = static_cast<double>(disk_bytes(options.path)) / static_cast<double>(task.rows);
  out.values[5] = 1;
  return out;
}

struct Samples {
  std::vector<double> nanos;
  Figures last;
  bool missing = false;
  bool slow = false;  ///< a load that takes over a minute is not repeated
};

void sample(const Arguments& args, size_t engine, uint64_t rows, bool in_file, Samples* out) {
  Task task{args.engines[engine], "", rows};
  std::string folder;
  if (in_file) task.directory = folder = make_directory(args.directory);
  uint64_t started = now_nanos();
  out->last = in_child(load, &task);
  out->slow = now_nanos() - started > 60'000'000'000ULL;
  if (!folder.empty()) remove_tree(folder);
  out->missing = out->last.values[5] == 0;
  if (!out->missing) out->nanos.push_back(out->last.values[0]);
}

int run(const Arguments& args) {
  uint64_t rows = args.quick ? 1000000 : 10000000;
  int runs = args.quick ? 1 : 3;
  std::string ratios;
  double ours[2] = {0, 0};
  if (args.form == Form::kText) std::printf("%-10s %-8s %14s %18s %18s\n", "engine", "where", "ns per row", "memory bytes/row", "disk bytes/row");
  for (const char* where : {"memory", "file"}) {
    bool in_file = std::string(where) == "file";
    std::vector<Samples> samples(args.engines.size());
    for (int r = 0; r < runs; ++r) {
      for (size_t e = 0; e < args.engines.size(); ++e) {
        if (!samples[e].missing && !samples[e].slow) sample(args, e, rows, in_file, &samples[e]);
      }
    }
    double checksum = 0;
    for (size_t e = 0; e < args.engines.size(); ++e) {
      const std::string& engine = args.engines[e];
      const Figures& last = samples[e].last;
      if (samples[e].missing) continue;
      if (checksum == 0) checksum = last.values[3];
      if (checksum != last.values[3]) fail(engine + ": the loaded rows differ");
      Spread spread = spread_of(samples[e].nanos);
      if (engine == "orrery") ours[in_file] = spread.median;
      if (engine != "orrery" && ours[in_file] > 0) {
        char part[96];
        std::snprintf(part, sizeof(part), "%s%s: %.2fx the rate of %s", ratios.empty() ? "" : ", ", where, spread.median / ours[in_file], engine.c_str());
        ratios += part;
      }
      if (args.form == Form::kJson) {
        print_json({"bulk", std::string("load ") + where, engine, spread, samples[e].nanos.size(), static_cast<uint64_t>(checksum)});
        print_json({"bulk", std::string("bytes per row ") + where, engine, {last.values[in_file ? 2 : 1], 0}, 1, 0});
      } else {
        std::printf("%-10s %-8s %9.1f+-%-4.1f %16.1f %18.1f\n", engine.c_str(), where, spread.median, spread.mad, last.values[1], last.values[2]);
      }
    }
  }
  if (args.form == Form::kJson) {
    std::printf("{\"bench\":\"bulk\",\"summary\":\"%s\"}\n", ratios.c_str());
  } else {
    std::printf("%s\n", ratios.c_str());
  }
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::run(bench::parse_arguments(argc, argv, bench::kHelp, {"orrery", "stoolap", "sqlite", "duckdb"}));
}
