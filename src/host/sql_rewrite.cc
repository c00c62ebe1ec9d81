#include "host/sql_rewrite.h"

#include "host/sql_literal.h"
#include "host/system_tables.h"

namespace orrery::host {

using sql::as;
using types::AlgebraicType;

Error no_table(const sql::Name& name) {
  return Error(ErrorCode::kTableNotFound,
               "no such table: `" + name.text +
                   "`. If the table exists, it may be marked private.",
               name.position);
}
sql::Name quoted_name(std::string text) {
  sql::Name name;
  name.text = std::move(text);
  name.quote = sql::QuoteStyle::kBacktick;
  return name;
}

// --- queries ---

Result<SqlRewriter::Columns> SqlRewriter::select(sql::SelectBody& select, Scope& scope) {
  for (sql::TableRefPtr& ref : select.from) ORRERY_TRY(source(ref, scope));
  for (sql::TableRefPtr& ref : select.from) ORRERY_TRY(conditions(*ref, scope));
  ORRERY_TRY(expression(select.where, scope));
  ORRERY_TRY(expression(select.having, scope));
  ORRERY_TRY(expressions(select.distinct_on, scope));
  for (sql::GroupItem& group : select.group_by) {
    for (sql::ExprList& set : group.sets) ORRERY_TRY(expressions(set, scope));
  }
  Columns out;
  for (sql::SelectItem& item : select.items) {
    if (item.kind != sql::SelectItem::Kind::kExpr) {
      for (const Source& from : scope.sources) {
        const bool all = item.kind == sql::SelectItem::Kind::kStar;
        if (!all && from.alias != item.qualifier.text) continue;
        out.insert(out.end(), from.columns.begin(), from.columns.end());
      }
      continue;
    }
    SqlColumn column;
    column.type = type_of(*item.expr, scope);
    if (item.expr->kind == sql::ExprKind::kFunction &&
        as<sql::FunctionExpr>(*item.expr).name == "COUNT") {
      column.type = AlgebraicType::u64();
    }
    if (item.expr->kind == sql::ExprKind::kColumn) {
      column.name = as<sql::ColumnExpr>(*item.expr).name.text;
    }
    if (!item.alias.empty()) column.name = item.alias.text;
    ORRERY_TRY(expression(item.expr, scope));
    if (item.expr->kind == sql::ExprKind::kLiteral &&
        as<sql::LiteralExpr>(*item.expr).literal == sql::LiteralKind::kFloat) {
      count_with(item.expr);
    }
    out.push_back(std::move(column));
  }
  return out;
}

Result<SqlRewriter::Columns> SqlRewriter::body(sql::QueryBodyPtr& body, Scope& scope) {
  switch (body->kind) {
    case sql::QueryBodyKind::kSelect:
      return select(as<sql::SelectBody>(*body), scope);
    case sql::QueryBodyKind::kValues:
      for (sql::ExprList& row : as<sql::ValuesBody>(*body).rows) {
        ORRERY_TRY(expressions(row, scope));
      }
      return Columns();
    case sql::QueryBodyKind::kSetOperation: {
      Columns first;
      bool any = false;
      for (sql::QueryBodyPtr& operand : as<sql::SetBody>(*body).operands) {
        Scope own;
        own.outer = scope.outer;
        own.ctes = scope.ctes;
        ORRERY_TRY_ASSIGN(Columns columns, this->body(operand, own));
        if (!any) first = std::move(columns);
        any = true;
      }
      return first;
    }
    case sql::QueryBodyKind::kNested:
      return query(*as<sql::NestedBody>(*body).query, &scope);
  }
  return Columns();
}

Result<SqlRewriter::Columns> SqlRewriter::query(sql::Query& query, const Scope* outer) {
  std::vector<Source> ctes;
  Scope scope;
  scope.outer = outer;
  scope.ctes = &ctes;
  ctes.reserve(query.with.ctes.size());
  for (sql::Cte& cte : query.with.ctes) {
    Source made;
    made.alias = cte.name.text;
    // A recursive step sees itself, of types that are not known yet.
    const size_t place = ctes.size();
    if (query.with.recursive) ctes.push_back(made);
    ORRERY_TRY_ASSIGN(made.columns, this->query(*cte.query, &scope));
    for (size_t i = 0; i < cte.columns.size() && i < made.columns.size(); ++i) {
      made.columns[i].name = cte.columns[i].text;
    }
    if (query.with.recursive) {
      ctes[place] = std::move(made);
    } else {
      ctes.push_back(std::move(made));
    }
  }
  ORRERY_TRY_ASSIGN(Columns columns, body(query.body, scope));
  for (sql::OrderItem& item : query.order_by) ORRERY_TRY(expression(item.expr, scope));
  ORRERY_TRY(expression(query.limit, scope));
  ORRERY_TRY(expression(query.offset, scope));
  return columns;
}

// --- statements ---

Result<const BoundTable*> SqlRewriter::target(sql::Name& name) {
  if (input_.rights != SqlRights::kOwner) {
    return Error(ErrorCode::kReadOnly,
                 "Caller " + input_.caller.to_hex() + " is not authorized to run SQL DML statements");
  }
  const BoundTable* bound = input_.tables.find_table(name.text);
  if (bound == nullptr) {
    if (input_.tables.definition().find_view(name.text) || is_system_table(name.text)) {
      return Error(ErrorCode::kReadOnly, "`" + name.text + "` cannot be written to by SQL");
    }
    return no_table(name);
  }
  name = quoted_name(bound->def->qualified_name);
  tables_.push_back(bound);
  return bound;
}

Status SqlRewriter::insert(sql::InsertStatement& statement) {
  ORRERY_TRY_ASSIGN(const BoundTable* table, target(statement.table));
  const schema::TableDef& def = *table->def;
  std::vector<const AlgebraicType*> types;
  for (sql::Name& name : statement.columns) {
    const std::optional<uint16_t> column = def.find_column(name.text);
    types.push_back(column ? &def.columns[*column].resolved_type : nullptr);
    if (column) name = quoted_name(def.columns[*column].name);
  }
  if (statement.columns.empty()) {
    for (const schema::ColumnDef& column : def.columns) types.push_back(&column.resolved_type);
  }
  const Scope nothing;
  for (sql::ExprList& row : statement.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      ORRERY_TRY(expression(row[i], nothing));
      if (i < types.size() && types[i] != nullptr) ORRERY_TRY(convert(row[i], *types[i]));
    }
  }
  if (statement.query == nullptr) return {};
  ORRERY_TRY_ASSIGN([[maybe_unused]] Columns columns, query(*statement.query, nullptr));
  return {};
}

Status SqlRewriter::update(sql::UpdateStatement& statement) {
  const std::string written = statement.table.text;
  ORRERY_TRY_ASSIGN(const BoundTable* table, target(statement.table));
  Scope scope;
  Source& source = scope.sources.emplace_back();
  source.alias = written;
  for (const schema::ColumnDef& column : table->def->columns) {
    source.columns.push_back({column.name, column.resolved_type});
    source.other_names.push_back(column.accessor_name);
  }
  for (sql::Assignment& assignment : statement.assignments) {
    ORRERY_TRY(expression(assignment.value, scope));
    const std::optional<uint16_t> column = table->def->find_column(assignment.column.text);
    if (column) {
      assignment.column = quoted_name(table->def->columns[*column].name);
      ORRERY_TRY(convert(assignment.value, table->def->columns[*column].resolved_type));
    }
  }
  return expression(statement.where, scope);
}

Status SqlRewriter::erase(sql::DeleteStatement& statement) {
  const std::string written =
      statement.alias.empty() ? statement.table.text : statement.alias.text;
  ORRERY_TRY_ASSIGN(const BoundTable* table, target(statement.table));
  Scope scope;
  Source& source = scope.sources.emplace_back();
  source.alias = written;
  for (const schema::ColumnDef& column : table->def->columns) {
    source.columns.push_back({column.name, column.resolved_type});
    source.other_names.push_back(column.accessor_name);
  }
  return expression(statement.where, scope);
}

Status SqlRewriter::rewrite(sql::Statement& statement) {
  Status done;
  switch (statement.kind) {
    case sql::StatementKind::kSelect: {
      ORRERY_TRY_ASSIGN(output_, query(*as<sql::SelectStatement>(statement).query, nullptr));
      break;
    }
    case sql::StatementKind::kInsert:
      done = insert(as<sql::InsertStatement>(statement));
      break;
    case sql::StatementKind::kUpdate:
      done = update(as<sql::UpdateStatement>(statement));
      break;
    case sql::StatementKind::kDelete:
      done = erase(as<sql::DeleteStatement>(statement));
      break;
    case sql::StatementKind::kExplain: {
      auto& explained = as<sql::ExplainStatement>(statement);
      if (explained.statement != nullptr) return rewrite(*explained.statement);
      [[fallthrough]];
    }
    default:
      done = Error(ErrorCode::kNotSupported, "Unsupported: this statement");
  }
  statement.parameter_names.clear();
  statement.parameter_count = static_cast<uint32_t>(values_.size());
  return done;
}

}  // namespace orrery::host
