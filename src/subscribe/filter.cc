#include "subscribe/filter.h"

#include <utility>

namespace orrery::subscribe {

Filter::Filter(std::span<const Predicate* const> conjuncts, std::span<const RowShape> shapes) {
  // What is one comparison goes before what is a tree of them.
  for (bool simple : {true, false}) {
    for (const Predicate* conjunct : conjuncts) {
      if ((conjunct->kind == PredicateKind::kCompareValue) != simple) continue;
      roots_.push_back(compile(*conjunct, shapes));
    }
  }
}

uint32_t Filter::compile(const Predicate& predicate, std::span<const RowShape> shapes) {
  Node node;
  node.kind = predicate.kind;
  node.op = predicate.op;
  node.cell = predicate.cell;
  node.value = predicate.value;
  node.bytes = predicate.bytes;
  if (predicate.kind == PredicateKind::kCompareValue ||
      predicate.kind == PredicateKind::kCompareColumns) {
    node.left_relation = predicate.left.relation;
    node.left_slot = shapes[node.left_relation].slot_of(predicate.left.column);
  }
  if (predicate.kind == PredicateKind::kCompareColumns) {
    node.right_relation = predicate.right.relation;
    node.right_slot = shapes[node.right_relation].slot_of(predicate.right.column);
  }
  for (const Predicate& operand : predicate.operands) {
    node.operands.push_back(compile(operand, shapes));
  }
  nodes_.push_back(std::move(node));
  return static_cast<uint32_t>(nodes_.size() - 1);
}

bool Filter::holds_at(uint32_t index, const BoundRow* rows) const {
  const Node& node = nodes_[index];
  switch (node.kind) {
    case PredicateKind::kConstant:
      return node.value;
    case PredicateKind::kAnd:
      for (uint32_t operand : node.operands) {
        if (!holds_at(operand, rows)) return false;
      }
      return true;
    case PredicateKind::kOr:
      for (uint32_t operand : node.operands) {
        if (holds_at(operand, rows)) return true;
      }
      return false;
    case PredicateKind::kNot:
      return !holds_at(node.operands[0], rows);
    case PredicateKind::kCompareValue:
      return holds(node.op, compare_cells(node.cell, rows[node.left_relation].cell(node.left_slot),
                                          node.bytes.data()));
    case PredicateKind::kCompareColumns:
      return holds(node.op, compare_cells(node.cell, rows[node.left_relation].cell(node.left_slot),
                                          rows[node.right_relation].cell(node.right_slot)));
    case PredicateKind::kCompareBooleans:
      break;
  }
  int left = holds_at(node.operands[0], rows) ? 1 : 0;
  int right = holds_at(node.operands[1], rows) ? 1 : 0;
  return holds(node.op, left - right);
}

}  // namespace orrery::subscribe
