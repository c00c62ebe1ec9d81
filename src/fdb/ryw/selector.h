// Key selectors: "the offset-th key from here", as users give them and as reads work with them.
//
// Both borrow the bytes of the key. Thread-safety: values.
#pragma once

#include <string_view>

#include "fdb/ryw/edge.h"
#include "fdb/ryw/key_rules.h"

namespace orrery::fdb::ryw {

/// The last key less than `key` (or equal, with or_equal), then `offset` keys on (negative: back).
struct KeySelector {
  std::string_view key;
  bool or_equal = false;
  int offset = 1;

  static KeySelector first_greater_or_equal(std::string_view key) { return {key, false, 1}; }
  static KeySelector first_greater_than(std::string_view key) { return {key, true, 1}; }
  static KeySelector last_less_or_equal(std::string_view key) { return {key, true, 0}; }
  static KeySelector last_less_than(std::string_view key) { return {key, false, 0}; }
  friend bool operator==(const KeySelector&, const KeySelector&) = default;
};

/// A selector without or_equal: the first key at or behind the edge, then offset - 1 keys on.
struct Selector {
  Edge key;
  int offset = 1;

  Selector() = default;
  Selector(const Edge& edge, int count) : key(edge), offset(count) {}
  /// Keys too long for the database are cut; behind the last of all keys there is no other place.
  explicit Selector(const KeySelector& selector)
      : key(cut_key(selector.key)), offset(selector.offset) {
    const bool is_cut = key.base.size() > read_key_size_max(key.base);
    if (selector.or_equal && !is_cut && key.base != kAllKeysEnd) key.zeros = 1;
  }
  bool is_first_greater_or_equal() const { return offset == 1; }
  /// Depends on keys before its own only.
  bool is_backward() const { return offset <= 0; }
};

}  // namespace orrery::fdb::ryw
