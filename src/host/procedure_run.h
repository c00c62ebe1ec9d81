// DatabaseGuestHost: what every instance of a database's module asks of it. ProcedureRun: what one call
// of a procedure or HTTP handler asks besides, which has transactions of its own.
//
// DatabaseGuestHost is thread-safe; a ProcedureRun belongs to the thread of its call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/generation.h"
#include "host/lane_hold.h"
#include "host/module_instance.h"
#include "storage/transaction.h"

namespace orrery::host {

class DatabaseImpl;

class DatabaseGuestHost final : public GuestHost {
 public:
  explicit DatabaseGuestHost(DatabaseImpl& database) : database_(database) {}

  const types::Identity& identity() const override;
  ModuleLog& log() override;
  Result<std::optional<std::string>> jwt_payload(storage::Transaction& transaction,
                                                 const types::ConnectionId& connection) override;
  Result<std::optional<std::string>> environment_value(std::string_view key) override;
  Status check_schedule(const BoundTable& table, std::string_view row) override;
  Status schedule_immediate(std::string function, std::string arguments) override;

 private:
  DatabaseImpl& database_;
};

class ProcedureRun final : public ProcedureHost {
 public:
  ProcedureRun(DatabaseImpl& database, std::shared_ptr<const Generation> generation,
               std::shared_ptr<LaneHold> hold, std::string_view name);
  /// Rolls back what is open and gives the lane back.
  ~ProcedureRun() override;

  GuestCall& call() override { return call_; }
  Result<int64_t> start_transaction() override;
  Status commit_transaction() override;
  Status abort_transaction() override;
  Result<int64_t> sleep_until(int64_t micros) override;
  Result<HttpAnswer> http_request(std::string_view request, std::string_view body) override;

 private:
  void end_transaction();

  DatabaseImpl& database_;
  const std::shared_ptr<const Generation> generation_;
  const std::shared_ptr<LaneHold> hold_;
  GuestCall call_;
  std::unique_ptr<storage::Transaction> transaction_;
  int64_t timestamp_micros_ = 0;
};

}  // namespace orrery::host
