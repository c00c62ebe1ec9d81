// Joins.
#include <algorithm>

#include "plan/construct.h"
#include "plan/join_choice.h"
#include "plan/join_order.h"
#include "plan/lower_node.h"

namespace orrery::plan {

using expr::ExprPtr;

namespace {

bool gives_right(JoinType type) {
  return type != JoinType::kSemi && type != JoinType::kAnti && type != JoinType::kNullAwareAnti;
}

}  // namespace

/// What each side of a join has to give: what is wanted above and what the condition reads.
Want Lowering::side_want(const Rel& rel, const Want& want, const ColumnSet& side) const {
  ColumnSet need = want.need;
  for (const ExprPtr& e : rel.exprs) add_columns_read(context_, *e, &need);
  Want out;
  for (ColumnId id : need.ids()) {
    if (side.has(id)) out.need.add(id);
  }
  return out;
}

Result<Lowered> Lowering::lower_join(Rel& rel, const Want& want) {
  for (const ExprPtr& e : rel.exprs) {
    if (rel.join_type == JoinType::kInner && is_never_true(*e)) return lower_nothing(want.need);
  }
  ColumnSet left = available_columns(*rel.inputs[0]);
  ColumnSet free = free_columns(context_, *rel.inputs[1]);
  if (free.intersects(left)) return lower_lateral(rel, want, free);
  double goal = want.order.empty() || want.stream ? want.goal : 0;
  if (want.stream) {
    ColumnId first = want.adjacent != kNoColumn ? want.adjacent : want.order[0].column;
    if (!left.has(first)) std::swap(rel.inputs[0], rel.inputs[1]);
    left = available_columns(*rel.inputs[0]);
  } else if (rel.join_type == JoinType::kInner && !rel.ordered) {
    order_joins(context_, estimator_, &rel, goal);
    left = available_columns(*rel.inputs[0]);
  }
  ColumnSet right = available_columns(*rel.inputs[1]);
  Conjuncts conjuncts = view_of(rel.exprs);
  JoinKeys keys = find_join_keys(context_, conjuncts, left, right);
  IndexJoinChoice index = find_index_join(context_, estimator_, keys, *rel.inputs[1]);
  Estimate left_cost = estimator_.estimate(*rel.inputs[0]);
  Estimate right_cost = estimator_.estimate(*rel.inputs[1]);
  double rows =
      estimator_.join_rows(rel.join_type, left_cost.rows, right_cost.rows, conjuncts);
  JoinCost choice =
      choose_join(rel.join_type, left_cost, right_cost, rows, keys, index, goal);
  if (want.stream && index.index != nullptr) choice.method = JoinMethod::kIndex;
  if (rel.join_type == JoinType::kSemi && !want.stream) {
    double cost = choice.estimate.for_goal(goal);
    IndexJoinChoice lookup = find_lookup(rel, want, keys, right_cost, cost);
    if (lookup.index != nullptr) return lower_lookup(rel, want, std::move(lookup));
  }
  Sides sides{left, right, rows, left_cost.rows, choice.estimate.total};
  switch (choice.method) {
    case JoinMethod::kHash:
      return lower_hash_join(rel, want, keys, sides);
    case JoinMethod::kIndex:
      return lower_index_join(rel, want, std::move(index), sides);
    case JoinMethod::kNestedLoop:
      break;
  }
  return lower_nested_loop(rel, want, sides);
}

/// For a semi join with few distinct keys on the right: looking them up in the left table.
IndexJoinChoice Lowering::find_lookup(const Rel& rel, const Want& want, const JoinKeys& keys,
                                      const Estimate& right, double limit) const {
  const Rel& left = *rel.inputs[0];
  if (left.kind != RelKind::kScan || keys.equal.size() != rel.exprs.size()) return {};
  JoinKeys turned;
  for (const JoinKey& key : keys.equal) {
    if (key.right->kind != expr::ExprKind::kColumn) return {};
    // Distinct keys of another type might still be equal to the same key on the left.
    if (key.right->type != key.left->type || key.right->type == types::TypeId::kAny) return {};
    turned.equal.push_back({key.conjunct, key.right, key.left});
  }
  for (size_t i = 0; i < left.columns.size(); ++i) {
    bool row_id = left.table_columns[i] == kRowIdColumn && want.need.has(left.columns[i]);
    if (row_id) return {};  // lookups do not give it
  }
  IndexJoinChoice choice = find_index_join(context_, estimator_, turned, left);
  if (choice.index == nullptr) return {};
  double cost = right.total + right.rows * (cost::kGroupRow + cost::kProbe +
                                            choice.matches * cost::kIndexRow);
  return cost < limit ? std::move(choice) : IndexJoinChoice();
}

Result<Lowered> Lowering::lower_lookup(Rel& rel, const Want& want, IndexJoinChoice choice) {
  auto distinct = std::make_unique<Rel>(RelKind::kDistinct);
  ColumnSet right = available_columns(*rel.inputs[1]);
  for (const ExprPtr& e : rel.exprs) {
    for (const ExprPtr& side : e->args) {
      bool key = side->kind == expr::ExprKind::kColumn && right.has(side->index);
      if (key) distinct->keys.push_back(side->index);
    }
  }
  distinct->inputs.push_back(std::move(rel.inputs[1]));
  rel.inputs[1] = std::move(rel.inputs[0]);
  rel.inputs[0] = std::move(distinct);
  rel.join_type = JoinType::kInner;
  rel.ordered = true;
  Sides sides;
  sides.left = right;
  sides.right = available_columns(*rel.inputs[1]);
  sides.left_rows = estimator_.estimate(*rel.inputs[0]).rows;
  sides.rows = sides.left_rows * choice.matches;
  sides.cost = sides.rows * (cost::kProbe + cost::kIndexRow);
  Want below = want;
  below.order.clear();
  return lower_index_join(rel, below, std::move(choice), sides);
}

Result<Lowered> Lowering::lower_hash_join(Rel& rel, const Want& want, const JoinKeys& keys,
                                          const Sides& sides) {
  Want left_want = side_want(rel, want, sides.left);
  if (want.goal > 0 && want.order.empty() && rel.join_type != JoinType::kFull) {
    left_want.goal = want.goal * std::max(1.0, sides.left_rows / std::max(sides.rows, 1.0));
  }
  ORRERY_TRY_ASSIGN(Lowered left, lower(*rel.inputs[0], std::move(left_want)));
  ORRERY_TRY_ASSIGN(Lowered right, lower(*rel.inputs[1], side_want(rel, want, sides.right)));
  // The hash table is of the smaller side, unless reading stops early.
  bool turned = rel.join_type == JoinType::kLeft && want.goal <= 0 &&
                left.node->estimated_rows * 2 < right.node->estimated_rows;
  if (turned) std::swap(left, right);
  Lowered out;
  auto node = make_node<HashJoinNode>();
  node->type = turned ? JoinType::kRight : rel.join_type;
  out.layout = left.layout;
  std::vector<ColumnId> both = left.layout;
  both.insert(both.end(), right.layout.begin(), right.layout.end());
  if (gives_right(rel.join_type)) out.layout = both;
  std::vector<bool> used(rel.exprs.size(), false);
  for (const JoinKey& key : keys.equal) {
    used[key.conjunct] = true;
    node->left_keys.push_back(expr::clone(turned ? *key.right : *key.left));
    node->right_keys.push_back(expr::clone(turned ? *key.left : *key.right));
  }
  ORRERY_TRY(lower_exprs(&node->left_keys, left.layout));
  ORRERY_TRY(lower_exprs(&node->right_keys, right.layout));
  ORRERY_TRY_ASSIGN(node->residual, residual_of(rel, used, both));
  finish_join(node.get(), out.layout, left, right, sides);
  out.node = std::move(node);
  return out;
}

/// The conjuncts that are not used otherwise, over the columns of both sides; null if none.
Result<ExprPtr> Lowering::residual_of(Rel& rel, const std::vector<bool>& used,
                                      const std::vector<ColumnId>& both) {
  std::vector<ExprPtr> rest;
  for (size_t i = 0; i < rel.exprs.size(); ++i) {
    if (!used[i]) rest.push_back(std::move(rel.exprs[i]));
  }
  if (rest.empty()) return ExprPtr();
  ORRERY_TRY(lower_exprs(&rest, both));
  return expr::make_and(std::move(rest));
}

void Lowering::finish_join(PlanNode* node, const std::vector<ColumnId>& layout, Lowered& left,
                           Lowered& right, const Sides& sides) {
  set_output(node, layout);
  node->estimated_rows = sides.rows;
  node->estimated_cost = sides.cost;
  node->children.push_back(std::move(left.node));
  if (right.node) node->children.push_back(std::move(right.node));
}

Result<Lowered> Lowering::lower_nested_loop(Rel& rel, const Want& want, const Sides& sides) {
  Want left_want = side_want(rel, want, sides.left);
  if (want.goal > 0 && want.order.empty() && rel.join_type != JoinType::kFull) {
    left_want.goal = want.goal * std::min(1.0, sides.left_rows / std::max(sides.rows, 1.0));
    left_want.goal = std::max(left_want.goal, 1.0);
  }
  ORRERY_TRY_ASSIGN(Lowered left, lower(*rel.inputs[0], std::move(left_want)));
  ORRERY_TRY_ASSIGN(Lowered right, lower(*rel.inputs[1], side_want(rel, want, sides.right)));
  Lowered out;
  auto node = make_node<NestedLoopJoinNode>();
  node->type = rel.join_type;
  std::vector<ColumnId> both = left.layout;
  both.insert(both.end(), right.layout.begin(), right.layout.end());
  out.layout = gives_right(rel.join_type) ? both : left.layout;
  ORRERY_TRY_ASSIGN(node->condition,
                    residual_of(rel, std::vector<bool>(rel.exprs.size(), false), both));
  if (node->type == JoinType::kNullAwareAnti && node->condition != nullptr) {
    // NOT IN lets a row pass only where every comparison is FALSE: an unknown one counts as a match.
    ExprPtr not_false = std::make_unique<expr::Expr>();
    not_false->kind = expr::ExprKind::kIsBoolean;
    not_false->type = types::TypeId::kBoolean;
    not_false->nullable = false;
    not_false->negated = true;
    not_false->index = 0;
    not_false->args.push_back(std::move(node->condition));
    node->condition = std::move(not_false);
    node->type = JoinType::kAnti;
  }
  finish_join(node.get(), out.layout, left, right, sides);
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_lateral(Rel& rel, const Want& want, const ColumnSet& free) {
  if (rel.join_type == JoinType::kFull) {
    return Error(ErrorCode::kBind, "a FULL JOIN cannot be lateral");
  }
  ColumnSet left_columns = available_columns(*rel.inputs[0]);
  Want left_want = side_want(rel, want, left_columns);
  for (ColumnId id : free.ids()) {
    if (left_columns.has(id)) left_want.need.add(id);
  }
  ORRERY_TRY_ASSIGN(Lowered left, lower(*rel.inputs[0], std::move(left_want)));
  auto node = make_node<NestedLoopJoinNode>();
  node->type = rel.join_type;
  node->lateral = true;
  std::vector<ColumnId> slots = free.ids();
  for (ColumnId id : slots) {
    ExprPtr arg = context_.column_ref(id);
    ORRERY_TRY(lower_expr(&arg, left.layout));
    node->lateral_args.push_back(std::move(arg));
  }
  frames_.push_back({std::move(slots), false});
  auto lowered =
      lower(*rel.inputs[1], side_want(rel, want, available_columns(*rel.inputs[1])));
  bool working = frames_.back().reads_working_table;
  frames_.pop_back();
  if (working && !frames_.empty()) frames_.back().reads_working_table = true;
  if (!lowered) return std::move(lowered).error();
  Lowered right = std::move(lowered).value();
  Lowered out;
  std::vector<ColumnId> both = left.layout;
  both.insert(both.end(), right.layout.begin(), right.layout.end());
  out.layout = gives_right(rel.join_type) ? both : left.layout;
  ORRERY_TRY_ASSIGN(node->condition,
                    residual_of(rel, std::vector<bool>(rel.exprs.size(), false), both));
  Sides sides;
  sides.rows = left.node->estimated_rows * std::max(1.0, right.node->estimated_rows);
  sides.cost = left.node->estimated_cost + left.node->estimated_rows * right.node->estimated_cost;
  finish_join(node.get(), out.layout, left, right, sides);
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_index_join(Rel& rel, const Want& want, IndexJoinChoice choice,
                                           const Sides& sides) {
  Rel& scan = *rel.inputs[1];
  Want left_want = side_want(rel, want, sides.left);
  left_want.order = want.order;
  left_want.any_order = want.any_order;
  left_want.stream = want.stream;
  left_want.adjacent = want.adjacent;
  left_want.goal = want.goal;
  if (want.goal > 0) {
    left_want.goal =
        std::max(1.0, want.goal * sides.left_rows / std::max(sides.rows, sides.left_rows * 0.001));
  }
  for (const ExprPtr& key : choice.keys) {
    for (ColumnId id : columns_read(context_, *key).ids()) {
      if (sides.left.has(id)) left_want.need.add(id);
    }
  }
  ORRERY_TRY_ASSIGN(Lowered left, lower(*rel.inputs[0], std::move(left_want)));
  auto node = make_node<IndexJoinNode>();
  node->type = rel.join_type;
  node->table = scan.table;
  note_table(scan.table);
  node->alias = std::string(scan.alias);
  node->index = choice.index->def().id;
  node->keys = std::move(choice.keys);
  ORRERY_TRY(lower_exprs(&node->keys, left.layout));
  std::vector<bool> used(rel.exprs.size(), false);
  for (size_t i : choice.answered) used[i] = true;
  std::vector<bool> scan_used(scan.exprs.size(), false);
  for (size_t i : choice.answered_by_scan) scan_used[i] = true;
  ColumnSet read = gives_right(rel.join_type) ? want.need : ColumnSet();
  std::vector<ExprPtr> rest;
  for (size_t i = 0; i < rel.exprs.size(); ++i) {
    if (!used[i]) rest.push_back(std::move(rel.exprs[i]));
  }
  for (size_t i = 0; i < scan.exprs.size(); ++i) {
    if (!scan_used[i]) rest.push_back(std::move(scan.exprs[i]));
  }
  for (const ExprPtr& e : rest) add_columns_read(context_, *e, &read);
  Lowered out;
  std::vector<ColumnId> both = left.layout;
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    if (!read.has(scan.columns[i]) || scan.table_columns[i] == kRowIdColumn) continue;
    both.push_back(scan.columns[i]);
    node->columns.push_back(scan.table_columns[i]);
  }
  out.layout = gives_right(rel.join_type) ? both : left.layout;
  if (!rest.empty()) {
    ORRERY_TRY(lower_exprs(&rest, both));
    node->residual = expr::make_and(std::move(rest));
  }
  Lowered nothing;
  finish_join(node.get(), out.layout, left, nothing, sides);
  out.order = std::move(left.order);
  out.contiguous = std::move(left.contiguous);
  out.node = std::move(node);
  return out;
}

}  // namespace orrery::plan
