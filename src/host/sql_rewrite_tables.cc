// SqlRewriter: what stands for the tables that a statement names, and their columns.
#include <algorithm>

#include "host/row_filter.h"
#include "host/sql_literal.h"
#include "host/sql_rewrite.h"
#include "host/system_tables.h"
#include "host/table_setup.h"
#include "sql/parser.h"

namespace orrery::host {

using sql::as;
using types::AlgebraicType;

namespace {

constexpr uint32_t kFilterDepthMax = 16;

std::string quoted_text(std::string_view name) {
  std::string out = "`";
  for (char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  return out + "`";
}

}  // namespace

Result<sql::QueryPtr> SqlRewriter::view_rows(const BoundTable& backing) {
  views_.push_back(backing.view);
  inputs_.push_back(backing.id);
  std::string text = "SELECT ";
  for (size_t i = 0; i < backing.view->columns.size(); ++i) {
    if (i > 0) text += ", ";
    text += quoted_text(backing.view->columns[i].name);
  }
  text += " FROM " + quoted_text(backing.table->def().name) + " WHERE " +
          quoted_text(kArgumentColumn) + " = NULL";
  ORRERY_TRY_ASSIGN(sql::QueryPtr query, sql::parse_query(text));
  const types::Digest hash = types::view_argument_digest(
      backing.view->is_anonymous ? std::string_view() : input_.caller.bytes());
  auto& where = as<sql::BinaryExpr>(*as<sql::SelectBody>(*query->body).where);
  where.right = parameter(bsatn_value(hash.value));
  return query;
}

/// What the filters of a table let through; null where it has none.
Result<sql::QueryPtr> SqlRewriter::filtered_rows(const BoundTable& table) {
  if (input_.rights != SqlRights::kClient || &table == unfiltered_) return sql::QueryPtr();
  std::string text;
  for (const std::string& filter : input_.tables.definition().row_level_security()) {
    const std::string guarded = table_of_filter(filter);
    if (guarded.empty() || input_.tables.find_table(guarded) != &table) continue;
    if (!text.empty()) text += " UNION ";
    text += filter.substr(0, filter.find_last_not_of("; \n\t") + 1);
  }
  if (text.empty()) return sql::QueryPtr();
  if (++filter_depth_ > kFilterDepthMax) {
    return Error(ErrorCode::kLimit, "row-level security rules are nested too deeply");
  }
  ORRERY_TRY_ASSIGN(sql::QueryPtr query, sql::parse_query(with_hex_as_text(text)));
  if (query->body->kind == sql::QueryBodyKind::kSelect) {
    // A join may give a row several times.
    as<sql::SelectBody>(*query->body).distinct = sql::DistinctKind::kDistinct;
  }
  const BoundTable* outer = std::exchange(unfiltered_, &table);
  Result<Columns> rewritten = this->query(*query, nullptr);
  unfiltered_ = outer;
  --filter_depth_;
  if (!rewritten) return std::move(rewritten).error();
  return query;
}

Status SqlRewriter::named_table(sql::TableRefPtr& ref, Scope& scope) {
  auto& named = as<sql::NamedTable>(*ref);
  Source source;
  source.alias = named.alias.name.empty() ? named.name.text : named.alias.name.text;
  for (const Scope* at = &scope; at != nullptr; at = at->outer) {
    if (at->ctes == nullptr) continue;
    for (const Source& cte : *at->ctes) {
      if (cte.alias != named.name.text) continue;
      source.columns = cte.columns;
      scope.sources.push_back(std::move(source));
      return {};
    }
  }
  const BoundTable* bound = input_.tables.find_table(named.name.text);
  sql::QueryPtr replaced;
  if (bound != nullptr) {
    if (input_.rights == SqlRights::kClient &&
        bound->def->access == schema::TableAccess::kPrivate && unfiltered_ == nullptr) {
      return no_table(named.name);
    }
    tables_.push_back(bound);
    inputs_.push_back(bound->id);
    for (const schema::ColumnDef& column : bound->def->columns) {
      source.columns.push_back({column.name, column.resolved_type});
      source.other_names.push_back(column.accessor_name);
    }
    ORRERY_TRY_ASSIGN(replaced, filtered_rows(*bound));
    if (replaced == nullptr) named.name = quoted_name(bound->def->qualified_name);
  } else if (const auto view = input_.tables.definition().find_view(named.name.text)) {
    if (input_.rights == SqlRights::kClient && !view.def->is_public) {
      return no_table(named.name);
    }
    for (const schema::ColumnDef& column : view.def->columns) {
      source.columns.push_back({column.name, column.resolved_type});
      source.other_names.push_back(column.accessor_name);
    }
    ORRERY_TRY_ASSIGN(replaced, view_rows(*input_.tables.of_view(*view.def)));
  } else {
    const std::optional<AlgebraicType> row = system_row_type(named.name.text);
    if (!row || input_.rights != SqlRights::kOwner) return no_table(named.name);
    for (const types::TypeElement& element : row->elements()) {
      source.columns.push_back({std::string(element.name_or_empty()), element.type});
    }
    if (auto table = input_.catalog.find_table(named.name.text)) {
      inputs_.push_back(table->def().id);
    }
  }
  if (replaced != nullptr) {
    auto derived = std::make_unique<sql::DerivedTable>();
    derived->position = ref->position;
    derived->alias = std::move(named.alias);
    if (derived->alias.name.empty()) derived->alias.name = quoted_name(source.alias);
    derived->query = std::move(replaced);
    ref = std::move(derived);
  } else if (named.alias.name.empty() && named.name.text != source.alias) {
    named.alias.name = quoted_name(source.alias);
  }
  scope.sources.push_back(std::move(source));
  return {};
}

Status SqlRewriter::source(sql::TableRefPtr& ref, Scope& scope) {
  switch (ref->kind) {
    case sql::TableRefKind::kTable:
      return named_table(ref, scope);
    case sql::TableRefKind::kQuery: {
      auto& derived = as<sql::DerivedTable>(*ref);
      Source made;
      made.alias = derived.alias.name.text;
      ORRERY_TRY_ASSIGN(made.columns, query(*derived.query, &scope));
      for (size_t i = 0; i < derived.alias.columns.size() && i < made.columns.size(); ++i) {
        made.columns[i].name = derived.alias.columns[i].text;
      }
      scope.sources.push_back(std::move(made));
      return {};
    }
    case sql::TableRefKind::kFunction:
      return expressions(as<sql::FunctionTable>(*ref).arguments, scope);
    case sql::TableRefKind::kJoin: {
      auto& join = as<sql::JoinTable>(*ref);
      ORRERY_TRY(source(join.left, scope));
      return source(join.right, scope);
    }
  }
  return {};
}

Status SqlRewriter::conditions(sql::TableRef& ref, const Scope& scope) {
  if (ref.kind != sql::TableRefKind::kJoin) return {};
  auto& join = as<sql::JoinTable>(ref);
  ORRERY_TRY(conditions(*join.left, scope));
  ORRERY_TRY(conditions(*join.right, scope));
  return expression(join.on, scope);
}

}  // namespace orrery::host
