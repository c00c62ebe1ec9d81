// TransactionState: a transaction inside its loop: what it read and wrote, its version, its commit,
// its retries.
//
// The public face is transaction.h. Operations run as tasks that refer to the state; whoever
// destroys it ends them first (end_operations). Errors are FoundationDB's codes; a write that is
// refused is told by the next read or the commit. Inside one loop only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/client/database_state.h"
#include "fdb/client/read_versions.h"
#include "fdb/client/reads.h"
#include "fdb/client/tenants.h"
#include "fdb/client/transaction.h"
#include "fdb/client/watch.h"
#include "fdb/runtime/future.h"
#include "fdb/ryw/transaction_data.h"
#include "fdb/transaction_options.h"
#include "fdb/wire/messages/commit.h"

namespace orrery::fdb {

class TransactionState {
 public:
  /// `tenant`: the name of the tenant whose keys it works with.
  TransactionState(DatabaseState& database, ClientLoop& loop,
                   std::optional<std::string> tenant = std::nullopt);
  ~TransactionState();
  TransactionState(const TransactionState&) = delete;
  TransactionState& operator=(const TransactionState&) = delete;

  Client& client() const { return loop_.client(); }
  Loop& loop() const { return loop_.loop(); }
  List<OperationBase::Membership>& operations() { return operations_; }
  /// Of on_error, which goes on while it ends the others.
  List<OperationBase::Membership>& recoveries() { return recoveries_; }
  /// Ends every operation that runs.
  void end_operations(Error why);

  // What runs as an operation. Keys refer to keep()'s memory.
  std::string_view keep(std::string_view bytes) { return kept_.copy(bytes); }
  Task<Result<int64_t>> get_read_version();
  Task<Result<std::optional<SharedBytes>>> get(std::string_view key, ryw::ReadMode mode);
  Task<Result<SharedBytes>> get_key(ryw::KeySelector selector, ryw::ReadMode mode);
  Task<Result<ryw::RangeResult>> get_range(ryw::KeySelector begin, ryw::KeySelector end,
                                           RangeOptions options);
  Task<Result<void>> commit();
  Task<Result<void>> on_error(Error why);
  Task<Result<std::array<char, 10>>> get_versionstamp();
  /// How many bytes the range has, roughly; of a sample that storage servers keep.
  Task<Result<int64_t>> get_estimated_range_size(std::string_view begin, std::string_view end);
  /// Keys that cut the range into pieces of about that many bytes; the first is its beginning, the
  /// last its end.
  Task<Result<std::vector<std::string>>> get_range_split_points(std::string_view begin,
                                                                std::string_view end,
                                                                int64_t chunk_size);
  /// The storage servers that hold the key, as "ip:port".
  Task<Result<std::vector<std::string>>> get_addresses_for_key(std::string_view key);
  /// The task outlives the transaction, unless that ends before its commit.
  Task<Result<void>> watch(std::string_view key);

  // At once.
  void set_read_version(int64_t version);
  void set(std::string_view key, std::string_view value);
  void clear(std::string_view key);
  void clear_range(ryw::KeyRange range);
  void atomic(uint32_t code, std::string_view key, std::string_view operand);
  Status add_conflict_range(ryw::KeyRange range, ConflictRangeType type);
  Status set_option(int code, std::optional<std::string_view> value);
  int64_t committed_version() const { return committed_version_; }
  int64_t approximate_size() const { return data_.approximate_size(); }
  void cancel();
  /// As if it were new.
  void reset();

 private:
  enum class Phase : uint8_t { kActive, kCommitting, kCommitted };
  class ReadInFlight;
  /// A watch that the commit will arm, and the read of its value.
  struct PendingWatch {
    std::shared_ptr<Watch> watch;
    Running<Done> read;
  };

  static void end_list(List<OperationBase::Membership>& list, Error why);
  Status not_committing();
  Status usable();
  void note_failure(const Status& status);
  TransactionSituation situation() const;
  void options_changed();
  void start_timer();
  void reset_contents();
  ryw::KeyAccess key_access() const;
  /// The read version, and the tenant's id.
  Task<Result<void>> need_version();
  Task<Result<void>> need_tenant();
  /// What a server said of the tenant may be news.
  Error note_tenant(Error why);
  Task<Done> read_for(std::shared_ptr<Watch> watch);
  void tell_watches(std::string_view begin, std::string_view end,
                    const std::optional<std::optional<std::string_view>>& value);
  void arm_watches();
  void end_watches(Error why);
  ReadParameters read_parameters();
  Result<bool> check_size_range(std::string_view begin, std::string_view end);
  uint32_t version_flags() const;
  Task<Result<std::optional<SharedBytes>>> read_own(std::string_view key, ryw::ReadMode mode);
  Task<Result<ryw::RangeResult>> get_native_range(ryw::KeySelector begin, ryw::KeySelector end,
                                                  ryw::RangeLimits limits, RangeOptions options);
  Task<Result<void>> commit_checked();
  struct CommitContents;
  Result<CommitContents> commit_contents();
  Status apply_tenant(CommitContents& contents);
  Task<Result<void>> send_commit(CommitContents& contents);
  void committed(const wire::CommitId& told);
  Task<Done> wait_for_barrier(std::string key);
  double take_backoff(double cap_seconds);
  std::string_view prefix() const {
    return tenant_ ? std::string_view(tenant_prefix_.data(), tenant_prefix_.size())
                   : std::string_view();
  }
  std::string_view with_prefix(std::string_view key);

  DatabaseState& database_;
  ClientLoop& loop_;
  Arena kept_;
  ryw::TransactionData data_;
  TransactionOptions options_;
  List<OperationBase::Membership> operations_;
  List<OperationBase::Membership> recoveries_;
  const std::optional<std::string> tenant_;
  int64_t tenant_id_ = wire::TenantInfo::kNoTenant;
  TenantPrefix tenant_prefix_{};
  Event changed_;  ///< a version, the end of a read or of the commit

  // The read version: not asked for, on its way, or there.
  std::optional<Running<Result<ReadVersion>>> asking_;
  std::optional<Result<ReadVersion>> version_;

  std::vector<std::unique_ptr<PendingWatch>> watches_;
  int reads_in_flight_ = 0;
  Phase phase_ = Phase::kActive;
  std::optional<Error> ended_;     ///< cancelled or timed out, until reset()
  std::optional<Error> deferred_;  ///< of a write that was refused
  int64_t committed_version_ = -1;
  std::optional<Result<std::array<char, 10>>> versionstamp_;

  int64_t created_at_ = 0;
  double backoff_ = 0.01;  ///< seconds
  int32_t retries_ = 0;
  struct Timeout : Timer {
    Timeout(TimerHeap& heap, TransactionState& its_owner);
    TransactionState& owner;
  };
  Timeout timeout_;
};

/// Counts a read as long as it runs: a commit waits for it.
class TransactionState::ReadInFlight {
 public:
  explicit ReadInFlight(TransactionState& state) : state_(state) { ++state_.reads_in_flight_; }
  ~ReadInFlight() {
    if (--state_.reads_in_flight_ == 0) state_.changed_.notify_all();
  }
  ReadInFlight(const ReadInFlight&) = delete;
  ReadInFlight& operator=(const ReadInFlight&) = delete;

 private:
  TransactionState& state_;
};

}  // namespace orrery::fdb
