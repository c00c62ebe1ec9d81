#include "host/sql_run.h"

#include <utility>

#include "exec/execution.h"
#include "base/bytes.h"
#include "plan/explain.h"
#include "plan/planner.h"
#include "sql/parser.h"
#include "storage/row_layout.h"
#include "types/cast.h"

namespace orrery::host {
namespace {

using types::AlgebraicType;
using types::TypeId;

using PlanPtr = std::shared_ptr<const plan::PlannedStatement>;

Result<PlanPtr> make_plan(const sql::Statement& statement,
                          const std::shared_ptr<const storage::Catalog>& catalog,
                          std::span<const types::Datum> parameters) {
  std::vector<TypeId> types;
  for (const types::Datum& value : parameters) types.push_back(value.type());
  plan::PlannerInput input;
  input.catalog = catalog;
  input.parameters = types;
  ORRERY_TRY_ASSIGN(std::unique_ptr<plan::PlannedStatement> planned,
                    plan::plan_statement(statement, input));
  return PlanPtr(std::move(planned));
}

exec::ExecInput make_input(engine::Database& engine, storage::Store& store, const PlanPtr& plan,
                           std::span<const types::Datum> parameters, uint64_t* random_state) {
  exec::ExecInput input;
  input.statement = plan;
  input.store = &store;
  input.parameters = parameters;
  input.now_nanos = engine.environment().clock->wall_nanos();
  input.random_state = random_state;
  input.environment = &engine.environment();
  input.options = &engine.exec_options();
  return input;
}

/// How the cells of one column of a result become BSATN.
struct OutColumn {
  AlgebraicType shown;   ///< in the report's schema
  AlgebraicType stored;  ///< as a row layout takes it
  bool as_text = false;  ///< cells of any type, printed
};

/// SQL's own type where nothing better is known.
AlgebraicType form_of(TypeId type) {
  if (type == TypeId::kAlgebraic) return AlgebraicType::bytes();
  return types::algebraic_form_of(type).value_or(AlgebraicType::string());
}

OutColumn out_column(const plan::OutputColumn& column, const SqlColumn* known) {
  OutColumn out;
  std::optional<AlgebraicType> type = column.column_type;
  if (!type && known != nullptr) type = known->type;
  // What is known by name only must fit what the plan says.
  if (type && types::without_option(*type).sql_type() != column.type) {
    const bool is_count = type->is(types::TypeKind::kU64) && column.type == TypeId::kInteger;
    if (is_count) {
      out.shown = *type;
      out.stored = AlgebraicType::i64();
      return out;
    }
    type.reset();
  }
  out.as_text = column.type == TypeId::kAny || column.type == TypeId::kNull;
  out.shown = type ? *type : form_of(column.type);
  if (column.nullable && !types::is_nullable(out.shown)) {
    out.shown = AlgebraicType::option(out.shown);
  }
  out.stored = out.shown;
  return out;
}

storage::ColumnDef layout_column(std::string_view name, const AlgebraicType& type) {
  storage::ColumnDef out;
  out.name = name;
  out.type = type;
  return out;
}

/// Appends rows of chunks as BSATN.
class RowEncoder {
 public:
  RowEncoder(const std::vector<plan::OutputColumn>& header, const std::vector<SqlColumn>& known) {
    std::vector<types::TypeElement> shown;
    std::vector<storage::ColumnDef> stored;
    for (size_t i = 0; i < header.size(); ++i) {
      const SqlColumn* hint = known.size() == header.size() ? &known[i] : nullptr;
      columns_.push_back(out_column(header[i], hint));
      shown.emplace_back(header[i].name, columns_.back().shown);
      stored.push_back(layout_column(header[i].name, columns_.back().stored));
    }
    schema_ = AlgebraicType::product(std::move(shown));
    layout_ = std::make_unique<storage::RowLayout>(stored);
    image_.resize((layout_->image_bytes() + 7) / 8);
  }

  const AlgebraicType& schema() const { return schema_; }

  Status append(const types::Chunk& chunk, uint32_t row, std::string* out) {
    auto* image = reinterpret_cast<uint8_t*>(image_.data());
    std::fill(image_.begin(), image_.end(), 0);
    kept_.clear();
    for (uint32_t i = 0; i < columns_.size(); ++i) {
      types::Datum cell = chunk.columns[i].datum(row);
      if (columns_[i].as_text && !cell.is_null()) {
        std::string text;
        types::append_text(cell, &text);
        kept_.push_back(std::make_unique<std::string>(std::move(text)));
        cell = types::Datum::text(*kept_.back());
      }
      ORRERY_TRY(layout_->set_cell(image, i, cell));
    }
    layout_->append_bsatn(image, out);
    return {};
  }

 private:
  std::vector<OutColumn> columns_;
  AlgebraicType schema_;
  std::unique_ptr<storage::RowLayout> layout_;
  std::vector<uint64_t> image_;
  std::vector<std::unique_ptr<std::string>> kept_;
};

}  // namespace

Result<sql::StatementPtr> parse_statement(std::string_view text) {
  sql::ParseOptions options;
  options.unknown_statement = sql::UnknownStatement::kError;
  ORRERY_TRY_ASSIGN(std::vector<sql::StatementPtr> statements, sql::parse_script(text, options));
  if (statements.empty()) return Error(ErrorCode::kParse, "Empty query");
  if (statements.size() > 1) {
    return Error(ErrorCode::kParse, "Multiple statements in a single query are not supported");
  }
  return std::move(statements[0]);
}

Result<ReadRows> read_rows(engine::Database& engine, const sql::Statement& statement,
                           SqlSource source, std::span<const types::Datum> parameters,
                           const std::vector<SqlColumn>& known, const SelectLimits& limits,
                           const std::atomic<bool>* cancelled) {
  const std::shared_ptr<storage::Store> store = engine.store();
  ORRERY_TRY_ASSIGN(PlanPtr plan, make_plan(statement, source.catalog, parameters));
  if (limits.expected_rows_max && plan->root != nullptr &&
      plan->root->estimated_rows > double(*limits.expected_rows_max)) {
    return Error(ErrorCode::kLimit,
                 "Estimated cardinality (" +
                     std::to_string(static_cast<uint64_t>(plan->root->estimated_rows)) +
                     " rows) exceeds limit (" + std::to_string(*limits.expected_rows_max) +
                     " rows)");
  }
  uint64_t random_state = engine.environment().random->next_u64();
  exec::ExecInput input = make_input(engine, *store, plan, parameters, &random_state);
  input.view = std::move(source.view);
  input.transaction_id = source.transaction;
  input.cancelled = cancelled;
  input.deadline_nanos = limits.deadline_nanos;
  RowEncoder encoder(plan->columns, known);
  ReadRows out;
  out.schema = encoder.schema();
  ORRERY_TRY_ASSIGN(std::unique_ptr<exec::Execution> execution,
                    exec::Execution::start(std::move(input)));
  for (;;) {
    const types::Chunk* chunk = nullptr;
    ORRERY_TRY_ASSIGN(bool more, execution->next(&chunk));
    if (!more) return out;
    for (uint32_t row = 0; row < chunk->row_count; ++row) {
      if (out.ends.size() >= limits.rows_max) {
        return Error(ErrorCode::kLimit,
                     "more than " + std::to_string(limits.rows_max) + " rows; add LIMIT");
      }
      ORRERY_TRY(encoder.append(*chunk, row, &out.rows));
      if (out.rows.size() > limits.bytes_max) {
        return Error(ErrorCode::kLimit,
                     "more than " + std::to_string(limits.bytes_max) + " bytes of rows");
      }
      out.ends.push_back(out.rows.size());
    }
  }
}

Status run_explain(engine::Database& engine, const sql::ExplainStatement& statement,
                   SqlSource source, std::span<const types::Datum> parameters,
                   const SelectLimits& limits, const std::atomic<bool>* cancelled,
                   SqlReport* report) {
  const sql::Statement& inner = *statement.statement;
  const std::shared_ptr<storage::Store> store = engine.store();
  ORRERY_TRY_ASSIGN(PlanPtr plan, make_plan(inner, source.catalog, parameters));
  std::vector<std::string> lines;
  if (!statement.analyze) {
    lines = plan::explain(*plan, {}, 0);
  } else if (plan->writes) {
    return Error(ErrorCode::kNotSupported, "EXPLAIN ANALYZE is for SELECT only");
  } else {
    env::Clock& clock = *engine.environment().clock;
    const int64_t started = clock.monotonic_nanos();
    uint64_t random_state = engine.environment().random->next_u64();
    exec::ExecInput input = make_input(engine, *store, plan, parameters, &random_state);
    input.view = std::move(source.view);
    input.cancelled = cancelled;
    input.deadline_nanos = limits.deadline_nanos;
    input.collect_counters = true;
    ORRERY_TRY_ASSIGN(std::unique_ptr<exec::Execution> execution,
                      exec::Execution::start(std::move(input)));
    for (bool more = true; more;) {
      const types::Chunk* chunk = nullptr;
      ORRERY_TRY_ASSIGN(more, execution->next(&chunk));
    }
    const int64_t nanos = clock.monotonic_nanos() - started;
    lines = plan::explain(*plan, execution->counters(), static_cast<uint64_t>(nanos));
  }
  report->schema = AlgebraicType::product({{"plan", AlgebraicType::string()}});
  report->row_count = lines.size();
  ByteWriter rows;
  for (const std::string& line : lines) rows.write_prefixed(line);
  report->rows = std::move(rows.buffer());
  return {};
}

Status run_write(engine::Database& engine, const sql::Statement& statement,
                 storage::Transaction& transaction, std::span<const types::Datum> parameters,
                 int64_t deadline_nanos, SqlReport* report) {
  const std::shared_ptr<storage::Store> store = engine.store();
  ORRERY_TRY_ASSIGN(PlanPtr plan, make_plan(statement, transaction.catalog(), parameters));
  uint64_t random_state = engine.environment().random->next_u64();
  exec::ExecInput input = make_input(engine, *store, plan, parameters, &random_state);
  input.transaction = &transaction;
  input.deadline_nanos = deadline_nanos;
  input.transaction_id = transaction.id();
  ORRERY_TRY_ASSIGN(std::unique_ptr<exec::Execution> execution,
                    exec::Execution::start(std::move(input)));
  switch (statement.kind) {
    case sql::StatementKind::kInsert:
      report->rows_inserted = execution->rows_affected();
      break;
    case sql::StatementKind::kUpdate:
      report->rows_updated = execution->rows_affected();
      break;
    default:
      report->rows_deleted = execution->rows_affected();
      break;
  }
  return {};
}

}  // namespace orrery::host
