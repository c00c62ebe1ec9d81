// RowShape: where chosen columns lie in the BSATN rows of a table.
//
// Columns before the first one of varying length have fixed places; for those behind it the row is
// walked once, as far as the last chosen column. Nothing is allocated per row. Immutable; safe from
// any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "types/algebraic_type.h"

namespace orrery::subscribe {

class RowShape {
 public:
  RowShape() = default;
  /// `columns` are positions in the product `row`, which must have no Refs; any order, doubles are
  /// dropped.
  RowShape(const types::AlgebraicType& row, std::span<const uint32_t> columns);

  /// Ascending; the k-th is at the k-th offset.
  std::span<const uint32_t> columns() const { return columns_; }
  /// The place of a chosen column in columns().
  uint32_t slot_of(uint32_t column) const;
  /// Writes columns().size() offsets. False where the row is too short to be one of the table's;
  /// otherwise every chosen column of a fixed width, String or bytes lies inside it.
  bool locate(std::string_view row, uint32_t* offsets) const;

 private:
  enum class Walk : uint8_t { kFixed, kPrefixed, kSlow };
  struct Step {
    Walk walk = Walk::kFixed;
    int32_t slot = -1;   ///< of the column that begins here, or -1
    uint32_t bytes = 0;  ///< of kFixed
    types::AlgebraicType type;
  };
  void add_step(Step step);

  std::vector<uint32_t> columns_;
  std::vector<Step> steps_;
};

}  // namespace orrery::subscribe
