// ApiTransaction: a transaction held by a handle of its own (stoolap_begin and its kin). Runs
// SELECT, INSERT, UPDATE and DELETE only. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "engine/parameters.h"
#include "engine/rows.h"
#include "engine/run.h"
#include "engine/transaction_scope.h"

namespace orrery::engine {

class Session;
class Statement;

class ApiTransaction {
 public:
  ~ApiTransaction();
  ApiTransaction(const ApiTransaction&) = delete;
  ApiTransaction& operator=(const ApiTransaction&) = delete;

  Result<uint64_t> execute(std::string_view sql, const Parameters& parameters = {});
  Result<Rows> query(std::string_view sql, const Parameters& parameters = {});
  Result<uint64_t> execute(Statement& statement, const Parameters& parameters = {});
  Result<Rows> query(Statement& statement, const Parameters& parameters = {});

  Status savepoint(std::string_view name);
  Status rollback_to(std::string_view name);
  Status release(std::string_view name);

  /// Ends the transaction either way.
  Status commit();
  Status rollback();
  uint64_t id() const;
  size_t table_count() const;

 private:
  friend class Session;
  ApiTransaction(std::shared_ptr<Session> session, std::shared_ptr<const OpenStore> open,
                 std::shared_ptr<CancelToken> cancel, storage::Isolation isolation,
                 uint64_t random_seed);
  /// A text, and the session whose mutex guards its plans.
  struct OwnedText {
    Session& owner;
    StatementText& text;
  };
  Result<uint64_t> execute_text(OwnedText text, const Parameters& parameters);
  Result<Rows> query_text(OwnedText text, const Parameters& parameters);
  Result<std::shared_ptr<StatementText>> cached(std::string_view sql);
  Status check_open() const;

  std::shared_ptr<Session> session_;  ///< whose cache it uses
  std::shared_ptr<const OpenStore> open_;
  std::shared_ptr<CancelToken> cancel_;
  std::shared_ptr<TransactionScope> scope_;
  storage::Isolation isolation_;
  uint64_t random_state_;
};

}  // namespace orrery::engine
