// TransactionOptions: what was set on a transaction.
//
// A transaction begins with its database's defaults. on_error's retry takes back everything but
// these and what was set with a persistent option (timeout, retry limit, longest delay,
// authorization); a reset takes that back too. Persistent options are set again in the order they
// were set in, a timeout last, as only the latest may end the transaction.
//
// What an option does beyond being remembered (the timeout's timer, random identifiers) is up to
// the transaction, which looks at the settings after each call. Errors: 2007, 2006 and what the
// options say themselves (2000, 2010, 2100, 2109, 2110); a call that fails changes nothing.
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/database_options.h"
#include "fdb/options.h"

namespace orrery::fdb {

enum class TransactionPriority : uint8_t { kBatch, kDefault, kImmediate };
enum class ReadPriority : uint8_t { kLow, kNormal, kHigh };

inline constexpr size_t kTransactionTagsMax = 5;

/// Settings that few transactions have.
struct TransactionTexts {
  ~TransactionTexts();

  std::vector<std::string> tags;
  /// Those of the tags that reads carry too.
  std::vector<std::string> read_tags;
  std::string debug_identifier;
  std::string retry_logging_name;
  /// Empty where none was given; with automatic_idempotency the transaction makes one up.
  std::string idempotency_id;
  /// 33 bytes, or empty.
  std::string span_parent;
  std::string authorization_token;
};

struct TransactionSettings {
  int32_t timeout_ms = 0;  ///< from when the transaction was made or reset; 0: none
  int32_t retry_limit = -1;
  int32_t max_retry_delay_ms = 1000;
  int32_t size_limit = 10'000'000;
  int32_t logging_field_length_max = 0;
  int32_t snapshot_ryw_count = 1;

  TransactionPriority priority = TransactionPriority::kDefault;
  ReadPriority read_priority = ReadPriority::kNormal;

  bool read_your_writes : 1 = true;
  bool read_ahead : 1 = true;
  bool read_system_keys : 1 = false;
  bool write_system_keys : 1 = false;
  bool raw_access : 1 = false;
  bool bypass_unreadable : 1 = false;
  bool next_write_no_conflict : 1 = false;
  bool used_during_commit_protection : 1 = true;
  bool special_key_space_relaxed : 1 = false;
  bool special_key_space_writes : 1 = false;
  bool include_port : 1 = true;
  bool cache_reads : 1 = true;  ///< on storage servers

  bool causal_read_risky : 1 = false;
  bool use_provisional_proxies : 1 = false;
  bool use_grv_cache : 1 = false;
  bool skip_grv_cache : 1 = false;
  bool read_version_zero : 1 = false;

  bool causal_write_risky : 1 = false;
  bool commit_on_first_proxy : 1 = false;
  bool check_writes : 1 = false;
  bool lock_aware : 1 = false;
  bool read_only : 1 = false;  ///< with read_lock_aware alone: a commit of writes is refused (2023)
  bool first_in_batch : 1 = false;
  bool report_conflicting_keys : 1 = false;
  bool expensive_clear_cost_estimation : 1 = false;
  bool bypass_storage_quota : 1 = false;
  bool automatic_idempotency : 1 = false;

  bool debug_dump : 1 = false;
  bool debug_retry_logging : 1 = false;
  bool log_transaction : 1 = false;
  bool server_request_tracing : 1 = false;

  bool snapshot_ryw() const { return snapshot_ryw_count > 0; }
  friend bool operator==(const TransactionSettings&, const TransactionSettings&) = default;
};

/// What a transaction is in, as far as options depend on it.
struct TransactionSituation {
  bool has_tenant = false;
  bool has_operations = false;    ///< reads or writes since the last reset
  bool has_read_version = false;  ///< was asked for or set
  bool grv_cache_available = true;
  int error_count = 0;  ///< on_error calls since the last reset
};

class TransactionOptions {
 public:
  /// apply_defaults() makes it ready.
  explicit TransactionOptions(int api_version) : api_version_(api_version) {}

  Status set(int code, std::optional<std::string_view> value,
             const TransactionSituation& situation);
  Status set(TransactionOption option, std::optional<std::string_view> value,
             const TransactionSituation& situation) {
    return set(static_cast<int>(option), value, situation);
  }
  Status set(TransactionOption option, int64_t value, const TransactionSituation& situation);

  /// Forgets all and takes the defaults: at the beginning and at a reset. An error of a default is
  /// the transaction's.
  Status apply_defaults(const DatabaseOptions& database, const TransactionSituation& situation);
  /// on_error is about to let the transaction run again.
  Status prepare_retry(const DatabaseOptions& database, const TransactionSituation& situation);

  const TransactionSettings& settings() const { return settings_; }
  const TransactionTexts& texts() const;
  /// Whether the write that asks is one without conflict; the next one is an ordinary one again.
  bool take_next_write_no_conflict();

 private:
  struct Kept {
    TransactionOption option;
    std::optional<std::string> value;
  };

  Status apply(TransactionOption option, const OptionValue& value,
               const TransactionSituation& situation);
  Status apply_text(TransactionOption option, std::string_view text);
  Status apply_kept(const TransactionSituation& situation);
  Status check(TransactionOption option, const OptionValue& value,
               const TransactionSituation& situation) const;
  Status add_tag(TransactionOption option, std::string_view tag);
  void keep(const OptionInfo& info, std::optional<std::string_view> value);
  void clear_settings(const DatabaseOptions& database);
  TransactionTexts& mutable_texts();

  int api_version_;
  TransactionSettings settings_;
  std::unique_ptr<TransactionTexts> texts_;
  std::vector<Kept> kept_;
  /// Apart from kept_, so that it can be wiped.
  std::optional<std::string> kept_token_;
};

/// Overwrites the bytes before they are given back.
void wipe(std::string& secret);

}  // namespace orrery::fdb
