// What the benchmarks of the host have in common: cases that several engines do alike, timed in turns,
// with checksums that must agree.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/lib/report.h"

namespace bench {

/// One engine's way to do a thing. Cases of one name belong together; the first of them is what the
/// ratios are to.
struct HostCase {
  std::string name;
  std::string engine;  ///< orrery, native, sqlite, wasmtime
  /// What the time of a round is divided by.
  uint64_t operations = 1;
  /// Does it once; gives the nanoseconds that count.
  std::function<uint64_t()> round;
  /// After the last round: of all that was done. Null: nothing to compare.
  std::function<uint64_t()> checksum{};
  std::string note{};  ///< what is worth knowing of the figure
};

/// Times what the arguments choose (--engines, --case) in `rounds` rounds, engines taking turns, and
/// prints a table or a JSON object per line, the ratios last. False where checksums differ.
bool run_cases(const char* bench, const Arguments& arguments, int rounds,
               const std::vector<HostCase>& cases);

/// True where the arguments ask for a case of this name by this engine.
bool is_wanted(const Arguments& arguments, const std::string& name, const std::string& engine);

/// Folds a number into a checksum; the order counts.
inline uint64_t fold(uint64_t sum, uint64_t value) {
  return (sum ^ value) * 0x9e3779b97f4a7c15ULL + (sum >> 29);
}

}  // namespace bench
