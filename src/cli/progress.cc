#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "env/environment.h"

namespace orrery::cli {
namespace {
constexpr int64_t kSecond = 1'000'000'000;
constexpr int kBarCells = 24;
int64_t now() {
  return env::system_environment().clock->monotonic_nanos();
}
}  // namespace

ProgressLine::ProgressLine(std::string what, bool enabled)
    : what_(std::move(what)),
      enabled_(enabled && isatty(STDERR_FILENO) != 0),
      started_nanos_(now()) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::fprintf(stderr, "\r\033[K");
}

void ProgressLine::update(uint64_t done, uint64_t total, uint64_t rows) {
  if (!enabled_) return;
  int64_t t = now();
  if (t - started_nanos_ < kSecond || t - drawn_nanos_ < kSecond / 10) return;
  drawn_nanos_ = t;
  drawn_ = true;
  if (total == 0) {
    std::fprintf(stderr, "\r\033[K%s ... %lld s", what_.c_str(),
                 static_cast<long long>((t - started_nanos_) / kSecond));
    return;
  }
  double share =
      total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  int filled = static_cast<int>(share * kBarCells);
  std::string bar = std::string(static_cast<size_t>(filled), '#') +
                    std::string(static_cast<size_t>(kBarCells - filled), '.');
  std::fprintf(stderr, "\r\033[K%s [%s] %3.0f%%", what_.c_str(), bar.c_str(), share * 100);
  if (rows == 0) return;
  double rate = static_cast<double>(rows) * 1e9 / static_cast<double>(t - started_nanos_);
  std::fprintf(stderr, "  %llu rows, %.0f rows/s", static_cast<unsigned long long>(rows), rate);
}

}  // namespace orrery::cli
