#include "engine/table_definition.h"

#include <utility>

#include "engine/names.h"
#include "expr/eval.h"
#include "plan/planner.h"
#include "sql/parser.h"
#include "sql/to_sql.h"
#include "types/cast.h"

namespace orrery::engine {

Error table_not_found(std::string_view name) {
  return Error(ErrorCode::kTableNotFound, "table '" + std::string(name) + "' not found");
}

Error column_not_found(std::string_view name) {
  return Error(ErrorCode::kColumnNotFound, "column '" + std::string(name) + "' not found");
}

Error duplicate_column() {
  return Error(ErrorCode::kInvalidArgument, "duplicate column");
}

Error not_supported_yet(std::string_view what) {
  return Error(ErrorCode::kNotSupported, "not supported yet: " + std::string(what));
}

Result<std::shared_ptr<storage::Table>> require_table(const storage::Catalog& catalog,
                                                      std::string_view name) {
  std::shared_ptr<storage::Table> table = catalog.find_table(name);
  if (table == nullptr) return table_not_found(name);
  return table;
}

Status require_free_table_name(const storage::Catalog& catalog, std::string_view name) {
  if (catalog.find_table(name) != nullptr) {
    return Error(ErrorCode::kTableExists, "table '" + std::string(name) + "' already exists");
  }
  if (catalog.find_view(name) != nullptr) {
    return Error(ErrorCode::kViewExists, "cannot create table '" + std::string(name) +
                                             "': a view with the same name exists");
  }
  return {};
}

Result<types::AlgebraicType> column_type(const sql::TypeName& type) {
  int64_t dimension = 0;
  if (type.type == types::TypeId::kVector && !type.arguments.empty()) {
    dimension = type.arguments[0];
    if (dimension < 1 || dimension > 65535) {
      return Error(
          ErrorCode::kInvalidArgument,
          "VECTOR dimension must be between 1 and 65535, got '" + std::to_string(dimension) + "'",
          type.position);
    }
  }
  std::optional<types::AlgebraicType> form =
      types::algebraic_form_of(type.type, static_cast<uint32_t>(dimension));
  if (!form) {
    return Error(ErrorCode::kTypeMismatch, "type error: Unknown data type: " + type.name,
                 type.position);
  }
  return *std::move(form);
}

types::AlgebraicType with_nullability(const types::AlgebraicType& type, Nullability nullability) {
  const types::AlgebraicType& bare = types::without_option(type);
  return nullability == Nullability::kNullable ? types::AlgebraicType::option(bare) : bare;
}

Result<storage::ColumnDef> make_column(const sql::ColumnDefinition& definition) {
  storage::ColumnDef column;
  column.name = definition.name.text;
  ORRERY_TRY_ASSIGN(types::AlgebraicType type, column_type(definition.type));
  const bool not_null = definition.not_null || definition.primary_key;
  column.type = with_nullability(type, not_null ? Nullability::kNotNull : Nullability::kNullable);
  if (definition.default_value != nullptr) {
    column.default_sql = sql::to_sql(*definition.default_value);
    ORRERY_TRY_ASSIGN([[maybe_unused]] expr::ExprPtr bound, plan::bind_default(column.default_sql));
  }
  if (definition.references != nullptr) return not_supported_yet("FOREIGN KEY");
  if (definition.checks.size() == 1) {
    column.check_sql = sql::enclosed_text(*definition.checks[0]);
  } else {
    for (const sql::ExprPtr& check : definition.checks) {
      column.check_sql += column.check_sql.empty() ? "(" : " AND ";
      column.check_sql += sql::enclosed_text(*check);
    }
    if (!column.check_sql.empty()) column.check_sql += ")";
  }
  column.auto_increment = definition.auto_increment && definition.primary_key &&
                          column.sql_type() == types::TypeId::kInteger;
  return column;
}

Result<std::vector<uint16_t>> find_columns(const storage::TableDef& table,
                                           std::span<const sql::Name> names) {
  std::vector<uint16_t> out;
  for (const sql::Name& name : names) {
    const int32_t column = table.find_column(name.text);
    if (column < 0) return column_not_found(name.text);
    out.push_back(static_cast<uint16_t>(column));
  }
  return out;
}

namespace {

std::string_view automatic_method(types::TypeId type) {
  switch (type) {
    case types::TypeId::kText:
    case types::TypeId::kJson:
      return "HASH";
    case types::TypeId::kBoolean:
      return "BITMAP";
    default:
      return "BTREE";
  }
}

}  // namespace

/// What SHOW INDEXES calls the method, and what is built, are two things: texts without a method
/// are called HASH, and get a hash table where they are unique (they are then mostly looked up),
/// but a B-tree, which can do more, where they are not.
Status choose_index_kind(const storage::TableDef& table, sql::IndexMethod method,
                         storage::IndexDef* index) {
  index->kind = storage::IndexKind::kBTree;
  for (uint16_t column : index->columns) {
    if (table.columns[column].sql_type() == types::TypeId::kVector) {
      return not_supported_yet("HNSW index");
    }
  }
  const types::TypeId type = table.columns[index->columns[0]].sql_type();
  switch (method) {
    case sql::IndexMethod::kAutomatic:
      index->method = automatic_method(type);
      if (index->unique && index->columns.size() == 1 && type == types::TypeId::kText) {
        index->kind = storage::IndexKind::kHash;
      }
      break;
    case sql::IndexMethod::kBTree:
      index->method = "BTREE";
      break;
    case sql::IndexMethod::kHash:
      index->method = "HASH";
      index->kind = storage::IndexKind::kHash;
      break;
    case sql::IndexMethod::kBitmap:
      index->method = "BITMAP";
      break;
    case sql::IndexMethod::kHnsw:
      return not_supported_yet("HNSW index");
  }
  if (index->columns.size() > 1) index->method = "MULTICOLUMN";
  return {};
}

Result<storage::IndexDef> make_unique_index(const storage::TableDef& table, std::string name,
                                            std::vector<uint16_t> columns) {
  storage::IndexDef index;
  index.name = std::move(name);
  index.unique = true;
  index.implicit = true;
  index.columns = std::move(columns);
  ORRERY_TRY(choose_index_kind(table, sql::IndexMethod::kAutomatic, &index));
  return index;
}

void add_primary_key(storage::TableDef* table, uint16_t column) {
  storage::IndexDef index;
  index.name = "__pk_" + table->name + "_" + table->columns[column].name;
  index.kind = storage::IndexKind::kDirect;
  index.unique = true;
  index.primary = true;
  index.implicit = true;
  index.columns = {column};
  index.method = "BTREE";
  table->indexes.insert(table->indexes.begin(), std::move(index));
  table->primary_key = column;
}

Result<types::Value> default_value(const StatementContext& context,
                                   const storage::ColumnDef& column) {
  if (column.default_sql.empty()) return types::Value();
  ORRERY_TRY_ASSIGN(expr::ExprPtr bound, plan::bind_default(column.default_sql));
  expr::EvalContext eval;
  uint64_t random_state = context.session.next_random();
  eval.random_state = &random_state;
  eval.now_nanos = context.session.database().environment().clock->wall_nanos();
  ORRERY_TRY_ASSIGN(types::Value value, expr::evaluate_once(*bound, eval));
  if (value.is_null()) return value;
  Arena arena;
  ORRERY_TRY_ASSIGN(types::Datum stored,
                    types::coerce_for_column(value.datum(), column.sql_type(),
                                             types::without_option(column.type).vector_dimension(),
                                             column.name, eval.now_nanos, arena));
  return types::Value(stored);
}

Status check_existing_rows(const StatementContext& context, storage::Transaction& transaction,
                           std::string_view table, std::string_view check_sql,
                           std::string_view column) {
  const std::string sql = "SELECT 1 FROM " + sql::to_sql(sql::Name{std::string(table), {}, {}}) +
                          " WHERE NOT (" + std::string(check_sql) + ") LIMIT 1";
  ORRERY_TRY_ASSIGN(sql::QueryPtr query, sql::parse_query(sql));
  plan::PlannerInput planner_input;
  planner_input.catalog = transaction.catalog();
  ORRERY_TRY_ASSIGN(std::unique_ptr<plan::PlannedStatement> planned,
                    plan::plan_query(*query, planner_input));
  exec::ExecInput input;
  input.statement = PlanPtr(std::move(planned));
  input.store = context.session.open->store.get();
  input.view = transaction.pin_view();
  input.environment = &context.session.database().environment();
  input.options = &context.session.database().exec_options();
  uint64_t random_state = context.session.next_random();
  input.random_state = &random_state;
  input.cancelled = &context.session.cancel->cancelled;
  ORRERY_TRY_ASSIGN(std::unique_ptr<exec::Execution> execution,
                    exec::Execution::start(std::move(input)));
  const types::Chunk* chunk = nullptr;
  ORRERY_TRY_ASSIGN(bool found, execution->next(&chunk));
  if (!found) return {};
  return Error(ErrorCode::kCheck, "CHECK constraint failed for column " + std::string(column) +
                                      ": " + std::string(check_sql));
}

}  // namespace orrery::engine
