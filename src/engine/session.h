// Session: what one handle runs its SQL with: its open transaction, its settings, its plan cache.
// Statement: SQL text prepared on a session.
//
// Handles opened under the same DSN text share a session, so one's BEGIN is the other's too; a
// clone has its own. Errors: all codes; positions in the SQL text where they apply. Thread-safety:
// a session and its statements may be used from several threads, one call at a time goes on;
// cancel() may be called beside a running call.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sync.h"
#include "engine/api_transaction.h"
#include "engine/parameters.h"
#include "engine/rows.h"
#include "engine/session_state.h"

namespace orrery::engine {

class Session;

class Statement {
 public:
  const std::string& sql() const { return text_->sql(); }
  uint32_t parameter_count() const { return text_->parameter_count(); }
  const std::shared_ptr<Session>& session() const { return session_; }

 private:
  friend class Session;
  friend class ApiTransaction;
  Statement(std::shared_ptr<Session> session, std::shared_ptr<StatementText> text)
      : session_(std::move(session)), text_(std::move(text)) {}
  std::shared_ptr<Session> session_;
  std::shared_ptr<StatementText> text_;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  /// A session of its own on an open database.
  explicit Session(std::shared_ptr<Database> database);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::shared_ptr<Session> clone() const;
  const std::shared_ptr<Database>& database() const { return state_.open->database; }

  /// A session counts the handles on it; with the last one goes its open transaction.
  void add_handle() { handles_.fetch_add(1, std::memory_order_relaxed); }
  void drop_handle();

  /// Runs every statement of the text; the affected rows of the last one.
  Result<uint64_t> execute(std::string_view sql, const Parameters& parameters = {});
  /// Runs every statement of the text; the rows of the last one.
  Result<Rows> query(std::string_view sql, const Parameters& parameters = {});

  /// Checks the syntax; names are looked up when it runs.
  Result<std::shared_ptr<Statement>> prepare(std::string_view sql);
  /// Too few positional values are kInvalidArgument.
  Result<uint64_t> execute(Statement& statement, const Parameters& parameters = {});
  Result<Rows> query(Statement& statement, const Parameters& parameters = {});

  /// A transaction beside the session's own; without a level, at the session's.
  Result<std::unique_ptr<ApiTransaction>> begin(std::optional<storage::Isolation> isolation = {});
  bool in_transaction() const;
  /// User tables, those of the open transaction included.
  size_t table_count() const;

  /// Stops the statement that runs now, and the reading of rows, with kCancelled.
  void cancel() { state_.cancel->cancelled.store(true, std::memory_order_relaxed); }

 private:
  friend class ApiTransaction;
  Result<uint64_t> execute_text(StatementText& text, const Parameters& parameters);
  Result<Rows> query_text(StatementText& text, const Parameters& parameters);

  mutable Mutex mutex_;
  SessionState state_;
  std::atomic<uint32_t> handles_{0};
};

}  // namespace orrery::engine
