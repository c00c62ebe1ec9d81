// GROUP BY, aggregate calls, and the rewriting of everything above them in terms of groups.
#include <string>

#include "plan/bind_select.h"
#include "plan/construct.h"
#include "sql/to_sql.h"
#include "types/wide_number.h"

namespace orrery::plan {

using expr::AggregateKind;
using expr::ExprKind;
using expr::ExprPtr;
using types::TypeId;

namespace {

constexpr size_t kCubeMax = 10;          ///< 2^n groupings
constexpr size_t kGroupingSetsMax = 4096;

bool is_numeric_aggregate(AggregateKind kind) {
  switch (kind) {
    case AggregateKind::kSum:
    case AggregateKind::kAvg:
    case AggregateKind::kMedian:
    case AggregateKind::kStddevPop:
    case AggregateKind::kStddevSamp:
    case AggregateKind::kVarPop:
    case AggregateKind::kVarSamp:
      return true;
    default:
      return false;
  }
}

/// SUM and AVG count TRUE as 1; other kinds have no numeric value.
ExprPtr numeric_argument(AggregateKind kind, ExprPtr e) {
  switch (e->type) {
    case TypeId::kInteger:
    case TypeId::kFloat:
    case TypeId::kNull:
    case TypeId::kAny:
      return e;
    case TypeId::kU64:
    case TypeId::kU128:
    case TypeId::kI128:
    case TypeId::kU256:
    case TypeId::kI256:
      if (kind == AggregateKind::kSum || kind == AggregateKind::kAvg) return e;
      return cast_to(std::move(e), TypeId::kFloat);
    case TypeId::kBoolean:
      if (kind == AggregateKind::kSum || kind == AggregateKind::kAvg) {
        return cast_to(std::move(e), TypeId::kInteger);
      }
      return null_constant();
    default:
      return null_constant();
  }
}

bool same_key(const SortKey& a, const SortKey& b) {
  return a.descending == b.descending && a.nulls_first == b.nulls_first &&
         expr::same(*a.expr, *b.expr);
}

bool same_call(const AggregateCall& a, const AggregateCall& b) {
  if (a.kind != b.kind || a.type != b.type || a.distinct != b.distinct ||
      a.separator != b.separator || a.args.size() != b.args.size() ||
      a.order_by.size() != b.order_by.size() || (a.filter == nullptr) != (b.filter == nullptr)) {
    return false;
  }
  if (a.filter && !expr::same(*a.filter, *b.filter)) return false;
  for (size_t i = 0; i < a.args.size(); ++i) {
    if (!expr::same(*a.args[i], *b.args[i])) return false;
  }
  for (size_t i = 0; i < a.order_by.size(); ++i) {
    if (!same_key(a.order_by[i], b.order_by[i])) return false;
  }
  return true;
}

Error argument_count(const sql::FunctionExpr& e) {
  return Error(ErrorCode::kInvalidArgument,
               "invalid argument: wrong number of arguments for " + e.name, e.position);
}

}  // namespace

bool SelectBinder::is_equal_to_outer() const {
  if (!scope_.reads_outer) return false;
  bool found = false;
  for (const ExprPtr& e : where_) {
    if (from_columns_.contains(columns_read(context_, *e))) continue;
    if (e->kind != ExprKind::kCompare || e->compare_op != expr::CompareOp::kEqual) return false;
    auto own = [&](const expr::Expr& side) {
      return side.kind == ExprKind::kColumn && from_columns_.has(side.index);
    };
    auto outer = [&](const expr::Expr& side) {
      return !columns_read(context_, side).intersects(from_columns_);
    };
    const expr::Expr& left = *e->args[0];
    const expr::Expr& right = *e->args[1];
    if (!(own(left) && outer(right)) && !(own(right) && outer(left))) return false;
    found = true;
  }
  return found;
}

Status SelectBinder::bind_group_by() {
  if (body_.group_by.empty()) return {};
  aggregated_ = true;
  std::vector<std::vector<uint32_t>> sets = {{}};
  for (const sql::GroupItem& item : body_.group_by) {
    if (item.kind != sql::GroupKind::kExpr) plain_groups_ = false;
    ORRERY_TRY_ASSIGN(std::vector<std::vector<uint32_t>> more, sets_of(item));
    if (sets.size() * more.size() > kGroupingSetsMax) {
      return Error(ErrorCode::kLimit, "too many grouping sets", item.position);
    }
    std::vector<std::vector<uint32_t>> product;
    for (const auto& a : sets) {
      for (const auto& b : more) {
        product.push_back(a);
        for (uint32_t group : b) product.back().push_back(group);
      }
    }
    sets = std::move(product);
  }
  grouped_by_columns_ = plain_groups_;
  for (const ExprPtr& group : groups_) {
    if (group->kind != ExprKind::kColumn) grouped_by_columns_ = false;
  }
  for (const ExprPtr& group : groups_) {
    std::string_view name =
        group->kind == ExprKind::kColumn ? context_.columns[group->index].name : "group";
    group_ids_.push_back(
        context_.new_column(name, group->type, group->nullable || !plain_groups_));
  }
  bool single_total = groups_.empty() && sets.size() == 1;
  if (!plain_groups_ && !single_total) grouping_sets_ = std::move(sets);
  return {};
}

Result<uint32_t> SelectBinder::add_group(const sql::Expr& e) {
  const sql::Expr* source = &e;
  ExprContext in = context_of(Clause::kGroupBy);
  if (e.kind == sql::ExprKind::kLiteral &&
      sql::as<sql::LiteralExpr>(e).literal == sql::LiteralKind::kInteger) {
    int64_t ordinal = sql::as<sql::LiteralExpr>(e).integer;
    bool inside = ordinal >= 1 && static_cast<uint64_t>(ordinal) <= body_.items.size();
    const sql::SelectItem* item = inside ? &body_.items[static_cast<size_t>(ordinal) - 1] : nullptr;
    if (item == nullptr || item->kind != sql::SelectItem::Kind::kExpr) {
      return Error(ErrorCode::kBind,
                   "Compile error: GROUP BY position " + std::to_string(ordinal) +
                       " is not in the select list",
                   e.position);
    }
    source = item->expr.get();
    in.alias_use = AliasUse::kNone;
  } else if (e.kind == sql::ExprKind::kColumn) {
    in.alias_use = AliasUse::kBeforeColumns;
  }
  ORRERY_TRY_ASSIGN(ExprPtr group, binder_.bind(*source, in));
  for (uint32_t i = 0; i < groups_.size(); ++i) {
    if (expr::same(*groups_[i], *group)) return i;
  }
  groups_.push_back(std::move(group));
  return static_cast<uint32_t>(groups_.size() - 1);
}

Result<std::vector<std::vector<uint32_t>>> SelectBinder::sets_of(const sql::GroupItem& item) {
  std::vector<std::vector<uint32_t>> members;
  for (const sql::ExprList& list : item.sets) {
    members.emplace_back();
    for (const sql::ExprPtr& e : list) {
      ORRERY_TRY_ASSIGN(uint32_t group, add_group(*e));
      members.back().push_back(group);
    }
  }
  std::vector<std::vector<uint32_t>> out;
  switch (item.kind) {
    case sql::GroupKind::kExpr:
    case sql::GroupKind::kGroupingSets:
      return members;
    case sql::GroupKind::kRollup:
      for (size_t n = members.size() + 1; n-- > 0;) {
        out.emplace_back();
        for (size_t i = 0; i < n; ++i) {
          out.back().insert(out.back().end(), members[i].begin(), members[i].end());
        }
      }
      return out;
    case sql::GroupKind::kCube:
      break;
  }
  if (members.size() > kCubeMax) {
    return Error(ErrorCode::kLimit, "CUBE of too many expressions", item.position);
  }
  for (size_t mask = size_t{1} << members.size(); mask-- > 0;) {
    out.emplace_back();
    for (size_t i = 0; i < members.size(); ++i) {
      if ((mask >> (members.size() - 1 - i)) & 1) {
        out.back().insert(out.back().end(), members[i].begin(), members[i].end());
      }
    }
  }
  return out;
}

Status SelectBinder::bind_aggregate_arguments(const sql::FunctionExpr& e, AggregateKind kind,
                                              ExprContext& in, AggregateCall* call) {
  call->kind = kind;
  call->distinct = e.distinct;
  ORRERY_TRY_ASSIGN(call->args, binder_.bind_list(e.arguments, in));
  for (const sql::OrderItem& item : e.order_by) {
    ORRERY_TRY_ASSIGN(ExprPtr key, binder_.bind(*item.expr, in));
    call->order_by.push_back(make_sort_key(std::move(key), item));
  }
  if (e.filter) {
    ORRERY_TRY_ASSIGN(call->filter, binder_.bind_condition(*e.filter, in));
    if (is_true_constant(*call->filter)) call->filter = nullptr;
  }
  if (kind == AggregateKind::kCount && call->args.empty()) call->kind = AggregateKind::kCountStar;
  if (call->kind == AggregateKind::kCountStar) {
    if (call->distinct) return argument_count(e);
    return {};
  }
  bool separated = kind == AggregateKind::kStringAgg && call->args.size() == 2;
  if (separated) {
    const expr::Expr& separator = *call->args[1];
    if (separator.kind != ExprKind::kConstant || separator.constant.is_null()) {
      return Error(ErrorCode::kInvalidArgument,
                   "invalid argument: the separator of " + e.name + " must be a constant",
                   e.position);
    }
    ExprPtr text = cast_to(std::move(call->args[1]), TypeId::kText);
    call->separator = std::string(text->constant.datum().view());
    call->args.pop_back();
  }
  if (call->args.size() != 1) return argument_count(e);
  if (is_numeric_aggregate(kind)) {
    call->args[0] = numeric_argument(kind, std::move(call->args[0]));
  }
  bool counts_rows = kind == AggregateKind::kCount && !call->distinct && !call->args[0]->nullable;
  if (counts_rows) {
    call->kind = AggregateKind::kCountStar;
    call->args.clear();
  }
  return {};
}

TypeId SelectBinder::type_of_aggregate(const AggregateCall& call, bool window) const {
  switch (call.kind) {
    case AggregateKind::kCountStar:
    case AggregateKind::kCount:
      return TypeId::kInteger;
    case AggregateKind::kSum: {
      TypeId argument = call.args[0]->type;
      if (types::is_wide(argument)) return types::sum_type(argument);
      if (argument != TypeId::kInteger) return argument;
      // Grouped sums of integers are FLOAT in this dialect; others are INTEGER until they overflow.
      bool grouped = grouped_by_columns_ || (groups_.empty() && equal_to_outer_);
      return !window && grouped && !call.filter ? TypeId::kFloat : TypeId::kAny;
    }
    case AggregateKind::kMin:
    case AggregateKind::kMax:
    case AggregateKind::kFirst:
    case AggregateKind::kLast:
      return call.args[0]->type;
    case AggregateKind::kStringAgg:
    case AggregateKind::kArrayAgg:
      return TypeId::kText;
    case AggregateKind::kAvg:
    case AggregateKind::kMedian:
    case AggregateKind::kStddevPop:
    case AggregateKind::kStddevSamp:
    case AggregateKind::kVarPop:
    case AggregateKind::kVarSamp:
      break;
  }
  return TypeId::kFloat;
}

Result<ExprPtr> SelectBinder::add_aggregate(const sql::FunctionExpr& e, AggregateKind kind,
                                            ExprContext& in) {
  aggregated_ = true;
  ++aggregate_uses_;
  ExprContext inner = in;
  inner.in_aggregate = true;
  if (inner.alias_use == AliasUse::kBeforeColumns) inner.alias_use = AliasUse::kAfterColumns;
  AggregateCall call;
  ORRERY_TRY(bind_aggregate_arguments(e, kind, inner, &call));
  call.type = type_of_aggregate(call, false);
  return column_of_call(std::move(call), context_.keep_name(sql::label_text(e)));
}

ExprPtr SelectBinder::column_of_call(AggregateCall call, std::string_view name) {
  for (size_t i = 0; i < calls_.size(); ++i) {
    if (same_call(calls_[i], call)) return context_.column_ref(call_ids_[i]);
  }
  bool counts = call.kind == AggregateKind::kCountStar || call.kind == AggregateKind::kCount;
  ColumnId id = context_.new_column(name, call.type, !counts);
  calls_.push_back(std::move(call));
  call_ids_.push_back(id);
  return context_.column_ref(id);
}

Result<ExprPtr> SelectBinder::add_grouping(const sql::FunctionExpr& e, ExprContext& in) {
  if (e.arguments.size() != 1) return argument_count(e);
  ExprContext inner = in;
  inner.in_aggregate = true;
  ORRERY_TRY_ASSIGN(ExprPtr argument, binder_.bind(*e.arguments[0], inner));
  for (uint32_t i = 0; i < groups_.size(); ++i) {
    if (!expr::same(*groups_[i], *argument)) continue;
    if (grouping_sets_.empty()) return integer_constant(0);
    ColumnId id = context_.new_column("GROUPING", TypeId::kInteger, false);
    grouping_.push_back(i);
    grouping_ids_.push_back(id);
    return context_.column_ref(id);
  }
  return Error(ErrorCode::kInvalidArgument,
               "invalid argument: GROUPING needs an expression of GROUP BY", e.position);
}

/// A column that is not grouped has the value of some row of the group.
ExprPtr SelectBinder::any_value(const expr::Expr& column) {
  AggregateCall call;
  call.kind = AggregateKind::kFirst;
  call.type = column.type;
  call.args.push_back(expr::clone(column));
  return column_of_call(std::move(call), context_.columns[column.index].name);
}

void SelectBinder::regroup(ExprPtr* e) {
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (expr::same(**e, *groups_[i])) {
      *e = context_.column_ref(group_ids_[i]);
      return;
    }
  }
  if ((*e)->kind == ExprKind::kColumn) {
    if (from_columns_.has((*e)->index)) *e = any_value(**e);
    return;
  }
  if ((*e)->kind == ExprKind::kSubquery) {
    std::vector<ExprPtr> owned;
    ColumnMap map;
    for (ColumnId id : context_.subqueries[(*e)->index].free.ids()) {
      if (!from_columns_.has(id)) continue;
      ExprPtr replacement = context_.column_ref(id);
      regroup(&replacement);
      owned.push_back(std::move(replacement));
      map.emplace_back(id, owned.back().get());
    }
    if (!map.empty()) substitute(context_, map, e);
  }
  for (ExprPtr& arg : (*e)->args) regroup(&arg);
}

void SelectBinder::regroup_everything() {
  for (Item& item : items_) regroup(&item.expr);
  for (ExprPtr& e : having_) regroup(&e);
  for (Order& order : order_) {
    if (order.expr) regroup(&order.expr);
  }
  for (Order& key : distinct_on_) {
    if (key.expr) regroup(&key.expr);
  }
  for (Window& window : windows_) {
    for (ExprPtr& e : window.partition_by) regroup(&e);
    for (SortKey& key : window.order_by) regroup(&key.expr);
    for (WindowCall& call : window.calls) {
      for (ExprPtr& arg : call.args) regroup(&arg);
      for (ExprPtr& arg : call.aggregate.args) regroup(&arg);
      if (call.aggregate.filter) regroup(&call.aggregate.filter);
      for (SortKey& key : call.aggregate.order_by) regroup(&key.expr);
    }
  }
}

RelPtr SelectBinder::build_aggregate(RelPtr rel) {
  auto aggregate = std::make_unique<Rel>(RelKind::kAggregate);
  aggregate->columns = group_ids_;
  aggregate->columns.insert(aggregate->columns.end(), call_ids_.begin(), call_ids_.end());
  aggregate->columns.insert(aggregate->columns.end(), grouping_ids_.begin(), grouping_ids_.end());
  aggregate->exprs = std::move(groups_);
  aggregate->aggregates = std::move(calls_);
  aggregate->grouping_sets = std::move(grouping_sets_);
  aggregate->grouping = std::move(grouping_);
  aggregate->inputs.push_back(std::move(rel));
  return aggregate;
}

}  // namespace orrery::plan
