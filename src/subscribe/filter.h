// Filter: conditions of a query compiled for rows as they lie in memory.
//
// A tuple is one row per relation, with the offsets of the columns that the query needs (RowShape).
// Evaluation allocates nothing and recurses as deep as the query's parentheses. Immutable; safe
// from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "subscribe/bound_query.h"
#include "subscribe/row_shape.h"

namespace orrery::subscribe {

/// A row of one relation that a query looks at. Borrows both.
struct BoundRow {
  std::string_view bytes;
  const uint32_t* offsets = nullptr;

  const char* cell(uint32_t slot) const { return bytes.data() + offsets[slot]; }
};

class Filter {
 public:
  Filter() = default;  ///< holds for everything
  /// All of `conjuncts`; `shapes` are those of the relations.
  Filter(std::span<const Predicate* const> conjuncts, std::span<const RowShape> shapes);

  bool always() const { return roots_.empty(); }
  /// `rows` by relation; only those that the conditions name need be there.
  bool matches(const BoundRow* rows) const {
    for (uint32_t root : roots_) {
      if (!holds_at(root, rows)) return false;
    }
    return true;
  }

 private:
  struct Node {
    PredicateKind kind = PredicateKind::kConstant;
    CompareOp op = CompareOp::kEqual;
    CellType cell = CellType::kU8;
    bool value = false;
    uint32_t left_relation = 0, left_slot = 0;
    uint32_t right_relation = 0, right_slot = 0;
    std::string bytes;
    std::vector<uint32_t> operands;
  };
  uint32_t compile(const Predicate& predicate, std::span<const RowShape> shapes);
  bool holds_at(uint32_t index, const BoundRow* rows) const;

  std::vector<Node> nodes_;
  std::vector<uint32_t> roots_;
};

}  // namespace orrery::subscribe
