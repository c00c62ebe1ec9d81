// WriteHistory: at which version each key was last written, for finding conflicts.
//
// Part of the test double (see cluster.h). Thread-safety: the caller's mutex.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace orrery::fdb::test_double {

class WriteHistory {
 public:
  void add(std::string_view begin, std::string_view end, int64_t version);
  /// Whether a key of [begin, end) was written after `version`.
  bool written_after(std::string_view begin, std::string_view end, int64_t version) const;
  /// Versions below `oldest` are never asked for again.
  void forget_before(int64_t oldest);

 private:
  /// From each key to the next: the version of the last write.
  std::map<std::string, int64_t, std::less<>> last_write_{{std::string(), 0}};
};

}  // namespace orrery::fdb::test_double
