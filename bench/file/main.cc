// Autocommitted inserts into a file database in each sync mode.
#include <cstdio>
#include <string>
#include <vector>

#include "bench/lib/engine.h"
#include "bench/lib/measure.h"
#include "bench/lib/report.h"
#include "bench/sql/operations.h"

namespace bench {
namespace {

const char* const kHelp = R"(file [--quick] [--json] [--engines a,b] [--dir FOLDER]
Single autocommitted inserts into a file database with sync none, normal and full (SQLite: WAL with synchronous OFF,
NORMAL, FULL; DuckDB has one mode, shown as full), engines in turn.
)";

int run(const Arguments& args) {
  std::string summary;
  for (const char* sync : {"none", "normal", "full"}) {
    uint32_t inserts = std::string(sync) == "full" ? (args.quick ? 200 : 1000) : (args.quick ? 5000 : 20000);
    int rounds = args.quick ? 2 : 5;
    std::vector<std::vector<double>> samples(args.engines.size());
    uint64_t checksum = 0;
    for (int round = 0; round < rounds; ++round) {
      for (size_t e = 0; e < args.engines.size(); ++e) {
        if (args.engines[e] == "duckdb" && std::string(sync) != "full") continue;
        std::string folder = make_directory(args.directory);
        auto engine = open_engine(args.engines[e], {folder + "/db", sync});
        if (engine) {
          engine->exec("CREATE TABLE entries (id INTEGER PRIMARY KEY, who INTEGER NOT NULL, note TEXT NOT NULL)");
          auto insert = engine->prepare("INSERT INTO entries (id, who, note) VALUES (?, ?, ?)");
          for (uint32_t i = 0; i < inserts; ++i) {
            std::vector<Cell> cells = {integer(i + 1), integer(i % 97), text("a note of some length")};
            uint64_t t = now_nanos();
            insert->run(cells);
            samples[e].push_back(static_cast<double>(now_nanos() - t));
          }
          uint64_t digest = engine->prepare("SELECT COUNT(*), SUM(who) FROM entries")->digest({}).checksum();
          if (checksum == 0) checksum = digest;
          if (checksum != digest) fail(args.engines[e] + ": the rows differ");
        }
        engine.reset();
        remove_tree(folder);
      }
    }
    double ours = 0;
    for (size_t e = 0; e < args.engines.size(); ++e) {
      if (samples[e].empty()) continue;
      Spread spread = spread_of(samples[e]);
      if (args.engines[e] == "orrery") ours = spread.median;
      if (args.form == Form::kJson) {
        print_json({"file", std::string("insert ") + sync, args.engines[e], spread, samples[e].size(), checksum});
      } else {
        std::printf("insert, sync %-7s %-8s %10.2f us +- %.2f%s\n", sync, args.engines[e].c_str(), spread.median / 1e3, spread.mad / 1e3,
                    args.engines[e] != "orrery" && ours > 0 ? ("   ratio " + std::to_string(spread.median / ours).substr(0, 5)).c_str() : "");
      }
      if (args.engines[e] != "orrery" && ours > 0) {
        char part[96];
        std::snprintf(part, sizeof(part), "%s%s: %.2fx the rate of %s", summary.empty() ? "" : ", ", sync, spread.median / ours, args.engines[e].c_str());
        summary += part;
      }
    }
  }
  if (args.form == Form::kJson) {
    std::printf("{\"bench\":\"file\",\"summary\":\"%s\"}\n", summary.c_str());
  } else {
    std::printf("%s\n", summary.c_str());
  }
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::run(bench::parse_arguments(argc, argv, bench::kHelp, {"orrery", "stoolap", "sqlite", "duckdb"}));
}
