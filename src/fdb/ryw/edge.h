// Edge: a place between keys: a key, or the key right after it (the key with a zero byte behind), without making it.
//
// An Edge borrows its bytes. Thread-safety: a value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/arena.h"

namespace orrery::fdb::ryw {

/// One past the last key that a cluster can hold.
inline constexpr std::string_view kAllKeysEnd{"\xff\xff", 2};

struct Edge {
  std::string_view base;
  uint32_t zeros = 0;  // zero bytes behind base

  Edge() = default;
  Edge(std::string_view key) : base(key) {}  // NOLINT: a key is an edge
  Edge(std::string_view key, uint32_t zero_count) : base(key), zeros(zero_count) {}

  size_t size() const { return base.size() + zeros; }
  bool empty() const { return size() == 0; }
  /// The bytes, which `scratch` holds where they lie nowhere yet.
  std::string_view in(std::string& scratch) const {
    if (zeros == 0) return base;
    scratch.assign(base);
    scratch.append(zeros, '\0');
    return scratch;
  }
  /// The bytes, which new memory of the arena holds where they lie nowhere yet.
  std::string_view in(Arena& arena) const {
    if (zeros == 0) return base;
    char* p = static_cast<char*>(arena.allocate(size()));
    if (!base.empty()) std::memcpy(p, base.data(), base.size());
    std::memset(p + base.size(), 0, zeros);
    return {p, size()};
  }
};

/// Compares the bytes of two edges.
inline int compare(const Edge& a, const Edge& b) {
  const size_t shared = std::min(a.base.size(), b.base.size());
  if (shared > 0) {
    if (const int c = std::memcmp(a.base.data(), b.base.data(), shared); c != 0) return c;
  }
  for (size_t i = shared; i < a.base.size(); i++) {
    if (a.base[i] != '\0' || i >= b.size()) return 1;
  }
  for (size_t i = shared; i < b.base.size(); i++) {
    if (b.base[i] != '\0' || i >= a.size()) return -1;
  }
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}
inline bool operator==(const Edge& a, const Edge& b) { return compare(a, b) == 0; }
inline bool operator<(const Edge& a, const Edge& b) { return compare(a, b) < 0; }
inline bool operator>(const Edge& a, const Edge& b) { return compare(a, b) > 0; }
inline bool operator<=(const Edge& a, const Edge& b) { return compare(a, b) <= 0; }
inline bool operator>=(const Edge& a, const Edge& b) { return compare(a, b) >= 0; }

/// True where nothing fits between: `after` is `key` with one zero byte behind.
inline bool is_key_after(const Edge& key, const Edge& after) {
  return after.size() == key.size() + 1 && compare(Edge(key.base, key.zeros + 1), after) == 0;
}

}  // namespace orrery::fdb::ryw
