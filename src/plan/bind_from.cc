// FROM: tables, views, CTEs, derived tables, generate_series and joins.
#include <algorithm>
#include <string>

#include "plan/binder.h"
#include "plan/construct.h"
#include "sql/parser.h"

namespace orrery::plan {

using expr::ExprPtr;
using types::TypeId;

namespace {

constexpr size_t kSourcesMax = 256;  ///< joins nest, and every pass over the plan recurses

Error table_not_found(const sql::Name& name) {
  return Error(ErrorCode::kTableNotFound, "table or view '" + name.text + "' not found",
               name.position);
}

}  // namespace

Result<RelPtr> Binder::bind_from(const std::vector<sql::TableRefPtr>& from, Scope& scope) {
  if (from.empty()) {
    auto one_row = std::make_unique<Rel>(RelKind::kValues);
    one_row->rows.emplace_back();
    return one_row;
  }
  RelPtr rel;
  for (const sql::TableRefPtr& ref : from) {
    ORRERY_TRY_ASSIGN(RelPtr next, bind_table_ref(*ref, scope));
    if (rel) {
      rel = make_join(JoinType::kInner, std::move(rel), std::move(next), {});
      scope.has_join = true;
    } else {
      rel = std::move(next);
    }
  }
  return rel;
}

Result<RelPtr> Binder::bind_table_ref(const sql::TableRef& ref, Scope& scope) {
  ORRERY_TRY(context_.spend(16));
  if (scope.tables.size() >= kSourcesMax) {
    return Error(ErrorCode::kLimit, "too many tables in FROM", ref.position);
  }
  switch (ref.kind) {
    case sql::TableRefKind::kTable:
      return bind_named_table(sql::as<sql::NamedTable>(ref), scope);
    case sql::TableRefKind::kQuery:
      return bind_derived(sql::as<sql::DerivedTable>(ref), scope);
    case sql::TableRefKind::kFunction:
      return bind_series(sql::as<sql::FunctionTable>(ref), scope);
    case sql::TableRefKind::kJoin:
      return bind_join(sql::as<sql::JoinTable>(ref), scope);
  }
  return Error(ErrorCode::kInternal, "unknown table reference");
}

/// Makes the columns of a query visible under a table's name.
Status Binder::add_source(BoundQuery* query, std::string_view table, const sql::TableAlias& alias,
                          Scope& scope) {
  if (alias.columns.size() > query->outputs.size()) {
    return Error(ErrorCode::kBind,
                 "table '" + std::string(table) + "' has " +
                     std::to_string(query->outputs.size()) + " columns but " +
                     std::to_string(alias.columns.size()) + " names",
                 alias.columns.back().position);
  }
  for (size_t i = 0; i < query->outputs.size(); ++i) {
    ScopeColumn column = query->outputs[i];
    column.table = table;
    if (i < alias.columns.size()) {
      column.name = alias.columns[i].text;
      column.label = column.name;
    }
    scope.columns.push_back(column);
  }
  scope.tables.push_back(table);
  return {};
}

Result<RelPtr> Binder::scan_table(std::shared_ptr<storage::Table> table, std::string_view alias,
                                  Scope& scope) {
  const storage::TableDef& def = table->def();
  ORRERY_TRY(context_.spend(static_cast<uint32_t>(def.columns.size())));
  ++context_.scan_count;
  auto scan = std::make_unique<Rel>(RelKind::kScan);
  scan->alias = alias;
  scan->columns.reserve(def.columns.size());
  scan->table_columns.reserve(def.columns.size());
  for (uint32_t i = 0; i < def.columns.size(); ++i) {
    const storage::ColumnDef& column = def.columns[i];
    ColumnId id = context_.new_column(column.name, column.sql_type(), column.nullable());
    context_.columns[id].table = table.get();
    context_.columns[id].table_column = i;
    context_.columns[id].alias = alias;
    context_.columns[id].scan = context_.scan_count;
    scan->columns.push_back(id);
    scan->table_columns.push_back(i);
    scope.columns.push_back({alias, column.name, {}, id, column.nullable(), false});
  }
  scope.tables.push_back(alias);
  scan->table = std::move(table);
  return scan;
}

Result<RelPtr> Binder::bind_named_table(const sql::NamedTable& ref, Scope& scope) {
  std::string_view alias = ref.alias.name.empty() ? ref.name.text : ref.alias.name.text;
  if (ref.as_of) {
    return Error(ErrorCode::kNotSupported, "not supported yet: AS OF", ref.position);
  }
  for (CteBinding* cte = scope.ctes; cte != nullptr; cte = cte->outer) {
    if (!equal_names(cte->name, ref.name.text)) continue;
    ORRERY_TRY_ASSIGN(BoundQuery query, bind_cte_reference(*cte));
    ORRERY_TRY(add_source(&query, alias, ref.alias, scope));
    return std::move(query.rel);
  }
  if (context_.input.catalog == nullptr) {
    return Error(ErrorCode::kNotSupported, "not supported: a table cannot be read here",
                 ref.position);
  }
  if (auto table = context_.input.catalog->find_table(ref.name.text)) {
    size_t begin = scope.columns.size();
    ORRERY_TRY_ASSIGN(RelPtr scan, scan_table(std::move(table), alias, scope));
    if (ref.alias.columns.size() > scope.columns.size() - begin) {
      return Error(ErrorCode::kBind, "more column names than columns", ref.position);
    }
    for (size_t i = 0; i < ref.alias.columns.size(); ++i) {
      scope.columns[begin + i].name = ref.alias.columns[i].text;
    }
    return scan;
  }
  const storage::ViewDef* view = context_.input.catalog->find_view(ref.name.text);
  if (view == nullptr) return table_not_found(ref.name);
  return bind_view(*view, ref, scope);
}

Result<RelPtr> Binder::bind_view(const storage::ViewDef& view, const sql::NamedTable& ref,
                                 Scope& scope) {
  if (context_.view_depth >= kViewDepthMax) {
    return Error(ErrorCode::kLimit,
                 "view nesting depth exceeds " + std::to_string(kViewDepthMax) + " at view '" +
                     view.name + "'",
                 ref.position);
  }
  ORRERY_TRY_ASSIGN(sql::QueryPtr parsed, sql::parse_query(view.sql));
  context_.view_queries.push_back(std::move(parsed));
  const sql::Query& query = *context_.view_queries.back();
  ++context_.view_depth;
  auto bound = bind_query(query, nullptr, nullptr, scope.owner);
  --context_.view_depth;
  if (!bound) return Error(bound.error().code(), bound.error().message(), ref.position);
  for (ScopeColumn& column : bound->outputs) {
    if (column.label.find('.') != std::string_view::npos) column.label = column.name;
  }
  std::string_view alias = ref.alias.name.empty() ? ref.name.text : ref.alias.name.text;
  ORRERY_TRY(add_source(&*bound, alias, ref.alias, scope));
  return std::move(bound->rel);
}

Result<RelPtr> Binder::bind_derived(const sql::DerivedTable& ref, Scope& scope) {
  bool lateral = ref.lateral == sql::Lateral::kYes;
  Scope* parent = lateral ? &scope : scope.parent;
  uint32_t owner = lateral ? kNeverShare : scope.owner;
  ORRERY_TRY_ASSIGN(BoundQuery query, bind_query(*ref.query, parent, scope.ctes, owner));
  ORRERY_TRY(add_source(&query, ref.alias.name.text, ref.alias, scope));
  return std::move(query.rel);
}

Result<RelPtr> Binder::bind_series(const sql::FunctionTable& ref, Scope& scope) {
  if (ref.name != "GENERATE_SERIES") {
    return Error(ErrorCode::kNotSupported,
                 "not supported: Unknown table-valued function: " + ref.name, ref.position);
  }
  if (ref.arguments.size() < 2 || ref.arguments.size() > 3) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid argument: GENERATE_SERIES requires 2 or 3 arguments: (start, stop[, "
                 "step])",
                 ref.position);
  }
  ExprContext in{scope};
  auto series = std::make_unique<Rel>(RelKind::kSeries);
  ORRERY_TRY_ASSIGN(series->exprs, bind_list(ref.arguments, in));
  TypeId type = TypeId::kInteger;
  for (size_t i = 0; i < series->exprs.size(); ++i) {
    TypeId argument = series->exprs[i]->type;
    if (argument == TypeId::kFloat) type = TypeId::kFloat;
    bool time = argument == TypeId::kText || argument == TypeId::kTimestamp;
    if (i < 2 && time) type = TypeId::kTimestamp;
  }
  size_t converted = type == TypeId::kTimestamp ? 2 : series->exprs.size();
  for (size_t i = 0; i < converted; ++i) {
    series->exprs[i] = cast_to(std::move(series->exprs[i]), type);
  }
  BoundQuery query;
  ColumnId id = context_.new_column("value", type, false);
  series->columns.push_back(id);
  query.outputs.push_back({{}, "value", "value", id, false, false});
  std::string_view alias =
      ref.alias.name.empty() ? std::string_view("generate_series") : ref.alias.name.text;
  ORRERY_TRY(add_source(&query, alias, ref.alias, scope));
  return series;
}

namespace {

void make_nullable(Scope& scope, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) scope.columns[i].nullable = true;
}

/// The join of the two inputs, RIGHT turned round, and the columns that may now be NULL.
RelPtr join_inputs(sql::JoinKind kind, RelPtr left, RelPtr right, std::vector<ExprPtr> conjuncts,
                   Scope& scope, size_t left_begin, size_t right_begin) {
  size_t end = scope.columns.size();
  switch (kind) {
    case sql::JoinKind::kLeft:
      make_nullable(scope, right_begin, end);
      return make_join(JoinType::kLeft, std::move(left), std::move(right), std::move(conjuncts));
    case sql::JoinKind::kRight:
      make_nullable(scope, left_begin, right_begin);
      return make_join(JoinType::kLeft, std::move(right), std::move(left), std::move(conjuncts));
    case sql::JoinKind::kFull:
      make_nullable(scope, left_begin, end);
      return make_join(JoinType::kFull, std::move(left), std::move(right), std::move(conjuncts));
    case sql::JoinKind::kInner:
    case sql::JoinKind::kCross:
      break;
  }
  return make_join(JoinType::kInner, std::move(left), std::move(right), std::move(conjuncts));
}

/// The visible column of that name among [begin, end), or end.
Result<size_t> find_in_range(const Scope& scope, std::string_view name, size_t begin, size_t end,
                             SourcePosition position) {
  size_t found = end;
  for (size_t i = begin; i < end; ++i) {
    const ScopeColumn& column = scope.columns[i];
    if (column.hidden || !equal_names(column.name, name)) continue;
    if (found != end && scope.columns[found].id != column.id) {
      return Error(ErrorCode::kBind,
                   "Compile error: Column '" + std::string(name) + "' is ambiguous", position);
    }
    found = i;
  }
  return found;
}

}  // namespace

Result<RelPtr> Binder::bind_join(const sql::JoinTable& ref, Scope& scope) {
  size_t left_begin = scope.columns.size();
  ORRERY_TRY_ASSIGN(RelPtr left, bind_table_ref(*ref.left, scope));
  size_t right_begin = scope.columns.size();
  ORRERY_TRY_ASSIGN(RelPtr right, bind_table_ref(*ref.right, scope));
  scope.has_join = true;
  if (ref.natural || !ref.using_columns.empty()) {
    return bind_using(ref, scope, left_begin, right_begin, std::move(left), std::move(right));
  }
  std::vector<ExprPtr> conjuncts;
  ExprContext in{scope, Clause::kOn};
  ORRERY_TRY(bind_where(*this, ref.on.get(), in, &conjuncts));
  return join_inputs(ref.join, std::move(left), std::move(right), std::move(conjuncts), scope,
                     left_begin, right_begin);
}

Result<RelPtr> Binder::bind_using(const sql::JoinTable& ref, Scope& scope, size_t left_begin,
                                  size_t right_begin, RelPtr left, RelPtr right) {
  size_t end = scope.columns.size();
  std::vector<std::pair<size_t, size_t>> pairs;
  for (const sql::Name& name : ref.using_columns) {
    ORRERY_TRY_ASSIGN(size_t l, find_in_range(scope, name.text, left_begin, right_begin,
                                              name.position));
    ORRERY_TRY_ASSIGN(size_t r, find_in_range(scope, name.text, right_begin, end, name.position));
    if (l == right_begin || r == end) {
      return Error(ErrorCode::kColumnNotFound,
                   "Compile error: Column '" + name.text + "' not found", name.position);
    }
    pairs.emplace_back(l, r);
  }
  for (size_t l = left_begin; ref.natural && l < right_begin; ++l) {
    if (scope.columns[l].hidden) continue;
    std::string_view name = scope.columns[l].name;
    ORRERY_TRY_ASSIGN(size_t r, find_in_range(scope, name, right_begin, end, ref.position));
    if (r != end) pairs.emplace_back(l, r);
  }
  auto column = [&](size_t i) {
    const ScopeColumn& c = scope.columns[i];
    return expr::make_column(c.id, context_.columns[c.id].type, c.nullable);
  };
  std::vector<ExprPtr> conjuncts;
  for (auto [l, r] : pairs) {
    conjuncts.push_back(compare(expr::CompareOp::kEqual, column(l), column(r)));
  }
  RelPtr joined = join_inputs(ref.join, std::move(left), std::move(right), std::move(conjuncts),
                              scope, left_begin, right_begin);
  return merge_columns(ref.join, scope, std::move(pairs), std::move(joined));
}

/// Shows each pair of equal columns once, in the place of the left one.
RelPtr Binder::merge_columns(sql::JoinKind kind, Scope& scope,
                             std::vector<std::pair<size_t, size_t>> pairs, RelPtr joined) {
  auto project = std::make_unique<Rel>(RelKind::kProject);
  std::sort(pairs.begin(), pairs.end());
  for (size_t i = pairs.size(); i-- > 0;) {  // from the back, so that places stay good
    size_t l = pairs[i].first;
    size_t r = pairs[i].second + (pairs.size() - 1 - i);  // moved by the insertions so far
    ScopeColumn merged = scope.columns[l];
    const ScopeColumn& right = scope.columns[r];
    bool same_type = context_.columns[merged.id].type == context_.columns[right.id].type;
    if (kind == sql::JoinKind::kRight && same_type) {
      merged.id = right.id;
      merged.nullable = right.nullable;
    } else if (kind == sql::JoinKind::kRight || kind == sql::JoinKind::kFull) {
      std::vector<ExprPtr> args;
      args.push_back(expr::make_column(merged.id, context_.columns[merged.id].type, true));
      args.push_back(expr::make_column(right.id, context_.columns[right.id].type, right.nullable));
      ExprPtr either = coalesce(std::move(args));
      merged.id = context_.new_column(merged.name, either->type, either->nullable);
      merged.nullable = either->nullable;
      project->columns.push_back(merged.id);
      project->exprs.push_back(std::move(either));
    }
    merged.table = {};
    merged.label = {};
    scope.columns[l].hidden = true;
    scope.columns[r].hidden = true;
    scope.columns.insert(scope.columns.begin() + static_cast<ptrdiff_t>(l), merged);
  }
  if (project->columns.empty()) return joined;
  project->inputs.push_back(std::move(joined));
  return project;
}

}  // namespace orrery::plan
