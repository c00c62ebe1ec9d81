#include "bench/lib/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace bench {

Spread spread_of(std::vector<double> samples) {
  if (samples.empty()) return {};
  auto middle = [](std::vector<double>& v) {
    std::sort(v.begin(), v.end());
    size_t n = v.size();
    return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
  };
  Spread out;
  out.median = middle(samples);
  for (double& s : samples) s = std::fabs(s - out.median);
  out.mad = middle(samples);
  return out;
}

uint64_t now_nanos() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1000000000ULL + static_cast<uint64_t>(t.tv_nsec);
}

void print_json(const Line& line) {
  std::printf("{\"bench\":\"%s\",\"case\":\"%s\",\"engine\":\"%s\",\"median_ns\":%.1f,\"mad_ns\":%.1f,\"runs\":%llu,\"checksum\":\"%016llx\"}\n",
              line.bench.c_str(), line.name.c_str(), line.engine.c_str(), line.nanos.median, line.nanos.mad,
              static_cast<unsigned long long>(line.runs), static_cast<unsigned long long>(line.checksum));
  std::fflush(stdout);
}

void keep(uint64_t value) {
  asm volatile("" : : "r"(value) : "memory");
}

Arguments parse_arguments(int argc, char** argv, const char* help, std::vector<std::string> engines) {
  Arguments out;
  out.engines = std::move(engines);
  for (int i = 1; i < argc; ++i) {
    std::string a = argv[i];
    if (a == "--quick") {
      out.quick = true;
    } else if (a == "--json") {
      out.form = Form::kJson;
    } else if (a == "--engines" && i + 1 < argc) {
      out.engines.clear();
      std::string list = argv[++i];
      for (size_t at = 0; at <= list.size();) {
        size_t comma = std::min(list.find(',', at), list.size());
        if (comma > at) out.engines.push_back(list.substr(at, comma - at));
        at = comma + 1;
      }
    } else if (a == "--case" && i + 1 < argc) {
      out.only = argv[++i];
    } else if (a == "--dir" && i + 1 < argc) {
      out.directory = argv[++i];
    } else {
      std::fputs(help, a == "--help" ? stdout : stderr);
      std::exit(a == "--help" ? 0 : 2);
    }
  }
  return out;
}

}  // namespace bench
