// Cells as the corpus writes them and as a library gives them, and their comparison.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/json.h"

namespace conformance {

struct Cell {
  int32_t type = 0;  ///< STOOLAP_TYPE_...
  int64_t integer = 0;
  double real = 0;
  std::string text;  ///< of TEXT and JSON; packed floats of BLOB

  std::string to_string() const;
};
using Row = std::vector<Cell>;
using RowList = std::vector<Row>;

enum class Numbers : uint8_t { kTyped, kLoose };

/// What a cell of the corpus accepts.
struct Expected {
  enum class Kind : uint8_t { kValue, kRange, kPattern };
  Kind kind = Kind::kValue;
  Cell value;  ///< of kRange and kPattern the type only
  bool has_min = false;
  bool has_max = false;
  double min = 0;
  double max = 0;
  std::string pattern;

  bool accepts(const Cell& cell, Numbers numbers) const;
  std::string to_string() const;
};
using ExpectedRow = std::vector<Expected>;

/// Nothing the corpus can hold is refused; a form unknown to this program ends it with a message.
Expected read_expected(const orrery::types::JsonValue& json);
Cell read_cell(const orrery::types::JsonValue& json);

/// "" where the rows agree, else the first difference. Unordered rows are matched as multisets.
enum class RowOrder : uint8_t { kAny, kAsGiven };
std::string compare_rows(const std::vector<ExpectedRow>& expected, const RowList& got,
                         RowOrder order, Numbers numbers);
std::string to_string(const Row& row);
bool same_cell(const Cell& a, const Cell& b);

}  // namespace conformance
