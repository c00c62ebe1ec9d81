// For tests: a database at one version as a std::map, what writes make of it said in the plainest way, and reads of it as
// a cluster answers them, cut short at random.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fdb/ryw/atomic.h"
#include "fdb/ryw/range_read.h"
#include "fdb/ryw/versionstamp.h"

namespace orrery::fdb::ryw {

using Database = std::map<std::string, std::string>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A write as a user asks for it, or as a commit carries it.
inline void apply_plainly(Database& database, MutationType type, std::string_view key,
                          std::string_view operand, std::string_view stamp) {
  Arena arena;
  const std::string at(key);
  switch (type) {
    case MutationType::kSetValue: database[at] = operand; return;
    case MutationType::kClearRange:
      database.erase(database.lower_bound(at), database.lower_bound(std::string(operand)));
      return;
    case MutationType::kSetVersionstampedKey:
      database[std::string(*with_versionstamp(key, stamp, arena))] = operand;
      return;
    case MutationType::kSetVersionstampedValue:
      database[at] = std::string(*with_versionstamp(operand, stamp, arena));
      return;
    default: break;
  }
  const auto found = database.find(at);
  const Value existing =
      found == database.end() ? Value() : Value(std::string_view(found->second));
  const Value result = apply_atomic(type, existing, operand, arena);
  if (result) {
    const std::string value(*result);
    database[at] = value;
  } else {
    database.erase(at);
  }
}

/// The key that a selector names among the keys below `end`; "" before the first, `end` behind the last.
inline std::string resolve_plainly(const Database& database, const KeySelector& selector,
                                   const std::string& end) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : database) {
    if (key < end) keys.push_back(key);
  }
  std::string from(selector.key);
  if (selector.or_equal) from += '\0';
  const auto first = std::lower_bound(keys.begin(), keys.end(), from) - keys.begin();
  const auto index = first + selector.offset - 1;
  if (index < 0) return "";
  if (index >= static_cast<std::ptrdiff_t>(keys.size())) return end;
  return keys[static_cast<size_t>(index)];
}

/// All rows of the range, in the direction.
inline Pairs range_plainly(const Database& database, const KeySelector& begin, const KeySelector& end,
                           Direction direction, const std::string& key_end) {
  const std::string b = resolve_plainly(database, begin, key_end);
  const std::string e = resolve_plainly(database, end, key_end);
  Pairs rows;
  for (const auto& pair : database) {
    if (pair.first >= b && pair.first < e) rows.push_back(pair);
  }
  if (direction == Direction::kReverse) std::reverse(rows.begin(), rows.end());
  return rows;
}

/// Answers reads of the database below, as servers and the native client do.
class FakeReads {
 public:
  FakeReads(const Database& database, std::mt19937& random) : database_(database), random_(random) {}

  std::optional<SharedBytes> value(std::string_view key) const {
    const auto found = database_.find(std::string(key));
    if (found == database_.end()) return std::nullopt;
    return SharedBytes::copy_of(found->second);
  }

  RangeResult range(const NativeRange& wanted) {
    const std::string all_end(kAllKeysEnd);
    RangeResult reply;
    const KeySelector& begin = wanted.begin;
    const KeySelector& end = wanted.end;
    if (begin.offset >= end.offset && begin.key >= end.key) return reply;
    const std::string b = resolve_plainly(database_, begin, all_end);
    const std::string e = resolve_plainly(database_, end, all_end);
    // Selectors that leave the database are found by getKey; else a server answers, which tells no ends.
    const bool by_keys = b.empty() || e == all_end || pick(3) == 0;
    if (b >= e) return reply;
    Pairs all = range_plainly(database_, begin, end, wanted.direction, all_end);
    const size_t kept = cut(all, wanted.limits);
    const bool reverse = wanted.direction == Direction::kReverse;
    reply.more = kept < all.size();
    if (wanted.limits.has_rows() && kept == static_cast<size_t>(wanted.limits.rows)) reply.more = true;
    if (reply.more && kept < all.size() && kept > 0 && pick(3) == 0) {
      // Up to a shard's boundary all is known.
      const std::string& last = all[kept - 1].first;
      const std::string& next = all[kept].first;
      reply.read_through = reverse ? last : pick(2) == 0 ? next : last + '\0';
      if (reverse && pick(2) == 0) reply.read_through = next + '\0';
    }
    all.resize(kept);
    if (by_keys) {
      reply.read_to_begin = b.empty() && (!reverse || !reply.more);
      reply.read_through_end = e == all_end && (reverse || !reply.more);
    }
    if (begin.key.empty() && begin.offset < 1) reply.read_to_begin = true;
    append(reply.rows, all);
    return reply;
  }

 private:
  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  /// How many rows come: at least one where there are any, and as the limits say or fewer.
  size_t cut(const Pairs& all, RangeLimits limits) {
    size_t kept = 0;
    while (kept < all.size() && !limits.reached()) {
      limits.count(Row(all[kept].first, all[kept].second));
      kept++;
    }
    if (kept > 1 && pick(3) == 0) kept = 1 + static_cast<size_t>(pick(static_cast<int>(kept)));
    return kept;
  }

  /// Puts the rows in one or two buffers.
  void append(Rows& rows, const Pairs& pairs) {
    const size_t middle = pairs.size() > 1 && pick(2) == 0 ? pairs.size() / 2 : pairs.size();
    const auto put = [&](size_t from, size_t to) {
      if (from == to) return;
      size_t bytes = 0;
      for (size_t i = from; i < to; i++) bytes += pairs[i].first.size() + pairs[i].second.size();
      BufferRef buffer = BufferRef::adopt(Buffer::make(bytes));
      std::vector<Row> list;
      char* at = buffer->data();
      const auto copy = [&at](const std::string& text) {
        std::copy(text.begin(), text.end(), at);
        const std::string_view view(at, text.size());
        at += text.size();
        return view;
      };
      for (size_t i = from; i < to; i++) {
        const std::string_view key = copy(pairs[i].first);
        list.emplace_back(key, copy(pairs[i].second));
      }
      rows.append(std::move(list), std::move(buffer));
    };
    put(0, middle);
    put(middle, pairs.size());
  }

  const Database& database_;
  std::mt19937& random_;
};

inline Pairs pairs_of(const Rows& rows) {
  Pairs pairs;
  for (const Row& row : rows.list()) pairs.emplace_back(row.key(), row.value());
  return pairs;
}

}  // namespace orrery::fdb::ryw
