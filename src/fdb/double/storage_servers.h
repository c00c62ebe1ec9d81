// StorageServers: what the test double's storage servers do with reads and watches.
//
// Part of the test double (see cluster.h). Thread-safety: the caller's mutex.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/double/tenants.h"
#include "fdb/double/world.h"
#include "fdb/wire/messages/metrics.h"
#include "fdb/wire/messages/point_reads.h"
#include "fdb/wire/messages/range.h"

namespace orrery::fdb::test_double {

class StorageServers {
 public:
  explicit StorageServers(World& world) : world_(world) {}

  void get_value(const Asker& asker, const wire::GetValueRequest& request);
  void get_key(const Asker& asker, const wire::GetKeyRequest& request);
  void get_key_values(const Asker& asker, const wire::GetKeyValuesRequest& request);
  void watch(const Asker& asker, const wire::WatchValueRequest& request);
  void wait_metrics(const Asker& asker, const wire::WaitMetricsRequest& request);
  void split_points(const Asker& asker, const wire::SplitRangeRequest& request);

  void on_write(std::string_view key, VersionedMap::Value value, int64_t version);
  void on_commit();
  /// Watches of keys that went away end.
  void on_layout_change();
  /// Of clients that are still there.
  size_t outstanding_watches();

 private:
  struct Watch {
    Asker asker;
    std::optional<std::string> value;
  };
  struct MetricsWait {
    Asker asker;
    std::string begin;
    std::string end;
    int64_t bytes_min = 0;
    int64_t bytes_max = 0;
  };
  /// A selector's key, or how far it lies behind an edge of what was searched (see find()).
  struct Found {
    std::string key;
    int64_t offset = 0;
  };

  Result<int64_t> version_of(int64_t asked);
  Result<wire::KeyRange> searched(const Asker& asker, const KeySpace& space,
                                  const wire::KeySelector& selector) const;
  Found find(const wire::KeyRange& range, const wire::KeySelector& selector, int64_t version) const;
  void send_rows(const Asker& asker, const wire::GetKeyValuesRequest& request,
                 const KeySpace& space, const wire::KeyRange& rows, int64_t version);
  int64_t bytes_of(std::string_view begin, std::string_view end);

  World& world_;
  std::multimap<std::string, Watch, std::less<>> watches_;
  std::vector<MetricsWait> metrics_waits_;
};

}  // namespace orrery::fdb::test_double
