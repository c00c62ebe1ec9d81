// KeyRange: keys from `begin` up to but not including `end`, owning both. Thread-safety: as a
// value.
#pragma once

#include <string>
#include <string_view>

#include "fdb/error.h"

namespace orrery::fdb {

struct KeyRange {
  std::string begin;
  std::string end;

  bool contains(std::string_view key) const { return begin <= key && key < end; }
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

/// The first key that does not begin with `prefix` and comes after those that do. 2004 where there
/// is none: `prefix` is empty or all 0xFF.
inline Result<std::string> strinc(std::string_view prefix) {
  size_t size = prefix.find_last_not_of('\xff');
  if (size == prefix.npos) return fail(error::key_outside_legal_range);
  std::string out(prefix.substr(0, size + 1));
  out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) + 1);
  return out;
}

/// All keys that begin with `prefix`.
inline Result<KeyRange> prefix_range(std::string_view prefix) {
  Result<std::string> end = strinc(prefix);
  if (!end) return fail(end.error());
  return KeyRange{.begin = std::string(prefix), .end = *std::move(end)};
}

}  // namespace orrery::fdb
