// Medians, spread, and the lines that every benchmark prints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct Spread {
  double median = 0;
  double mad = 0;  ///< median of the distances from the median
};
Spread spread_of(std::vector<double> samples);

/// Nanoseconds of a clock that only goes forward.
uint64_t now_nanos();

struct Line {
  std::string bench, name, engine;
  Spread nanos;
  uint64_t runs = 0;
  uint64_t checksum = 0;
};
enum class Form { kText, kJson };
/// Prints one JSON line, or nothing in text form (the benchmark prints its own table).
void print_json(const Line& line);
/// Keeps the compiler from dropping a value.
void keep(uint64_t value);

struct Arguments {
  bool quick = false;
  Form form = Form::kText;
  std::vector<std::string> engines;  ///< --engines a,b,c
  std::string only;                  ///< --case SUBSTRING
  std::string directory;             ///< --dir, for file databases
};
/// Understands --quick --json --engines --case --dir --help; ends the program on anything else.
Arguments parse_arguments(int argc, char** argv, const char* help, std::vector<std::string> engines);

}  // namespace bench
