// The 53-operation benchmark: every engine in one run, results compared, medians and spread.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "bench/lib/engine.h"
#include "bench/lib/report.h"
#include "bench/sql/operations.h"

namespace bench {
namespace {

const char* const kHelp = R"(sql53 [--quick] [--json] [--engines a,b] [--case TEXT]
53 operations on 10,000 users and 30,000 orders in memory, engines in turn in one process, each through its C API with
statements prepared beforehand; a row is stepped over, not read. Before each timed read both tables are written to
(untimed), so that no result cache answers; the second column of the table is without those writes. Results are compared
in full (without LIMIT) between the engines before timing.
)";

struct Samples {
  std::vector<double> cold, warm;
  Digest digest;
};
using Table = std::map<std::string, std::map<std::string, Samples>>;  // operation -> engine

enum class Mode { kCold, kWarm };

void time_reads(Engine& engine, const Operation& op, Mode mode, double budget_ns, std::vector<double>* out) {
  auto statement = engine.prepare(op.sql);
  auto touch_users = engine.prepare("UPDATE users SET created_at = '2024-01-01 00:00:00' WHERE id = 1");
  std::unique_ptr<Statement> touch_orders;
  if (op.needs_orders) touch_orders = engine.prepare("UPDATE orders SET order_date = '2024-01-15' WHERE id = 1");
  uint32_t iterations = std::max<uint32_t>(op.iterations, 50);
  for (uint32_t i = 0; i < 5; ++i) statement->run(op.parameters(i));
  uint64_t started = now_nanos();
  for (uint32_t i = 0; i < iterations; ++i) {
    auto parameters = op.parameters(i);
    if (mode == Mode::kCold) {
      touch_users->run({});
      if (touch_orders) touch_orders->run({});
    }
    uint64_t t = now_nanos();
    keep(statement->run(parameters));
    uint64_t end = now_nanos();
    out->push_back(static_cast<double>(end - t));
    if (i >= 7 && static_cast<double>(end - started) > budget_ns) break;
  }
}

void time_writes(Engine& engine, const Operation& op, std::vector<double>* out) {
  auto statement = engine.prepare(op.sql);
  for (uint32_t i = 0; i < op.iterations; ++i) {
    if (op.batch == 0) {
      auto parameters = op.parameters(i);
      uint64_t t = now_nanos();
      statement->run(parameters);
      out->push_back(static_cast<double>(now_nanos() - t));
      continue;
    }
    std::vector<std::vector<Cell>> all;
    for (uint32_t j = 0; j < op.batch; ++j) all.push_back(op.parameters(i * op.batch + j));
    uint64_t t = now_nanos();
    engine.begin();
    for (const auto& parameters : all) statement->run(parameters);
    engine.commit();
    out->push_back(static_cast<double>(now_nanos() - t));
  }
}

void run_engine(const std::string& name, const Arguments& args, bool verify, Table* table) {
  auto engine = open_engine(name, {});
  if (!engine) return;
  load_users(*engine);
  if (name == "sqlite") engine->exec("ANALYZE");
  bool orders = false;
  const double budget = args.quick ? 60e6 : 300e6;
  for (const Operation& op : operations(*engine)) {
    if (op.needs_orders && !orders) {
      load_orders(*engine);
      if (name == "sqlite") engine->exec("ANALYZE");
      orders = true;
    }
    Samples& samples = (*table)[op.name][name];
    if (op.writes) {
      time_writes(*engine, op, &samples.cold);
      continue;
    }
    if (!args.only.empty() && op.name.find(args.only) == std::string::npos) continue;
    if (verify) samples.digest = engine->prepare(op.verify.empty() ? op.sql : op.verify)->digest(op.parameters(7));
    time_reads(*engine, op, Mode::kCold, budget, &samples.cold);
    if (!args.quick) time_reads(*engine, op, Mode::kWarm, budget / 2, &samples.warm);
  }
}

/// The engines whose result is not that of most others; empty where all agree.
std::string differing_engines(const std::map<std::string, Samples>& engines) {
  size_t most = 0, counted = 0;
  const Samples* reference = nullptr;
  for (const auto& [name, samples] : engines) {
    if (samples.digest.sums.empty()) continue;
    ++counted;
    size_t alike = 0;
    for (const auto& other : engines) alike += same(samples.digest, other.second.digest) ? 1 : 0;
    if (alike > most) {
      most = alike;
      reference = &samples;
    }
  }
  std::string odd;
  if (most == counted) return odd;
  for (const auto& [name, samples] : engines) {
    if (!samples.digest.sums.empty() && !same(reference->digest, samples.digest)) odd += " " + name;
  }
  return odd;
}

struct Score {
  int faster = 0, compared = 0;
  double worst = 0;
  double logs = 0;  ///< of the ratios, added up

  void add(double ours, double theirs) {
    ++compared;
    faster += ours < theirs ? 1 : 0;
    worst = std::max(worst, ours / theirs);
    logs += std::log(ours / theirs);
  }
};

/// "faster than sqlite in 53 of 53 (slowest ratio 0.62, geometric mean 0.08); ..."
std::string scores_text(const std::map<std::string, Score>& scores) {
  std::string text;
  for (const auto& [e, s] : scores) {
    char part[160];
    std::snprintf(part, sizeof(part), "%sfaster than %s in %d of %d (slowest ratio %.2f, geometric mean %.2f)",
                  text.empty() ? "" : "; ", e.c_str(), s.faster, s.compared, s.worst, std::exp(s.logs / s.compared));
    text += part;
  }
  return text;
}

int report(const Arguments& args, const Table& table, const std::vector<std::string>& order) {
  int differing = 0, ours_differ = 0;
  std::map<std::string, Score> scores, warm_scores;
  if (args.form == Form::kText) {
    std::printf("%-28s", "microseconds, median");
    for (const auto& e : args.engines) std::printf(" %21s", e.c_str());
    std::printf("   (cold +- mad / caches on)\n");
  }
  for (const auto& op : order) {
    const auto& engines = table.at(op);
    std::string odd = differing_engines(engines);
    differing += odd.empty() ? 0 : 1;
    if (args.form == Form::kText) std::printf("%-28s", op.c_str());
    for (const auto& e : args.engines) {
      auto it = engines.find(e);
      if (it == engines.end() || it->second.cold.empty()) continue;
      Spread cold = spread_of(it->second.cold), warm = spread_of(it->second.warm);
      if (e != "orrery" && engines.count("orrery") != 0 && !engines.at("orrery").cold.empty()) {
        const Samples& ours = engines.at("orrery");
        scores[e].add(spread_of(ours.cold).median, cold.median);
        if (!it->second.warm.empty()) warm_scores[e].add(spread_of(ours.warm).median, warm.median);
      }
      if (args.form == Form::kJson) {
        uint64_t checksum = it->second.digest.checksum();
        print_json({"sql53", op, e, cold, it->second.cold.size(), checksum});
        if (!it->second.warm.empty()) {
          print_json({"sql53", op + ", caches on", e, warm, it->second.warm.size(), checksum});
        }
      } else {
        std::printf(" %9.2f+-%-5.2f/%5.1f", cold.median / 1e3, cold.mad / 1e3, warm.median / 1e3);
      }
    }
    if (args.form == Form::kText) std::printf("%s\n", odd.empty() ? "" : ("   RESULTS DIFFER:" + odd).c_str());
    if (engines.count("orrery") != 0 && odd.find(" orrery") != std::string::npos) ++ours_differ;
  }
  std::string summary = scores_text(scores);
  if (!warm_scores.empty()) summary += "; with caches on: " + scores_text(warm_scores);
  summary += std::string(summary.empty() ? "" : "; ") + "operations with differing results: " + std::to_string(differing);
  if (args.form == Form::kJson) {
    std::printf("{\"bench\":\"sql53\",\"summary\":\"%s\"}\n", summary.c_str());
  } else {
    std::printf("%s\n", summary.c_str());
  }
  return ours_differ == 0 ? 0 : 1;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  Arguments args = parse_arguments(argc, argv, kHelp, {"orrery", "stoolap", "sqlite", "duckdb"});
  Table table;
  std::vector<std::string> order;
  for (const Operation& op : operations(*open_engine("sqlite", {}))) order.push_back(op.name);
  int rounds = args.quick ? 2 : 5;
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < args.engines.size(); ++i) {
      const std::string& engine = args.engines[(i + static_cast<size_t>(round)) % args.engines.size()];
      std::fprintf(stderr, "\rround %d of %d: %-10s", round + 1, rounds, engine.c_str());
      run_engine(engine, args, round == 0, &table);
    }
  }
  std::fprintf(stderr, "\r%40s\r", "");
  return report(args, table, order);
}
