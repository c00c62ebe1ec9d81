// VersionedMap: keys with their values at every version that can still be read.
//
// Part of the test double (see cluster.h). Versions are applied in ascending order. Views that
// reads return are good until the map is changed. Thread-safety: the caller's mutex.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orrery::fdb::test_double {

class VersionedMap {
 public:
  using Value = std::optional<std::string_view>;
  using Row = std::pair<std::string_view, std::string_view>;

  Value get(std::string_view key, int64_t version) const;
  /// Calls `take` for the rows of [begin, end) at the version, in order, until it returns false.
  void scan(std::string_view begin, std::string_view end, int64_t version,
            const std::function<bool(Row)>& take) const;
  /// The same from the last row on.
  void scan_back(std::string_view begin, std::string_view end, int64_t version,
                 const std::function<bool(Row)>& take) const;

  /// `value` absent: the key is cleared.
  void write(std::string_view key, std::optional<std::string> value, int64_t version);
  /// Forgets what only versions below `oldest` see.
  void forget_before(int64_t oldest);

 private:
  struct Version {
    int64_t version;
    std::optional<std::string> value;
  };
  using Keys = std::map<std::string, std::vector<Version>, std::less<>>;
  static Value at(const std::vector<Version>& versions, int64_t version);

  Keys keys_;
  /// Keys that may have something to forget, by the version from which on they do.
  std::deque<std::pair<int64_t, std::string>> stale_;
};

}  // namespace orrery::fdb::test_double
