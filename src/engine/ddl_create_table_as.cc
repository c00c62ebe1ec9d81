// CREATE TABLE t AS SELECT ...
#include <memory>
#include <utility>
#include <vector>

#include "engine/chunk_buffer.h"
#include "engine/dispatch.h"
#include "engine/table_definition.h"
#include "plan/planner.h"
#include "types/cast.h"

namespace orrery::engine {
namespace {

struct QueryResult {
  std::vector<plan::OutputColumn> columns;
  ChunkBuffer chunks;
  std::vector<types::TypeId> seen;  ///< of columns of mixed type: that of the first value
};

Result<QueryResult> run_whole_query(const StatementContext& context,
                                    storage::Transaction& transaction, const sql::Query& query) {
  SessionState& session = context.session;
  std::vector<types::TypeId> types;
  for (const types::Datum& parameter : context.parameters) types.push_back(parameter.type());
  plan::PlannerInput planner_input;
  planner_input.catalog = transaction.catalog();
  planner_input.parameters = types;
  ORRERY_TRY_ASSIGN(std::unique_ptr<plan::PlannedStatement> planned,
                    plan::plan_query(query, planner_input));
  PlanPtr plan(std::move(planned));
  uint64_t random_state = session.next_random();
  exec::ExecInput input;
  input.statement = plan;
  input.store = session.open->store.get();
  input.view = transaction.pin_view();
  input.parameters = context.parameters;
  input.now_nanos = session.database().environment().clock->wall_nanos();
  input.random_state = &random_state;
  input.cancelled = &session.cancel->cancelled;
  input.environment = &session.database().environment();
  input.options = &session.database().exec_options();
  ORRERY_TRY_ASSIGN(std::unique_ptr<exec::Execution> execution,
                    exec::Execution::start(std::move(input)));
  QueryResult result;
  result.columns = plan->columns;
  result.seen.assign(plan->columns.size(), types::TypeId::kNull);
  for (;;) {
    const types::Chunk* chunk = nullptr;
    ORRERY_TRY_ASSIGN(bool more, execution->next(&chunk));
    if (!more) return result;
    result.chunks.append(*chunk);
    for (size_t c = 0; c < result.seen.size(); ++c) {
      if (result.columns[c].type != types::TypeId::kAny) continue;
      for (uint32_t r = 0; r < chunk->row_count && result.seen[c] == types::TypeId::kNull; ++r) {
        result.seen[c] = chunk->columns[c].datum(r).type();
      }
    }
  }
}

Result<storage::TableDef> define_table(const std::string& name, const QueryResult& result) {
  storage::TableDef table;
  table.name = name;
  for (size_t c = 0; c < result.columns.size(); ++c) {
    storage::ColumnDef column;
    column.name = result.columns[c].name;
    if (table.find_column(column.name) >= 0) return duplicate_column();
    types::TypeId type = result.columns[c].type;
    if (type == types::TypeId::kAny) type = result.seen[c];
    if (type == types::TypeId::kNull) type = types::TypeId::kText;
    std::optional<types::AlgebraicType> form = types::algebraic_form_of(type);
    if (!form) return not_supported_yet("CREATE TABLE AS with an algebraic column");
    column.type = types::AlgebraicType::option(*std::move(form));
    table.columns.push_back(std::move(column));
  }
  return table;
}

Result<uint64_t> insert_rows(const StatementContext& context, storage::Transaction& transaction,
                             storage::Table& table, ChunkBuffer* chunks) {
  const storage::TableDef& def = table.def();
  const int64_t now = context.session.database().environment().clock->wall_nanos();
  std::vector<types::Datum> row(def.columns.size());
  uint64_t count = 0;
  Arena arena;
  while (const types::Chunk* chunk = chunks->next()) {
    arena.reset();
    for (uint32_t r = 0; r < chunk->row_count; ++r) {
      for (size_t c = 0; c < row.size(); ++c) {
        types::Datum value = chunk->columns[c].datum(r);
        if (!value.is_null() && value.type() != def.columns[c].sql_type()) {
          ORRERY_TRY_ASSIGN(value, types::coerce_for_column(value, def.columns[c].sql_type(), 0,
                                                            def.columns[c].name, now, arena));
        }
        row[c] = value;
      }
      ORRERY_TRY_ASSIGN([[maybe_unused]] storage::RowId id, transaction.insert(table, row));
      ++count;
    }
  }
  return count;
}

}  // namespace

Result<Rows> run_create_table_as(const StatementContext& context,
                                 const sql::CreateTableStatement& statement) {
  const std::string& name = statement.table.text;
  if (statement.if_not_exists && context.session.catalog()->find_table(name) != nullptr) {
    return Rows();
  }
  ORRERY_TRY(require_free_table_name(*context.session.catalog(), name));
  uint64_t count = 0;
  ORRERY_TRY(in_write_statement(
      context.session.target(), [&](storage::Transaction& transaction) -> Status {
        ORRERY_TRY_ASSIGN(QueryResult result,
                          run_whole_query(context, transaction, *statement.query));
        ORRERY_TRY_ASSIGN(storage::TableDef def, define_table(name, result));
        ORRERY_TRY_ASSIGN([[maybe_unused]] storage::TableId id,
                          transaction.create_table(std::move(def)));
        ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> table,
                          require_table(*transaction.catalog(), name));
        ORRERY_TRY_ASSIGN(count, insert_rows(context, transaction, *table, &result.chunks));
        return {};
      }));
  return Rows(count);
}

}  // namespace orrery::engine
