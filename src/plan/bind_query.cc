// Queries: WITH, set operations, VALUES, and the ORDER BY and LIMIT around them.
#include <string>

#include "plan/bind_select.h"
#include "plan/binder.h"
#include "plan/construct.h"

namespace orrery::plan {

using expr::ExprPtr;
using types::TypeId;

Result<BoundQuery> Binder::bind_query(const sql::Query& query, Scope* parent,
                                      CteBinding* ctes, uint32_t owner) {
  ORRERY_TRY(context_.spend(16));
  if (!query.with.ctes.empty()) {
    ctes = declare_ctes(query.with, &query, parent, ctes, owner);
  }
  const sql::QueryBody& body = *query.body;
  if (body.kind == sql::QueryBodyKind::kSelect) {
    SelectBinder select(*this, sql::as<sql::SelectBody>(body), parent, ctes, owner);
    return select.bind(query.order_by, query.limit.get(), query.offset.get());
  }
  ORRERY_TRY_ASSIGN(BoundQuery out, bind_body(body, parent, ctes, owner));
  ORRERY_TRY(order_outputs(query.order_by, &out, parent, ctes, owner));
  Scope scope;
  scope.parent = parent;
  scope.ctes = ctes;
  scope.owner = owner;
  ORRERY_TRY(add_limit(query.limit.get(), query.offset.get(), scope, &out.rel));
  return out;
}

Result<BoundQuery> Binder::bind_body(const sql::QueryBody& body, Scope* parent,
                                     CteBinding* ctes, uint32_t owner) {
  switch (body.kind) {
    case sql::QueryBodyKind::kSelect: {
      SelectBinder select(*this, sql::as<sql::SelectBody>(body), parent, ctes, owner);
      return select.bind({}, nullptr, nullptr);
    }
    case sql::QueryBodyKind::kValues:
      return bind_values(sql::as<sql::ValuesBody>(body), parent, ctes, owner);
    case sql::QueryBodyKind::kSetOperation:
      return bind_set(sql::as<sql::SetBody>(body), parent, ctes, owner);
    case sql::QueryBodyKind::kNested:
      return bind_query(*sql::as<sql::NestedBody>(body).query, parent, ctes, owner);
  }
  return Error(ErrorCode::kInternal, "unknown query body");
}

Result<BoundQuery> Binder::bind_values(const sql::ValuesBody& body, Scope* parent,
                                       CteBinding* ctes, uint32_t owner) {
  Scope scope;
  scope.parent = parent;
  scope.ctes = ctes;
  scope.owner = owner;
  ExprContext in{scope};
  auto values = std::make_unique<Rel>(RelKind::kValues);
  for (const sql::ExprList& row : body.rows) {
    ORRERY_TRY_ASSIGN(std::vector<ExprPtr> cells, bind_list(row, in));
    values->rows.push_back(std::move(cells));
  }
  return finish_values(std::move(values));
}

/// Short rows are filled up with NULLs; a column whose cells differ in type is kAny.
BoundQuery Binder::finish_values(RelPtr values) {
  size_t width = 0;
  for (const auto& row : values->rows) width = std::max(width, row.size());
  BoundQuery out;
  for (size_t i = 0; i < width; ++i) {
    TypeId type = TypeId::kNull;
    bool nullable = false;
    for (auto& row : values->rows) {
      while (row.size() < width) row.push_back(null_constant());
      type = merge_types(type, row[i]->type);
      nullable = nullable || row[i]->nullable;
    }
    for (auto& row : values->rows) row[i] = widen(std::move(row[i]), type);
    std::string_view name = context_.keep_name("column" + std::to_string(i + 1));
    ColumnId id = context_.new_column(name, type, nullable);
    values->columns.push_back(id);
    out.outputs.push_back({{}, name, name, id, nullable, false});
  }
  out.rel = std::move(values);
  return out;
}

void Binder::widen_outputs(BoundQuery* query, const std::vector<TypeId>& types) {
  auto project = std::make_unique<Rel>(RelKind::kProject);
  for (size_t i = 0; i < types.size(); ++i) {
    ScopeColumn& output = query->outputs[i];
    if (context_.columns[output.id].type == types[i]) continue;
    ExprPtr e = expr::make_column(output.id, context_.columns[output.id].type, output.nullable);
    e = widen(std::move(e), types[i]);
    output.nullable = e->nullable;
    output.id = context_.new_column(output.name, types[i], e->nullable);
    project->columns.push_back(output.id);
    project->exprs.push_back(std::move(e));
  }
  if (project->columns.empty()) return;
  project->inputs.push_back(std::move(query->rel));
  query->rel = std::move(project);
}

void Binder::unify_outputs(std::vector<BoundQuery>* parts, std::vector<ColumnId>* columns) {
  BoundQuery& first = parts->front();
  std::vector<TypeId> types;
  for (size_t i = 0; i < first.outputs.size(); ++i) {
    TypeId type = TypeId::kNull;
    for (const BoundQuery& part : *parts) {
      type = merge_types(type, context_.columns[part.outputs[i].id].type);
    }
    types.push_back(type);
  }
  for (BoundQuery& part : *parts) widen_outputs(&part, types);
  for (size_t i = 0; i < types.size(); ++i) {
    bool nullable = false;
    for (const BoundQuery& part : *parts) nullable = nullable || part.outputs[i].nullable;
    columns->push_back(context_.new_column(first.outputs[i].name, types[i], nullable));
  }
}

namespace {

SetOperation set_operation(const sql::SetBody& body) {
  switch (body.op) {
    case sql::SetOp::kUnion:
      return body.all ? SetOperation::kUnionAll : SetOperation::kUnion;
    case sql::SetOp::kIntersect:
      return body.all ? SetOperation::kIntersectAll : SetOperation::kIntersect;
    case sql::SetOp::kExcept:
      break;
  }
  return body.all ? SetOperation::kExceptAll : SetOperation::kExcept;
}

Error different_widths(const sql::SetBody& body, size_t left, size_t right) {
  std::string_view name = body.op == sql::SetOp::kUnion       ? "UNION"
                          : body.op == sql::SetOp::kIntersect ? "INTERSECT"
                                                              : "EXCEPT";
  return Error(ErrorCode::kBind,
               "each " + std::string(name) + " query must have the same number of columns: left has " +
                   std::to_string(left) + ", right has " + std::to_string(right),
               body.position);
}

}  // namespace

Result<BoundQuery> Binder::bind_set(const sql::SetBody& body, Scope* parent,
                                    CteBinding* ctes, uint32_t owner) {
  std::vector<BoundQuery> parts;
  for (const sql::QueryBodyPtr& operand : body.operands) {
    ORRERY_TRY_ASSIGN(BoundQuery part, bind_body(*operand, parent, ctes, owner));
    if (!parts.empty() && part.outputs.size() != parts[0].outputs.size()) {
      return different_widths(body, parts[0].outputs.size(), part.outputs.size());
    }
    parts.push_back(std::move(part));
  }
  return combine(set_operation(body), std::move(parts));
}

BoundQuery Binder::combine(SetOperation op, std::vector<BoundQuery> parts) {
  auto set = std::make_unique<Rel>(RelKind::kSet);
  set->set_op = op;
  unify_outputs(&parts, &set->columns);
  BoundQuery out;
  out.outputs = parts[0].outputs;
  for (size_t i = 0; i < set->columns.size(); ++i) {
    out.outputs[i].id = set->columns[i];
    out.outputs[i].nullable = context_.columns[set->columns[i]].nullable;
  }
  for (BoundQuery& part : parts) {
    set->input_columns.emplace_back();
    for (const ScopeColumn& output : part.outputs) set->input_columns.back().push_back(output.id);
    set->inputs.push_back(std::move(part.rel));
  }
  out.rel = std::move(set);
  return out;
}

/// ORDER BY of VALUES and set operations: names, ordinals and expressions over the result.
Status Binder::order_outputs(const std::vector<sql::OrderItem>& items, BoundQuery* query,
                             Scope* parent, CteBinding* ctes, uint32_t owner) {
  if (items.empty()) return {};
  Scope scope;
  scope.parent = parent;
  scope.ctes = ctes;
  scope.owner = owner;
  scope.columns = query->outputs;
  ExprContext in{scope, Clause::kOrderBy};
  auto project = std::make_unique<Rel>(RelKind::kProject);
  auto sort = std::make_unique<Rel>(RelKind::kSort);
  for (const sql::OrderItem& item : items) {
    ExprPtr key;
    const auto* literal = item.expr->kind == sql::ExprKind::kLiteral
                              ? &sql::as<sql::LiteralExpr>(*item.expr)
                              : nullptr;
    if (literal != nullptr && literal->literal == sql::LiteralKind::kInteger) {
      if (literal->integer < 1 ||
          static_cast<uint64_t>(literal->integer) > query->outputs.size()) {
        return Error(ErrorCode::kBind,
                     "Compile error: ORDER BY position " + std::to_string(literal->integer) +
                         " is not in the select list",
                     item.expr->position);
      }
      key = context_.column_ref(query->outputs[static_cast<size_t>(literal->integer) - 1].id);
    } else {
      ORRERY_TRY_ASSIGN(key, bind(*item.expr, in));
    }
    if (key->kind != expr::ExprKind::kColumn) {
      ColumnId id = context_.new_column("key", key->type, key->nullable);
      project->columns.push_back(id);
      project->exprs.push_back(std::move(key));
      key = context_.column_ref(id);
    }
    sort->sort_keys.push_back(make_sort_key(std::move(key), item));
  }
  if (!project->columns.empty()) {
    project->inputs.push_back(std::move(query->rel));
    query->rel = std::move(project);
  }
  sort->inputs.push_back(std::move(query->rel));
  query->rel = std::move(sort);
  return {};
}

namespace {

Result<ExprPtr> limit_value(ExprPtr e, std::string_view clause, SourcePosition position) {
  if (!expr::is_row_independent(*e)) {
    return Error(ErrorCode::kParse,
                 "parse error: " + std::string(clause) + " must be an integer", position);
  }
  if (!types::is_number(e->type) && e->type != TypeId::kAny) {
    return Error(ErrorCode::kParse,
                 "parse error: " + std::string(clause) + " must be an integer", position);
  }
  e = cast_to(std::move(e), TypeId::kInteger);
  if (e->kind == expr::ExprKind::kConstant && !e->constant.is_null() &&
      e->constant.datum().as_int64() < 0) {
    return Error(ErrorCode::kParse,
                 "parse error: " + std::string(clause) + " must be non-negative, got " +
                     std::to_string(e->constant.datum().as_int64()),
                 position);
  }
  return e;
}

}  // namespace

Status Binder::add_limit(const sql::Expr* limit, const sql::Expr* offset, Scope& scope,
                         RelPtr* rel) {
  if (limit == nullptr && offset == nullptr) return {};
  Scope outer;  // the columns of the query itself are out of reach
  outer.parent = scope.parent;
  ExprContext in{outer};
  auto out = std::make_unique<Rel>(RelKind::kLimit);
  if (limit != nullptr) {
    ORRERY_TRY_ASSIGN(ExprPtr value, bind(*limit, in));
    ORRERY_TRY_ASSIGN(out->limit, limit_value(std::move(value), "LIMIT", limit->position));
  }
  if (offset != nullptr) {
    ORRERY_TRY_ASSIGN(ExprPtr value, bind(*offset, in));
    ORRERY_TRY_ASSIGN(out->offset, limit_value(std::move(value), "OFFSET", offset->position));
  }
  out->inputs.push_back(std::move(*rel));
  *rel = std::move(out);
  return {};
}

}  // namespace orrery::plan
