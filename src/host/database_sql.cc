// SQL for clients: reads on a thread of their own as of one moment, writes on the lane.
#include <algorithm>
#include <utility>

#include "host/database_impl.h"
#include "host/sql_literal.h"
#include "host/sql_rewrite.h"
#include "host/sql_run.h"
#include "host/system_tables.h"

namespace orrery::host {
namespace {

constexpr std::string_view kRowLimitName = "row_limit";

Error stopping() { return Error(ErrorCode::kCancelled, "the database is shutting down"); }

bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (tolower(static_cast<unsigned char>(a[i])) != b[i]) return false;
  }
  return true;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t begin = text.find_first_not_of(" \t\r\n;=", at);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(text.find_first_of(" \t\r\n;=", begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    at = end;
  }
  return out;
}

}  // namespace

/// SET row_limit = n and SHOW row_limit; nothing where the text is neither.
std::optional<Result<SqlReport>> DatabaseImpl::run_variable(const Caller& caller,
                                                            std::string_view sql) {
  const std::vector<std::string_view> words = words_of(sql);
  const bool is_set = words.size() >= 2 && same_word(words[0], "set");
  const bool is_show = words.size() == 2 && same_word(words[0], "show");
  if (!is_set && !is_show) return std::nullopt;
  auto answer = [&]() -> Result<SqlReport> {
    if (!is_owner(caller.identity)) {
      return Error(ErrorCode::kReadOnly, "Caller " + caller.identity.to_hex() +
                                             " is not authorized to run SQL DML statements");
    }
    if (words[1] != kRowLimitName) {
      return Error(ErrorCode::kBind, "Invalid system variable " + std::string(words[1]));
    }
    SqlReport report;
    std::unique_ptr<storage::Transaction> transaction = begin();
    if (is_show) {
      ORRERY_TRY_ASSIGN(std::optional<uint64_t> limit, row_limit(*transaction));
      transaction->rollback();
      report.schema = types::AlgebraicType::product(
          {{kRowLimitName, types::AlgebraicType::u64()}});
      report.seq = store_->last_commit();
      if (!limit) return report;
      report.row_count = 1;
      report.rows.assign(reinterpret_cast<const char*>(&*limit), sizeof(*limit));
      return report;
    }
    std::optional<types::U256> limit;
    if (words.size() == 3) limit = types::parse_decimal_u256(words[2]);
    if (!limit || limit->limbs[1] != 0 || limit->high128() != 0) {
      return Error(ErrorCode::kTypeMismatch, "row_limit takes a whole number");
    }
    transaction->begin_statement();
    ORRERY_TRY(set_row_limit(*transaction, limit->limbs[0]));
    ORRERY_TRY(transaction->end_statement());
    CommitContext context;
    context.sender = caller.identity;
    context.timestamp_micros = now_micros();
    ORRERY_TRY_ASSIGN(report.seq, finish(std::move(transaction), context));
    return report;
  };
  return answer();
}

Result<SqlReport> DatabaseImpl::write_sql(const Caller& caller, const sql::Statement& statement,
                                          std::span<const types::Datum> parameters) {
  SqlReport report;
  std::unique_ptr<storage::Transaction> transaction = begin();
  transaction->begin_statement();
  Status written = run_write(*engine_, statement, *transaction, parameters,
                             now_nanos() + options_.sql_owner_nanos_max, &report);
  if (written) written = transaction->end_statement();
  if (!written) {
    transaction->rollback();
    return std::move(written).error();
  }
  CommitContext context;
  context.sender = caller.identity;
  context.timestamp_micros = now_micros();
  ORRERY_TRY_ASSIGN(report.seq, finish(std::move(transaction), context));
  return report;
}

/// What a read needs that outlives its moment on the lane.
struct DatabaseImpl::PreparedRead {
  std::string text;
  sql::StatementPtr statement;
  std::vector<SqlColumn> known;
  std::unique_ptr<SqlRewriter> rewriter;  ///< owns the parameters' values
  std::unique_ptr<SqlInput> input;
  std::shared_ptr<const Generation> generation;
  std::shared_ptr<const storage::Catalog> catalog;
  SqlSource source;
  SelectLimits limits;
  int64_t started = 0;
  storage::CommitSeq seq = 0;
};

Result<std::shared_ptr<DatabaseImpl::PreparedRead>> DatabaseImpl::rewrite_sql(
    const Caller& caller, std::string_view sql) {
  auto read = std::make_shared<PreparedRead>();
  read->started = now_nanos();
  read->text = with_hex_as_text(sql);
  ORRERY_TRY_ASSIGN(read->statement, parse_statement(read->text));
  read->generation = generation();
  read->catalog = store_->catalog();
  const SqlRights rights = is_owner(caller.identity) ? SqlRights::kOwner : SqlRights::kClient;
  read->input.reset(new SqlInput{read->generation->tables(), *read->catalog, rights,
                                 caller.identity});
  read->rewriter = std::make_unique<SqlRewriter>(*read->input);
  ORRERY_TRY(read->rewriter->rewrite(*read->statement));
  for (const schema::ViewDef* view : read->rewriter->views()) {
    ORRERY_TRY_ASSIGN([[maybe_unused]] ViewInstances::Instance * instance,
                      fill_view(*view, caller.identity));
  }
  return read;
}

Status DatabaseImpl::pin_read(PreparedRead& read) {
  if (read.input->rights == SqlRights::kClient) {
    std::unique_ptr<storage::Transaction> transaction = begin();
    ORRERY_TRY_ASSIGN(read.limits.expected_rows_max, row_limit(*transaction));
    transaction->rollback();
  }
  read.source.view = store_->read_view(&read.source.catalog);
  read.seq = store_->last_commit();
  return {};
}

Result<std::shared_ptr<DatabaseImpl::PreparedRead>> DatabaseImpl::prepare_sql(
    const Caller& caller, std::string_view sql, std::optional<Result<SqlReport>>* answer) {
  *answer = run_variable(caller, sql);
  if (answer->has_value()) return std::shared_ptr<PreparedRead>();
  ORRERY_TRY_ASSIGN(std::shared_ptr<PreparedRead> read, rewrite_sql(caller, sql));
  if (read->statement->kind != sql::StatementKind::kSelect &&
      read->statement->kind != sql::StatementKind::kExplain) {
    Result<SqlReport> report =
        write_sql(caller, *read->statement, read->rewriter->parameters());
    if (report) report->execution_micros = (now_nanos() - read->started) / 1000;
    answer->emplace(std::move(report));
    return read;
  }
  ORRERY_TRY(pin_read(*read));
  return read;
}

Result<SqlReport> DatabaseImpl::run_prepared(PreparedRead& read) {
  SqlReport report;
  const std::vector<types::Datum> parameters = read.rewriter->parameters();
  const bool by_owner = read.input->rights == SqlRights::kOwner;
  read.limits.bytes_max = options_.sql_rows_bytes_max;
  read.limits.deadline_nanos =
      now_nanos() + (by_owner ? options_.sql_owner_nanos_max : options_.sql_nanos_max);
  if (read.statement->kind == sql::StatementKind::kExplain) {
    ORRERY_TRY(run_explain(*engine_, sql::as<sql::ExplainStatement>(*read.statement),
                           std::move(read.source), parameters, read.limits, &stopping_, &report));
  } else {
    ORRERY_TRY_ASSIGN(ReadRows rows,
                      read_rows(*engine_, *read.statement, std::move(read.source), parameters,
                                read.rewriter->output(), read.limits, &stopping_));
    report.schema = std::move(rows.schema);
    report.rows = std::move(rows.rows);
    report.row_count = rows.ends.size();
  }
  report.seq = read.seq;
  report.execution_micros = (now_nanos() - read.started) / 1000;
  return report;
}

void DatabaseImpl::run_sql(const Caller& caller, std::string sql, SqlDone done) {
  // A task that is destroyed without having run still answers.
  auto tell = std::shared_ptr<SqlDone>(new SqlDone(std::move(done)), [](SqlDone* left) {
    if (*left != nullptr) (*left)(stopping());
    delete left;
  });
  auto finish_with = [](const std::shared_ptr<SqlDone>& to, Result<SqlReport> report) {
    SqlDone call = std::exchange(*to, nullptr);
    call(std::move(report));
  };
  lane_.post([this, caller, sql = std::move(sql), tell = std::move(tell), finish_with] {
    if (current_ == nullptr) return;
    std::optional<Result<SqlReport>> answer;
    Result<std::shared_ptr<PreparedRead>> read = prepare_sql(caller, sql, &answer);
    if (!read) return finish_with(tell, std::move(read).error());
    if (answer) return finish_with(tell, std::move(*answer));
    std::unique_ptr<Lane>& readers = readers_[is_owner(caller.identity) ? 0 : 1];
    if (readers == nullptr) {
      readers = std::make_unique<Lane>(*environment().clock, options_.lane_tasks_max);
    }
    readers->post([this, read = std::move(*read), tell, finish_with] {
      // Answers come on the lane, as all do.
      auto shared = std::make_shared<Result<SqlReport>>(run_prepared(*read));
      lane_.post([shared, tell, finish_with] { finish_with(tell, std::move(*shared)); });
    });
  });
}

class DatabaseImpl::PreparedSelect final : public SelectRun {
 public:
  PreparedSelect(std::shared_ptr<engine::Database> engine, std::shared_ptr<PreparedRead> read)
      : engine_(std::move(engine)),
        read_(std::move(read)),
        inputs_(read_->rewriter->inputs()),
        order_(sql::as<sql::SelectStatement>(*read_->statement).query->order_by.empty()
                   ? Order::kAny
                   : Order::kAsWritten) {
    std::sort(inputs_.begin(), inputs_.end());
    inputs_.erase(std::unique(inputs_.begin(), inputs_.end()), inputs_.end());
  }

  const std::vector<storage::TableId>& inputs() const override { return inputs_; }
  Order order() const override { return order_; }

  Result<SelectRows> run(const SelectLimits& limits, const std::atomic<bool>* cancelled) override {
    const std::vector<types::Datum> parameters = read_->rewriter->parameters();
    SelectLimits both = limits;
    if (!both.expected_rows_max) both.expected_rows_max = read_->limits.expected_rows_max;
    ORRERY_TRY_ASSIGN(ReadRows read,
                      read_rows(*engine_, *read_->statement, std::move(read_->source), parameters,
                                read_->rewriter->output(), both, cancelled));
    SelectRows out;
    out.schema = std::move(read.schema);
    out.rows.reserve(read.ends.size());
    size_t begin = 0;
    for (size_t end : read.ends) {
      out.rows.push_back(read.rows.substr(begin, end - begin));
      begin = end;
    }
    return out;
  }

 private:
  const std::shared_ptr<engine::Database> engine_;
  const std::shared_ptr<PreparedRead> read_;
  std::vector<storage::TableId> inputs_;
  const Order order_;
};

Result<std::unique_ptr<SelectRun>> DatabaseImpl::begin_select(const Caller& caller,
                                                              std::string_view sql) {
  ORRERY_ASSERT(lane_.on_lane());
  if (current_ == nullptr) return stopping();
  ORRERY_TRY_ASSIGN(std::shared_ptr<PreparedRead> read, rewrite_sql(caller, sql));
  if (read->statement->kind != sql::StatementKind::kSelect) {
    return Error(ErrorCode::kNotSupported, "only a SELECT can be a live query");
  }
  ORRERY_TRY(pin_read(*read));
  return std::unique_ptr<SelectRun>(std::make_unique<PreparedSelect>(engine_, std::move(read)));
}

}  // namespace orrery::host
