// ProgressLine: one line on standard error that tells how far a long piece of work is. Shown only
// on a terminal and only once the work has taken more than a second.
#pragma once

#include <cstdint>
#include <string>

namespace orrery::cli {

class ProgressLine {
 public:
  ProgressLine(std::string what, bool enabled);
  ~ProgressLine();  ///< wipes the line
  /// done and total in any unit; total 0 = unknown. rows 0 = the work is not counted in rows.
  void update(uint64_t done, uint64_t total, uint64_t rows);

 private:
  std::string what_;
  bool enabled_;
  bool drawn_ = false;
  int64_t started_nanos_;
  int64_t drawn_nanos_ = 0;
};

}  // namespace orrery::cli
