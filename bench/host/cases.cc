#include "bench/host/cases.h"

#include <algorithm>
#include <cstdio>

namespace bench {

bool is_wanted(const Arguments& arguments, const std::string& name, const std::string& engine) {
  if (!arguments.only.empty() && name.find(arguments.only) == std::string::npos) return false;
  const std::vector<std::string>& engines = arguments.engines;
  return engines.empty() || std::find(engines.begin(), engines.end(), engine) != engines.end();
}

namespace {

/// Cases of one name, in the order in which they came.
std::vector<std::vector<const HostCase*>> groups_of(const Arguments& arguments,
                                                    const std::vector<HostCase>& cases) {
  std::vector<std::vector<const HostCase*>> out;
  for (const HostCase& one : cases) {
    if (!is_wanted(arguments, one.name, one.engine)) continue;
    auto same = std::find_if(out.begin(), out.end(),
                             [&](const auto& group) { return group[0]->name == one.name; });
    if (same == out.end()) same = out.insert(out.end(), std::vector<const HostCase*>());
    same->push_back(&one);
  }
  return out;
}

struct Timed {
  const HostCase* of = nullptr;
  Spread nanos;
  uint64_t checksum = 0;
};

/// The engines take turns, so that what else the machine does falls on all alike; the first round of
/// each is not counted.
std::vector<Timed> time_group(const std::vector<const HostCase*>& group, int rounds) {
  std::vector<std::vector<double>> samples(group.size());
  for (int round = 0; round <= rounds; ++round) {
    for (size_t i = 0; i < group.size(); ++i) {
      const auto nanos = static_cast<double>(group[i]->round());
      if (round > 0) samples[i].push_back(nanos / static_cast<double>(group[i]->operations));
    }
  }
  std::vector<Timed> out;
  for (size_t i = 0; i < group.size(); ++i) {
    out.push_back({group[i], spread_of(samples[i]), group[i]->checksum ? group[i]->checksum() : 0});
  }
  return out;
}

bool agree(const std::vector<Timed>& timed) {
  bool all = true;
  const Timed* first = nullptr;
  for (const Timed& one : timed) {
    if (!one.of->checksum) continue;
    if (first == nullptr) first = &one;
    if (one.checksum == first->checksum) continue;
    std::fprintf(stderr, "%s: %s and %s disagree\n", one.of->name.c_str(),
                 first->of->engine.c_str(), one.of->engine.c_str());
    all = false;
  }
  return all;
}

void print_ratio(const char* bench, const Timed& base, const Timed& one) {
  std::printf("{\"bench\":\"%s\",\"case\":\"%s\",\"ratio\":{\"of\":\"%s\",\"to\":\"%s\","
              "\"value\":%.3f}}\n",
              bench, one.of->name.c_str(), one.of->engine.c_str(), base.of->engine.c_str(),
              one.nanos.median / base.nanos.median);
  std::fflush(stdout);
}

}  // namespace

bool run_cases(const char* bench, const Arguments& arguments, int rounds,
               const std::vector<HostCase>& cases) {
  const bool json = arguments.form == Form::kJson;
  bool all_agree = true;
  for (const auto& group : groups_of(arguments, cases)) {
    const std::vector<Timed> timed = time_group(group, rounds);
    all_agree = agree(timed) && all_agree;
    for (const Timed& one : timed) {
      if (json) {
        print_json({bench, one.of->name, one.of->engine, one.nanos,
                    static_cast<uint64_t>(rounds), one.checksum});
        if (one.of != timed[0].of) print_ratio(bench, timed[0], one);
        continue;
      }
      std::printf("%-46s %-9s %12.1f ns +- %8.1f %8.2fx  %s\n", one.of->name.c_str(),
                  one.of->engine.c_str(), one.nanos.median, one.nanos.mad,
                  one.nanos.median / timed[0].nanos.median, one.of->note.c_str());
      std::fflush(stdout);
    }
  }
  return all_agree;
}

}  // namespace bench
