#include "host/procedure_run.h"

#include <utility>

#include "host/database_impl.h"
#include "host/outgoing_http.h"
#include "host/schedule_row.h"
#include "host/system_tables.h"

namespace orrery::host {

const types::Identity& DatabaseGuestHost::identity() const { return database_.identity(); }

ModuleLog& DatabaseGuestHost::log() { return database_.log(); }

Result<std::optional<std::string>> DatabaseGuestHost::jwt_payload(
    storage::Transaction& transaction, const types::ConnectionId& connection) {
  return client_credentials(transaction, connection);
}

Result<std::optional<std::string>> DatabaseGuestHost::environment_value(std::string_view key) {
  return database_.published().value(key);
}

/// Arming waits for the commit; here only what can never be armed is refused.
Status DatabaseGuestHost::check_schedule(const BoundTable& table, std::string_view row) {
  ORRERY_TRY_ASSIGN(ScheduleRow schedule, read_schedule_row(*table.def, row));
  const int64_t now = database_.now_micros();
  int64_t delay = schedule.micros;
  if (!schedule.is_interval && __builtin_sub_overflow(schedule.micros, now, &delay)) {
    delay = schedule.micros < now ? 0 : INT64_MAX;
  }
  if (delay < kScheduleDelayMicrosMax) return {};
  return Error(ErrorCode::kLimit, "a schedule may not be more than 2.17 years away");
}

Status DatabaseGuestHost::schedule_immediate(std::string function, std::string arguments) {
  return database_.schedule_immediately(std::move(function), std::move(arguments));
}

// --- procedures ---

ProcedureRun::ProcedureRun(DatabaseImpl& database, std::shared_ptr<const Generation> generation,
                           std::shared_ptr<LaneHold> hold, std::string_view name)
    : database_(database), generation_(std::move(generation)), hold_(std::move(hold)) {
  call_.function = name;
}

ProcedureRun::~ProcedureRun() {
  if (transaction_ != nullptr) {
    LogRecord record;
    record.level = LogLevel::kError;
    record.message = "the function ended with an open transaction, which was rolled back";
    record.function = call_.function;
    database_.log().write(record);
    transaction_->rollback();
    end_transaction();
  }
  hold_->release();
}

void ProcedureRun::end_transaction() {
  transaction_ = nullptr;
  call_.transaction = nullptr;
  call_.tables = nullptr;
  hold_->unkeep();
}

Result<int64_t> ProcedureRun::start_transaction() {
  if (transaction_ != nullptr) {
    return Error(ErrorCode::kTxnClosed, "a transaction of this procedure is open already");
  }
  if (database_.procedures().stopping()) {
    return Error(ErrorCode::kCancelled, "the database is shutting down");
  }
  ORRERY_TRY(hold_->keep());
  // The lane stands still, so nothing changes between this look and the end of the transaction.
  if (database_.generation() != generation_) {
    hold_->release();
    return Error(ErrorCode::kCancelled, "the module was replaced while a procedure of it ran");
  }
  timestamp_micros_ = database_.now_micros();
  transaction_ = database_.begin();
  call_.transaction = transaction_.get();
  call_.tables = &generation_->tables();
  return timestamp_micros_;
}

Status ProcedureRun::commit_transaction() {
  if (transaction_ == nullptr) {
    return Error(ErrorCode::kTxnClosed, "no transaction of this procedure is open");
  }
  CommitContext context;
  context.sender = database_.identity();
  context.timestamp_micros = timestamp_micros_;
  Status done;
  hold_->call([&] {
    Result<storage::CommitSeq> seq = database_.finish(std::move(transaction_), context);
    if (!seq) done = std::move(seq).error();
  });
  end_transaction();
  return done;
}

Status ProcedureRun::abort_transaction() {
  if (transaction_ == nullptr) {
    return Error(ErrorCode::kTxnClosed, "no transaction of this procedure is open");
  }
  transaction_->rollback();
  end_transaction();
  return {};
}

Result<int64_t> ProcedureRun::sleep_until(int64_t micros) {
  // With a transaction open the whole database would sleep; the guest gets the time at once.
  if (transaction_ == nullptr) {
    hold_->release();
    database_.procedures().sleep_until_micros(micros);
  }
  if (database_.procedures().stopping()) {
    return Error(ErrorCode::kCancelled, "the database is shutting down");
  }
  return database_.now_micros();
}

Result<HttpAnswer> ProcedureRun::http_request(std::string_view request, std::string_view body) {
  if (transaction_ != nullptr) {
    return Error(ErrorCode::kTxnClosed, "no HTTP requests while a transaction is open");
  }
  ORRERY_TRY_ASSIGN(OutgoingRequest outgoing, read_request(request, body));
  hold_->release();
  HttpAnswer answer;
  Result<HttpReply> reply = send_request(database_.options(), std::move(outgoing));
  answer.ok = reply.has_value();
  if (!reply) {
    answer.response = reply.error().message();
  } else {
    answer.response = std::move(reply->response);
    answer.body = std::move(reply->body);
  }
  return answer;
}

}  // namespace orrery::host
