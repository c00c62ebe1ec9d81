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

#include "fdb/client/database_state.h"
#include "fdb/client/read_versions.h"
#include "fdb/client/reads.h"
#include "fdb/client/transaction.h"
#include "fdb/runtime/future.h"
#include "fdb/ryw/transaction_data.h"
#include "fdb/transaction_options.h"
#include "fdb/wire/messages/commit.h"

namespace orrery::fdb {

class TransactionState {
 public:
  TransactionState(DatabaseState& database, ClientLoop& loop);
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

  static void end_list(List<OperationBase::Membership>& list, Error why);
  Status usable() const;
  Status usable_for_writes();
  void note_failure(const Status& status);
  TransactionSituation situation() const;
  void options_changed();
  void start_timer();
  void reset_contents();
  ryw::KeyAccess key_access() const;
  Task<Result<void>> need_version();
  ReadParameters read_parameters();
  uint32_t version_flags() const;
  Task<Result<std::optional<SharedBytes>>> read_own(std::string_view key, ryw::ReadMode mode);
  Task<Result<ryw::RangeResult>> get_native_range(ryw::KeySelector begin, ryw::KeySelector end,
                                                  ryw::RangeLimits limits, RangeOptions options);
  Task<Result<void>> commit_checked();
  struct CommitContents;
  Result<CommitContents> commit_contents();
  Task<Result<void>> send_commit(CommitContents& contents);
  void committed(const wire::CommitId& told);
  Task<Done> wait_for_barrier(std::string key);
  double take_backoff(double cap_seconds);

  DatabaseState& database_;
  ClientLoop& loop_;
  Arena kept_;
  ryw::TransactionData data_;
  TransactionOptions options_;
  List<OperationBase::Membership> operations_;
  List<OperationBase::Membership> recoveries_;
  Event changed_;  ///< a version, the end of a read or of the commit

  // The read version: not asked for, on its way, or there.
  std::optional<Running<Result<ReadVersion>>> asking_;
  std::optional<Result<ReadVersion>> version_;

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

}  // namespace orrery::fdb
