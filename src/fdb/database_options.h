// DatabaseOptions: what was set on a database, and the defaults of its transactions.
//
// A default is not looked at before a transaction takes it, as upstream does: an unfit value makes
// every transaction fail and set() succeed. Of a default that is set again only the last value
// stays. Errors: 2007 for unknown codes, 2006 for unfit values. Thread-safety: none; a transaction
// copies the defaults when it begins and when it is reset.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/options.h"

namespace orrery::fdb {

struct TransactionDefault {
  TransactionOption option;
  std::optional<std::string> value;
};

class DatabaseOptions {
 public:
  explicit DatabaseOptions(int api_version) : api_version_(api_version) {
    snapshot_ryw_count_ = api_version >= 300 ? 1 : 0;
  }

  Status set(int code, std::optional<std::string_view> value);
  Status set(DatabaseOption option, std::optional<std::string_view> value = std::nullopt) {
    return set(static_cast<int>(option), value);
  }
  Status set(DatabaseOption option, int64_t value);

  int api_version() const { return api_version_; }
  /// Shard ranges that the location cache may hold.
  int location_cache_size() const { return location_cache_size_; }
  int max_watches() const { return max_watches_; }
  /// Upstream takes this for the zone of the client, as it does with what fdbserver calls
  /// --locality_zoneid.
  const std::optional<std::string>& machine_id() const { return machine_id_; }
  const std::optional<std::string>& datacenter_id() const { return datacenter_id_; }
  /// Snapshot reads see the transaction's writes where this is positive.
  int snapshot_ryw_count() const { return snapshot_ryw_count_; }
  bool use_config_database() const { return use_config_database_; }
  /// Percent of the chances at which reads are checked for staleness.
  int test_causal_read_risky() const { return test_causal_read_risky_; }
  /// In the order they were set last.
  const std::vector<TransactionDefault>& transaction_defaults() const { return defaults_; }

 private:
  void set_default(TransactionOption option, std::optional<std::string_view> value);

  int api_version_;
  int location_cache_size_ = 600000;
  int max_watches_ = 10000;
  int snapshot_ryw_count_;
  int test_causal_read_risky_ = 0;
  bool use_config_database_ = false;
  std::optional<std::string> machine_id_;
  std::optional<std::string> datacenter_id_;
  std::vector<TransactionDefault> defaults_;
};

}  // namespace orrery::fdb
