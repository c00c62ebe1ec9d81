#include "exec/subqueries.h"

#include "exec/aggregate_state.h"

namespace orrery::exec {

using expr::Expr;
using expr::SubqueryKind;
using types::Chunk;
using types::Datum;
using types::Selection;
using types::TypeId;
using types::Value;
using types::Vector;

namespace {
/// More remembered results than this are forgotten, so that memory stays bounded.
constexpr uint32_t kMemoMax = 1 << 16;

/// An aggregate without groups.
bool gives_one_row(const plan::PlanNode& node) {
  if (node.kind == plan::NodeKind::kProject) return gives_one_row(*node.children[0]);
  if (node.kind != plan::NodeKind::kAggregate) return false;
  const auto& aggregate = static_cast<const plan::AggregateNode&>(node);
  return aggregate.groups.empty() && aggregate.grouping_sets.empty();
}

bool is_set_kind(SubqueryKind kind) {
  return kind == SubqueryKind::kIn || kind == SubqueryKind::kAny || kind == SubqueryKind::kAll;
}
}  // namespace

Result<Subqueries::State*> Subqueries::state_of(const Expr& subquery) {
  const bool shared = subquery.subquery_kind == SubqueryKind::kScalar &&
                      !subquery.subplan->correlated;
  const void* key = &subquery;
  if (shared) key = subquery.subplan.get();
  std::unique_ptr<State>& slot = states_[key];
  if (slot == nullptr) {
    auto state = std::make_unique<State>();
    ORRERY_TRY_ASSIGN(state->tree,
                      Subtree::make(*subquery.subplan->root, subquery.subplan->ctes, run_));
    state->one_row = gives_one_row(*subquery.subplan->root);
    if (is_set_kind(subquery.subquery_kind)) {
      std::vector<TypeId> types;
      const auto& output = subquery.subplan->root->output;
      for (size_t i = 0; i < subquery.args.size() && i < output.size(); ++i) {
        types.push_back(output[i].type);
      }
      // A row value on the left is one argument with a member per column.
      if (subquery.args.size() == 1 && subquery.args[0]->kind == expr::ExprKind::kRow) {
        types.clear();
        for (size_t i = 0; i < subquery.args[0]->args.size() && i < output.size(); ++i) {
          types.push_back(output[i].type);
        }
      }
      state->set.init(types);
    }
    slot = std::move(state);
  }
  return slot.get();
}

Status Subqueries::run(const Expr& subquery, std::span<const Vector* const> left,
                       std::span<const Vector* const> outer, const Selection& rows, Vector& out) {
  ORRERY_TRY(run_.check_cancelled());
  ORRERY_TRY_ASSIGN(State * state, state_of(subquery));
  if (subquery.subplan->correlated) {
    return run_correlated(subquery, *state, left, outer, rows, out);
  }
  return run_once(subquery, *state, left, rows, out);
}

Result<Value> Subqueries::single_value(const Expr& subquery, State& state) {
  const bool exists = subquery.subquery_kind == SubqueryKind::kExists;
  ORRERY_TRY(state.tree->open(exists ? 1 : 2));
  Chunk* chunk = nullptr;
  ORRERY_TRY(state.tree->next(&chunk));
  if (exists) return Value::boolean((chunk != nullptr) != subquery.negated);
  if (chunk == nullptr) return Value();
  auto too_many = [] {
    return Error(ErrorCode::kInvalidArgument, "scalar subquery returned more than one row");
  };
  if (chunk->size() > 1) return too_many();
  Value value(chunk->columns[0].datum(chunk->rows()[0]));
  if (state.one_row) return value;
  ORRERY_TRY(state.tree->next(&chunk));
  if (chunk != nullptr) return too_many();
  return value;
}

Status Subqueries::fill_set(State& state) {
  state.set.clear();
  ORRERY_TRY(state.tree->open(0));
  for (;;) {
    Chunk* chunk = nullptr;
    ORRERY_TRY(state.tree->next(&chunk));
    if (chunk == nullptr) break;
    state.set.add(*chunk);
  }
  state.set.finish();
  return {};
}

Status Subqueries::run_once(const Expr& subquery, State& state, std::span<const Vector* const> left,
                            const Selection& rows, Vector& out) {
  const bool fresh = state.generation == run_.generation;
  if (is_set_kind(subquery.subquery_kind)) {
    if (!fresh) ORRERY_TRY(fill_set(state));
    state.generation = run_.generation;
    out.reset(TypeId::kBoolean);
    state.set.test(subquery, left, rows, out);
    return {};
  }
  if (!fresh) {
    ORRERY_TRY_ASSIGN(state.value, single_value(subquery, state));
    state.generation = run_.generation;
  }
  Vector cell(subquery.type, 64);
  store_result(cell, 0, state.value.datum());
  out.set_constant(cell.datum(0), subquery.type);
  return {};
}

Status Subqueries::run_correlated(const Expr& subquery, State& state,
                                  std::span<const Vector* const> left,
                                  std::span<const Vector* const> outer, const Selection& rows,
                                  Vector& out) {
  state.keys.assign(outer.begin(), outer.end());
  state.keys.insert(state.keys.end(), left.begin(), left.end());
  if (state.generation != run_.generation || state.memo_keys.size() > kMemoMax) {
    std::vector<TypeId> types;
    for (const Vector* v : state.keys) types.push_back(v->type());
    state.memo_keys.init(types);
    state.memo.clear();
    state.generation = run_.generation;
  }
  state.groups.resize(types::kVectorCapacity);
  state.memo_keys.find_or_add(state.keys, rows, state.groups.data());
  state.memo.reserve(state.memo_keys.size());
  Scope& scope = state.tree->scope();
  scope.outer.resize(outer.size());
  out.reset(subquery.type);
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const uint32_t group = state.groups[i];
    if (group == state.memo.size()) {
      for (size_t k = 0; k < outer.size(); ++k) scope.outer[k] = outer[k]->datum(row);
      if (is_set_kind(subquery.subquery_kind)) {
        ORRERY_TRY(fill_set(state));
        Vector truth(TypeId::kBoolean);
        state.set.test(subquery, left, {&row, 1}, truth);
        state.memo.emplace_back(truth.datum(row));
      } else {
        ORRERY_TRY_ASSIGN(Value value, single_value(subquery, state));
        state.memo.push_back(std::move(value));
      }
    }
    Datum d = state.memo[group].datum();
    if (!d.is_null() && layout_of(d.type()) == types::Layout::kString) {
      d = Datum::string(d.type(), out.add_string(d.view()));  // the memo may be forgotten
    }
    store_result(out, row, d);
  }
  return {};
}

}  // namespace orrery::exec
