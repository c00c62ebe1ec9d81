#include "plan/bind_select.h"

#include <string>

#include "plan/construct.h"
#include "sql/to_sql.h"

namespace orrery::plan {

using expr::ExprPtr;

SortKey make_sort_key(ExprPtr e, const sql::OrderItem& item) {
  SortKey key;
  key.expr = std::move(e);
  key.descending = item.direction == sql::SortDirection::kDescending;
  key.nulls_first = item.nulls == sql::NullsOrder::kDefault ? key.descending
                                                            : item.nulls == sql::NullsOrder::kFirst;
  return key;
}

SelectBinder::SelectBinder(Binder& binder, const sql::SelectBody& body, Scope* parent,
                           CteBinding* ctes, uint32_t owner)
    : binder_(binder), context_(binder.context()), body_(body) {
  scope_.parent = parent;
  scope_.ctes = ctes;
  scope_.owner = owner;
}

ExprContext SelectBinder::context_of(Clause clause) {
  ExprContext in{scope_, clause, nullptr, &body_.items, AliasUse::kNone, false};
  switch (clause) {
    case Clause::kWhere:
    case Clause::kGroupBy:
      in.alias_use = AliasUse::kAfterColumns;
      break;
    case Clause::kHaving:
      in.alias_use = AliasUse::kBeforeColumns;
      in.select = this;
      break;
    case Clause::kOrderBy:
      in.alias_use = AliasUse::kAfterColumns;
      in.select = this;
      break;
    case Clause::kSelect:
      in.select = this;
      break;
    case Clause::kOn:
    case Clause::kOther:
      break;
  }
  return in;
}

Result<BoundQuery> SelectBinder::bind(const std::vector<sql::OrderItem>& order_by,
                                      const sql::Expr* limit, const sql::Expr* offset) {
  ORRERY_TRY_ASSIGN(rel_, binder_.bind_from(body_.from, scope_));
  from_columns_ = available_columns(*rel_);
  ExprContext where = context_of(Clause::kWhere);
  ORRERY_TRY(bind_where(binder_, body_.where.get(), where, &where_));
  equal_to_outer_ = is_equal_to_outer();
  rel_ = make_filter(std::move(rel_), std::move(where_));
  ORRERY_TRY(bind_group_by());
  ORRERY_TRY(bind_items());
  if (body_.having) {
    aggregated_ = true;
    ExprContext having = context_of(Clause::kHaving);
    ORRERY_TRY(bind_where(binder_, body_.having.get(), having, &having_));
  }
  ORRERY_TRY(bind_order(order_by));
  ORRERY_TRY(bind_distinct_on());

  RelPtr rel = std::move(rel_);
  if (aggregated_) {
    regroup_everything();
    rel = build_aggregate(std::move(rel));
  }
  rel = make_filter(std::move(rel), std::move(having_));
  rel = build_windows(std::move(rel));
  rel = build_items(std::move(rel));
  rel = build_order(std::move(rel));
  BoundQuery out;
  out.rel = std::move(rel);
  ORRERY_TRY(binder_.add_limit(limit, offset, scope_, &out.rel));
  for (const Item& item : items_) {
    out.outputs.push_back({{}, item.name, item.label, item.id, item.nullable, false});
  }
  return out;
}

Status SelectBinder::bind_items() {
  items_.reserve(body_.items.size());
  struct Unlabelled {
    size_t at;
    const sql::SelectItem* item;
    bool aggregates;
  };
  std::vector<Unlabelled> unlabelled;
  for (const sql::SelectItem& item : body_.items) {
    if (item.kind != sql::SelectItem::Kind::kExpr) {
      ORRERY_TRY(add_star(item));
      continue;
    }
    uint32_t uses = aggregate_uses_;
    ExprContext in = context_of(Clause::kSelect);
    Item bound;
    ORRERY_TRY_ASSIGN(bound.expr, binder_.bind(*item.expr, in));
    items_.push_back(std::move(bound));
    unlabelled.push_back({items_.size() - 1, &item, aggregate_uses_ != uses});
  }
  // Some labels depend on whether there are aggregates or windows anywhere in the list.
  for (const Unlabelled& one : unlabelled) {
    Item& bound = items_[one.at];
    bound.label = label_of(*one.item, one.at + 1, one.aggregates);
    bound.name = bound.label;
    if (one.item->alias.empty() && one.item->expr->kind == sql::ExprKind::kColumn) {
      bound.name = sql::as<sql::ColumnExpr>(*one.item->expr).name.text;
    }
  }
  return {};
}

Status SelectBinder::add_star(const sql::SelectItem& item) {
  bool qualified = item.kind == sql::SelectItem::Kind::kQualifiedStar;
  if (qualified && !has_table(scope_, item.qualifier.text)) {
    return Error(ErrorCode::kTableNotFound, "table or view '" + item.qualifier.text + "' not found",
                 item.position);
  }
  if (scope_.tables.empty()) {
    return Error(ErrorCode::kBind, "Compile error: SELECT * needs a FROM clause", item.position);
  }
  for (const ScopeColumn& column : scope_.columns) {
    if (qualified ? !equal_names(column.table, item.qualifier.text) : column.hidden) continue;
    ORRERY_TRY(context_.spend(1));
    Item bound;
    bound.expr = expr::make_column(column.id, context_.columns[column.id].type, column.nullable);
    bound.name = column.name;
    bound.label = column.label.empty() ? column.name : column.label;
    if (!qualified && scope_.has_join && !column.table.empty()) {
      bound.label = context_.keep_name(std::string(column.table) + "." + std::string(column.name));
    }
    items_.push_back(std::move(bound));
  }
  return {};
}

std::string_view SelectBinder::label_of(const sql::SelectItem& item, size_t number,
                                        bool aggregates) {
  if (!item.alias.empty()) return item.alias.text;
  const sql::Expr* e = item.expr.get();
  if (aggregates) return context_.keep_name(sql::label_text(*e));
  while (e->kind == sql::ExprKind::kCast) e = sql::as<sql::CastExpr>(*e).operand.get();
  if (e->kind == sql::ExprKind::kColumn) {
    const auto& column = sql::as<sql::ColumnExpr>(*e);
    bool full = scope_.has_join && !column.qualifier.empty() && (aggregated_ || !windows_.empty());
    if (!full) return column.name.text;
    return context_.keep_name(column.qualifier.text + "." + column.name.text);
  }
  if (e->kind == sql::ExprKind::kFunction && !scope_.tables.empty()) {
    const auto& function = sql::as<sql::FunctionExpr>(*e);
    return function.over ? context_.keep_name(function.name + "()")
                         : std::string_view(function.name);
  }
  if (e->kind == sql::ExprKind::kLiteral && aggregated_) {
    return context_.keep_name(sql::label_text(*e));
  }
  return context_.keep_name((scope_.tables.empty() ? "column" : "expr") + std::to_string(number));
}

Result<size_t> SelectBinder::find_ordinal(const sql::Expr& e, std::string_view clause) const {
  if (e.kind != sql::ExprKind::kLiteral) return SIZE_MAX;
  const auto& literal = sql::as<sql::LiteralExpr>(e);
  if (literal.literal != sql::LiteralKind::kInteger) return SIZE_MAX;
  if (literal.integer < 1 || static_cast<uint64_t>(literal.integer) > items_.size()) {
    return Error(ErrorCode::kBind,
                 "Compile error: " + std::string(clause) + " position " +
                     std::to_string(literal.integer) + " is not in the select list",
                 e.position);
  }
  return static_cast<size_t>(literal.integer) - 1;
}

/// The select item that a bare name in ORDER BY means, or SIZE_MAX.
size_t SelectBinder::find_output(const sql::Expr& e) const {
  if (e.kind != sql::ExprKind::kColumn) return SIZE_MAX;
  const auto& column = sql::as<sql::ColumnExpr>(e);
  if (!column.qualifier.empty()) return SIZE_MAX;
  for (size_t i = 0; i < items_.size(); ++i) {
    if (equal_names(items_[i].label, column.name.text)) return i;
  }
  for (size_t i = 0; i < items_.size(); ++i) {
    if (equal_names(items_[i].name, column.name.text)) return i;
  }
  return SIZE_MAX;
}

Status SelectBinder::bind_order_item(const sql::OrderItem& item) {
  SortKey key = make_sort_key(nullptr, item);
  Order order;
  order.descending = key.descending;
  order.nulls_first = key.nulls_first;
  ORRERY_TRY_ASSIGN(order.item, find_ordinal(*item.expr, "ORDER BY"));
  if (order.item == SIZE_MAX) order.item = find_output(*item.expr);
  if (order.item == SIZE_MAX) {
    ExprContext in = context_of(Clause::kOrderBy);
    ORRERY_TRY_ASSIGN(order.expr, binder_.bind(*item.expr, in));
    for (size_t i = 0; i < items_.size() && order.item == SIZE_MAX; ++i) {
      bool repeats = expr::same(*order.expr, *items_[i].expr) &&
                     !is_volatile(context_, *order.expr) && !has_subquery(*order.expr);
      if (repeats) order.item = i;
    }
  }
  order_.push_back(std::move(order));
  return {};
}

Status SelectBinder::bind_order(const std::vector<sql::OrderItem>& order_by) {
  for (const sql::OrderItem& item : order_by) ORRERY_TRY(bind_order_item(item));
  return {};
}

Status SelectBinder::bind_distinct_on() {
  for (const sql::ExprPtr& e : body_.distinct_on) {
    Order key;
    ORRERY_TRY_ASSIGN(key.item, find_ordinal(*e, "DISTINCT ON"));
    if (key.item == SIZE_MAX) {
      ExprContext in = context_of(Clause::kOrderBy);
      ORRERY_TRY_ASSIGN(key.expr, binder_.bind(*e, in));
    }
    distinct_on_.push_back(std::move(key));
  }
  return {};
}

/// The column that holds the expression's value: itself, or a new one of the projection.
ColumnId SelectBinder::place(ExprPtr e, std::string_view name, Rel* project,
                             const ColumnSet& available) {
  if (e->kind == expr::ExprKind::kColumn && available.has(e->index)) return e->index;
  ColumnId id = context_.new_column(name, e->type, e->nullable);
  project->columns.push_back(id);
  project->exprs.push_back(std::move(e));
  return id;
}

RelPtr SelectBinder::build_items(RelPtr rel) {
  ColumnSet available = available_columns(*rel);
  auto project = std::make_unique<Rel>(RelKind::kProject);
  for (Item& item : items_) {
    item.nullable = item.expr->nullable;
    item.id = place(std::move(item.expr), item.name, project.get(), available);
  }
  for (std::vector<Order>* keys : {&order_, &distinct_on_}) {
    for (Order& key : *keys) {
      ColumnId id = key.item != SIZE_MAX
                        ? items_[key.item].id
                        : place(std::move(key.expr), "key", project.get(), available);
      key.expr = context_.column_ref(id);
    }
  }
  if (project->columns.empty()) return rel;
  project->inputs.push_back(std::move(rel));
  return project;
}

namespace {

RelPtr make_distinct(RelPtr input, const std::vector<ColumnId>& keys) {
  auto distinct = std::make_unique<Rel>(RelKind::kDistinct);
  ColumnSet seen;
  for (ColumnId id : keys) {
    if (seen.has(id)) continue;
    seen.add(id);
    distinct->keys.push_back(id);
  }
  distinct->inputs.push_back(std::move(input));
  return distinct;
}

}  // namespace

RelPtr SelectBinder::build_order(RelPtr rel) {
  if (body_.distinct == sql::DistinctKind::kDistinct) {
    std::vector<ColumnId> keys;
    for (const Item& item : items_) keys.push_back(item.id);
    rel = make_distinct(std::move(rel), keys);
  }
  auto sort = std::make_unique<Rel>(RelKind::kSort);
  for (Order& order : order_) {
    SortKey key;
    key.expr = std::move(order.expr);
    key.descending = order.descending;
    key.nulls_first = order.nulls_first;
    sort->sort_keys.push_back(std::move(key));
  }
  if (!sort->sort_keys.empty()) {
    sort->inputs.push_back(std::move(rel));
    rel = std::move(sort);
  }
  if (body_.distinct == sql::DistinctKind::kDistinctOn) {
    std::vector<ColumnId> keys;
    for (const Order& key : distinct_on_) keys.push_back(key.expr->index);
    rel = make_distinct(std::move(rel), keys);
  }
  return rel;
}

}  // namespace orrery::plan
