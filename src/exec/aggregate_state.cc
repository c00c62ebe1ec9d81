#include "exec/aggregate_state.h"

#include <algorithm>

#include "exec/row_sorter.h"

namespace orrery::exec {

using expr::AggregateKind;
using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;

void store_result(Vector& out, uint32_t at, const Datum& value) {
  if (value.type() != out.type() && out.type() != TypeId::kAny) {
    if (out.type() == TypeId::kFloat && value.type() == TypeId::kInteger) {
      out.set_datum(at, Datum::floating(static_cast<double>(value.as_int64())));
      return;
    }
    if (out.type() == TypeId::kInteger && value.type() == TypeId::kFloat) {
      // An integer sum that left 64 bits where the plan promised INTEGER.
      double d = value.as_double();
      out.set_datum(at, Datum::integer(d >= 9.2e18 ? INT64_MAX : static_cast<int64_t>(d)));
      return;
    }
    if (out.type() == TypeId::kNull) {
      out.set_null(at);
      return;
    }
  }
  out.set_datum(at, value);
}

std::unique_ptr<AggregateState> make_aggregate_state(const plan::AggregateCall& call,
                                                     TypeId argument) {
  switch (call.kind) {
    case AggregateKind::kCountStar:
    case AggregateKind::kCount:
      return make_count_state();
    case AggregateKind::kSum:
    case AggregateKind::kAvg:
      return make_sum_state(call.kind, argument);
    case AggregateKind::kMin:
    case AggregateKind::kMax:
      return make_extreme_state(call.kind, argument);
    case AggregateKind::kFirst:
    case AggregateKind::kLast:
      return make_position_state(call.kind);
    case AggregateKind::kMedian:
      return make_median_state(argument);
    case AggregateKind::kStringAgg:
    case AggregateKind::kArrayAgg:
      return make_text_state(call);
    case AggregateKind::kStddevPop:
    case AggregateKind::kStddevSamp:
    case AggregateKind::kVarPop:
    case AggregateKind::kVarSamp:
      return make_variance_state(call.kind, argument);
  }
  return make_null_state();
}

AggregateSet::AggregateSet(const std::vector<plan::AggregateCall>& calls, Scope& scope)
    : scope_(scope) {
  calls_.reserve(calls.size());
  for (const plan::AggregateCall& plan : calls) {
    Call& call = calls_.emplace_back();
    call.plan = &plan;
    call.args = EvaluatorList(plan.args);
    if (plan.filter != nullptr) call.filter.emplace(*plan.filter);
    TypeId argument = plan.args.empty() ? TypeId::kNull : plan.args[0]->type;
    call.state = make_aggregate_state(plan, argument);
    if (plan.distinct) {
      std::vector<TypeId> types{TypeId::kInteger};
      for (const auto& a : plan.args) types.push_back(a->type);
      call.seen.init(types);
    }
    if (!plan.order_by.empty()) {
      std::vector<TypeId> types{TypeId::kInteger};
      for (const auto& key : plan.order_by) {
        types.push_back(key.expr->type);
        call.order_keys.add(*key.expr);
      }
      types.push_back(argument);
      call.collected.init(types);
    }
  }
}

void AggregateSet::begin_run() {
  for (Call& c : calls_) {
    c.args.begin_run();
    c.order_keys.begin_run();
    if (c.filter) c.filter->begin_run();
  }
  clear();
}

void AggregateSet::clear() {
  for (Call& c : calls_) {
    c.state->clear();
    c.seen.clear();
    c.collected.clear();
  }
}

void AggregateSet::resize(uint32_t groups) {
  for (Call& c : calls_) c.state->resize(groups);
}

uint64_t AggregateSet::bytes() const {
  uint64_t n = 0;
  for (const Call& c : calls_) n += c.state->bytes() + c.seen.bytes() + c.collected.bytes();
  return n;
}

namespace {
/// For `subset`, ascending rows out of `rows`: the groups that belong to them.
void subset_groups(const Selection& rows, const uint32_t* groups, const uint32_t* subset,
                   uint32_t n, uint32_t* out) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < n; ++i) {
    while (rows[at] != subset[i]) ++at;
    out[i] = groups[at];
  }
}
}  // namespace

const Vector& AggregateSet::group_vector(const Selection& rows, const uint32_t* groups) {
  if (groups == nullptr) {
    group_column_.set_constant(Datum::integer(0), TypeId::kInteger);
    return group_column_;
  }
  group_column_.reset(TypeId::kInteger);
  auto* cells = group_column_.data<int64_t>();
  for (uint32_t i = 0; i < rows.count; ++i) cells[rows[i]] = groups[i];
  return group_column_;
}

void AggregateSet::keep_distinct(Call& call, Selection* rows, const uint32_t** groups) {
  std::vector<const Vector*> keys;
  keys.push_back(&group_vector(*rows, *groups));
  for (const Vector* v : call.args.results()) keys.push_back(v);
  found_.resize(rows->count);
  uint32_t before = call.seen.size();
  call.seen.find_or_add(keys, *rows, found_.data());
  rows_b_.resize(rows->count);
  uint32_t n = GroupTable::new_rows(found_.data(), before, *rows, rows_b_.data());
  if (*groups != nullptr) {
    groups_b_.resize(n);
    subset_groups(*rows, *groups, rows_b_.data(), n, groups_b_.data());
    *groups = groups_b_.data();
  }
  *rows = {rows_b_.data(), n};
}

Status AggregateSet::collect(Call& call, const types::Chunk& in, const Selection& rows,
                             const uint32_t* groups) {
  ORRERY_TRY(call.order_keys.evaluate(scope_.eval, in, rows));
  std::vector<const Vector*> columns;
  columns.push_back(&group_vector(rows, groups));
  for (const Vector* v : call.order_keys.results()) columns.push_back(v);
  columns.push_back(call.args.results()[0]);
  call.collected.append(columns, rows);
  return {};
}

Status AggregateSet::update_call(Call& call, const types::Chunk& in, Selection rows,
                                 const uint32_t* groups) {
  if (call.filter) {
    rows_a_.resize(rows.count);
    ORRERY_TRY_ASSIGN(uint32_t n, call.filter->select(scope_.eval, in, rows, rows_a_.data()));
    if (groups != nullptr) {
      groups_a_.resize(n);
      subset_groups(rows, groups, rows_a_.data(), n, groups_a_.data());
      groups = groups_a_.data();
    }
    rows = {rows_a_.data(), n};
    if (n == 0) return {};
  }
  ORRERY_TRY(call.args.evaluate(scope_.eval, in, rows));
  if (call.plan->distinct && call.args.size() != 0) keep_distinct(call, &rows, &groups);
  if (rows.count == 0) return {};
  if (!call.plan->order_by.empty()) return collect(call, in, rows, groups);
  const Vector* arg = call.args.size() == 0 ? nullptr : call.args.results()[0];
  call.state->update(groups, arg, rows);
  return call.state->status();
}

Status AggregateSet::update(const types::Chunk& in, const Selection& rows, const uint32_t* groups) {
  for (Call& call : calls_) ORRERY_TRY(update_call(call, in, rows, groups));
  return {};
}

Status AggregateSet::finish_input() {
  for (Call& call : calls_) {
    const auto& order = call.plan->order_by;
    if (order.empty() || call.collected.size() == 0) continue;
    std::vector<SortColumn> keys{{0, SortOrder::kAscending, NullOrder::kLast}};
    for (uint32_t k = 0; k < order.size(); ++k) keys.push_back(sort_column(k + 1, order[k]));
    std::vector<uint32_t> rows = sorted_rows(call.collected, keys);
    std::vector<uint32_t> groups(types::kVectorCapacity);
    const size_t arg_column = order.size() + 1;
    const auto* group_cells = call.collected.column(0).data<int64_t>();
    Vector arg;
    for (size_t at = 0; at < rows.size(); at += types::kVectorCapacity) {
      auto n = static_cast<uint32_t>(std::min<size_t>(rows.size() - at, types::kVectorCapacity));
      for (uint32_t i = 0; i < n; ++i) {
        groups[i] = static_cast<uint32_t>(group_cells[rows[at + i]]);
      }
      arg.reset(call.collected.column(arg_column).type());
      call.collected.column(arg_column).gather(&rows[at], n, &arg, 0);
      call.collected.column(arg_column).hold_strings(&arg);
      call.state->update(groups.data(), &arg, {nullptr, n});
      ORRERY_TRY(call.state->status());
    }
    call.collected.clear();
  }
  return {};
}

void AggregateSet::result(size_t call, uint32_t first, uint32_t n, Vector& out) {
  calls_[call].state->finish(first, n, out);
}

}  // namespace orrery::exec
