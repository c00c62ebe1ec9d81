// The BSATN interface of the storage layer beside SQLite's prepared statements: the same tables,
// the same rows, in memory, one thread. Every case is timed in rounds; the answers must agree.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/lib/report.h"
#include "bench/storage/tables.h"

namespace bench {
namespace {

const char* const kHelp = R"(storage [--quick] [--json] [--engines orrery,sqlite] [--case TEXT]
Rows and keys as BSATN in and out of Orrery's tables, against SQLite's prepared statements on the same tables in memory.
Prints nanoseconds per operation (for scans: per row) and how many times faster Orrery is. --quick uses fewer rows.
)";

struct Case {
  const char* name;
  uint32_t rounds;
  /// Runs one round and returns the checksum; `operations` gets what the time is divided by.
  std::function<uint64_t(StorageEngine&, uint64_t* operations)> run;
};

std::vector<Case> cases(uint64_t rows) {
  return {
      {"insert narrow, one transaction", 5,
       [rows](StorageEngine& e, uint64_t* n) { return *n = rows, e.insert_narrow(rows); }},
      {"insert narrow, a transaction each", 5,
       [rows](StorageEngine& e, uint64_t* n) { return *n = rows / 10, e.insert_each(rows / 10); }},
      {"insert narrow, generated keys", 5,
       [rows](StorageEngine& e, uint64_t* n) {
         return *n = rows / 10, e.insert_generated(rows / 10);
       }},
      {"insert people, 2 indexes", 5,
       [rows](StorageEngine& e, uint64_t* n) {
         return *n = rows / 10, e.insert_people(rows / 10);
       }},
      {"point read narrow", 9,
       [rows](StorageEngine& e, uint64_t* n) { return *n = rows / 4, e.read_narrow(rows / 4); }},
      {"point read people", 9,
       [rows](StorageEngine& e, uint64_t* n) { return *n = rows / 10, e.read_people(rows / 10); }},
      {"point read people by name", 9,
       [rows](StorageEngine& e, uint64_t* n) { return *n = rows / 10, e.read_by_name(rows / 10); }},
      {"range of 100 keys, narrow", 9,
       [rows](StorageEngine& e, uint64_t* n) {
         return *n = rows / 200, e.range_narrow(rows / 200);
       }},
      {"range by age, people", 9,
       [](StorageEngine& e, uint64_t* n) { return *n = 60, e.range_people(60); }},
      {"scan narrow, per row", 9,
       [rows](StorageEngine& e, uint64_t* n) { return *n = rows, e.scan_narrow(); }},
      {"scan people, per row", 9,
       [rows](StorageEngine& e, uint64_t* n) { return *n = rows / 10, e.scan_people(); }},
      {"update narrow by key", 5,
       [rows](StorageEngine& e, uint64_t* n) {
         return *n = rows / 10, e.update_narrow(rows / 10);
       }},
      {"delete narrow by key, back again", 5,
       [rows](StorageEngine& e, uint64_t* n) {
         return *n = rows / 10, e.delete_narrow(rows / 10);
       }},
      {"delete narrow by equality, back again", 5,
       [rows](StorageEngine& e, uint64_t* n) { return *n = rows / 10, e.delete_equal(rows / 10); }},
  };
}

struct Result {
  Spread nanos;
  uint64_t checksum = 0;
};

/// The engines take turns, so that what else the machine does falls on both alike.
std::vector<Result> measure(const Case& c, uint32_t rounds,
                            std::span<const std::unique_ptr<StorageEngine>> engines) {
  std::vector<Result> results(engines.size());
  std::vector<std::vector<double>> samples(engines.size());
  for (uint32_t round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < engines.size(); ++i) {
      uint64_t operations = 1;
      uint64_t started = now_nanos();
      results[i].checksum = c.run(*engines[i], &operations);
      samples[i].push_back(static_cast<double>(now_nanos() - started) /
                           static_cast<double>(operations));
    }
  }
  for (size_t i = 0; i < engines.size(); ++i) results[i].nanos = spread_of(std::move(samples[i]));
  return results;
}

int run(int argc, char** argv) {
  Arguments arguments = parse_arguments(argc, argv, kHelp, {"orrery", "sqlite"});
  bool json = arguments.form == Form::kJson;
  uint64_t rows = arguments.quick ? 200'000 : 1'000'000;
  std::vector<std::unique_ptr<StorageEngine>> engines;
  for (const std::string& name : arguments.engines) {
    engines.push_back(name == "orrery" ? make_orrery() : make_sqlite());
  }
  if (!json) std::printf("%-36s %12s %12s %8s\n", "case", "orrery ns", "sqlite ns", "times");
  double least = 0;
  std::string least_case, ratios;
  bool agree = true;
  for (const Case& c : cases(rows)) {
    bool wanted =
        arguments.only.empty() || std::string(c.name).find(arguments.only) != std::string::npos;
    // The inserts make the tables for the other cases.
    if (!wanted && std::strncmp(c.name, "insert", 6) != 0) continue;
    uint32_t rounds = wanted ? c.rounds : 1;
    double median[2] = {0, 0};
    uint64_t checksum = 0;
    std::vector<Result> results = measure(c, rounds, engines);
    for (size_t i = 0; i < engines.size(); ++i) {
      const Result& r = results[i];
      if (i > 0 && r.checksum != checksum) {
        agree = false;
        std::fprintf(stderr, "%s: the engines disagree\n", c.name);
      }
      checksum = r.checksum;
      median[arguments.engines[i] == "orrery" ? 0 : 1] = r.nanos.median;
      if (json) print_json({"storage", c.name, arguments.engines[i], r.nanos, rounds, r.checksum});
    }
    double times = median[0] > 0 ? median[1] / median[0] : 0;
    if (!json) std::printf("%-36s %12.1f %12.1f %7.1fx\n", c.name, median[0], median[1], times);
    if (engines.size() < 2) continue;
    if (least == 0 || times < least) {
      least = times;
      least_case = c.name;
    }
    char text[128];
    std::snprintf(text, sizeof text, "%s\"%s\":%.2f", ratios.empty() ? "" : ",", c.name, times);
    ratios += text;
  }
  if (engines.size() == 2) {
    if (json) {
      std::printf(
          "{\"bench\":\"storage\",\"summary\":{\"times_faster\":{%s},\"least\":%.2f,\"least_case\":"
          "\"%s\"}}\n",
          ratios.c_str(), least, least_case.c_str());
    } else {
      std::printf("least: %.1fx (%s)\n", least, least_case.c_str());
    }
  }
  return agree ? 0 : 1;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::run(argc, argv);
}
