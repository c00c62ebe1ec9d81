#include "fdb/ryw/write_map.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "fdb/ryw/write_cursor.h"

namespace orrery::fdb::ryw {
namespace {

/// True where a key at which both entries' intervals meet needs no entry of its own.
bool same_interval(const WriteEntry& before, const WriteEntry& entry) {
  return !entry.has_operations && before.behind_cleared == entry.behind_cleared &&
         before.behind_conflict == entry.behind_conflict &&
         before.behind_unreadable == entry.behind_unreadable;
}

}  // namespace

WriteEntry WriteMap::continuation(Position before, std::string_view key) const {
  WriteEntry entry;
  entry.set_key(key);
  if (before.none()) return entry;
  const WriteEntry& around = view().at(before);
  entry.behind_cleared = around.behind_cleared;
  entry.behind_conflict = around.behind_conflict;
  entry.behind_unreadable = around.behind_unreadable;
  entry.key_conflict = around.behind_conflict;
  entry.key_unreadable = around.behind_unreadable;
  return entry;
}

void WriteMap::mutate(std::string_view key, MutationType type, std::string_view operand,
                      WriteConflict conflict) {
  const bool stamped = type == MutationType::kSetVersionstampedKey ||
                       type == MutationType::kSetVersionstampedValue;
  const bool dependent = type != MutationType::kSetValue && !stamped;
  Position position = entries_.at_or_before(Edge(key));
  const bool exists = !position.none() && view().at(position).key() == key;
  // Key and value lie together: one allocation, one miss of the cache.
  const size_t key_bytes = exists ? 0 : key.size();
  char* bytes = static_cast<char*>(arena_->allocate(key_bytes + operand.size()));
  if (key_bytes > 0) std::memcpy(bytes, key.data(), key_bytes);
  if (!operand.empty()) std::memcpy(bytes + key_bytes, operand.data(), operand.size());
  const Operation operation{type, std::string_view(bytes + key_bytes, operand.size())};

  WriteEntry fresh;
  if (!exists) fresh = continuation(position, {bytes, key_bytes});
  WriteEntry& entry = exists ? entries_.change(position) : fresh;
  if (exists && !entry.has_operations) {  // until now the key was part of the interval
    entry.key_conflict = entry.behind_conflict;
    entry.key_unreadable = entry.behind_unreadable;
  }
  const bool was_unreadable = exists && entry.key_unreadable;
  entry.key_conflict |= conflict == WriteConflict::kAdd;
  entry.key_unreadable |= stamped;
  const bool sets = type == MutationType::kSetValue || type == MutationType::kSetVersionstampedValue;
  if (!entry.has_operations) {
    if (entry.behind_cleared && dependent) {
      entry.replace({MutationType::kSetValue, std::nullopt});
      entry.add(operation, *arena_);
    } else {
      entry.replace(operation);
    }
  } else if (sets && !was_unreadable) {
    entry.replace(operation);
  } else if (entry.key_unreadable) {
    entry.push(operation, *arena_);
  } else {
    entry.add(operation, *arena_);
  }
  if (!exists) entries_.insert_after(position, fresh);
}

void WriteMap::split_at(std::string_view key) {
  if (key >= kAllKeysEnd) return;
  const Position before = entries_.at_or_before(Edge(key));
  if (!before.none() && view().at(before).key() == key) return;
  entries_.insert_after(before, continuation(before, arena_->copy(key)));
}

WriteMap::Position WriteMap::last_before(std::string_view key) {
  Position position = entries_.at_or_before(Edge(key));
  if (!position.none() && view().at(position).key() == key) view().retreat(&position);
  return position;
}

WriteMap::Position WriteMap::erase(KeyRange range) {
  split_at(range.end);
  const Position from = last_before(range.begin);
  entries_.erase_after(from, last_before(range.end));
  return from;
}

void WriteMap::join_at(std::string_view key) {
  if (key >= kAllKeysEnd) return;
  const Position position = entries_.at_or_before(Edge(key));
  if (position.none() || view().at(position).key() != key) return;
  Position before = position;
  view().retreat(&before);
  if (before.none() || !same_interval(view().at(before), view().at(position))) return;
  entries_.erase_after(before, position);
}

void WriteMap::clear(KeyRange range, WriteConflict conflict) {
  range.end = std::min(range.end, kAllKeysEnd);
  if (range.empty()) return;
  if (conflict == WriteConflict::kNone) return clear_keeping_conflicts(range);
  const Position before = erase(range);
  WriteEntry entry;
  entry.behind_cleared = true;
  entry.behind_conflict = true;
  entry.key_conflict = true;
  if (before.none() || !same_interval(view().at(before), entry)) {
    entry.set_key(arena_->copy(range.begin));
    entries_.insert_after(before, entry);
  }
  join_at(range.end);
}

void WriteMap::clear_keeping_conflicts(KeyRange range) {
  struct Part {
    Edge begin;
    bool conflict;
  };
  std::vector<Part> parts;
  WriteCursor cursor(view());
  cursor.seek(Edge(range.begin));
  for (; cursor.begin() < Edge(range.end); cursor.next()) {
    const bool conflict = cursor.makes_conflict();
    if (!parts.empty() && parts.back().conflict == conflict) continue;
    parts.push_back({parts.empty() ? Edge(range.begin) : cursor.begin(), conflict});
  }
  Position before = erase(range);
  for (const Part& part : parts) {
    WriteEntry entry;
    entry.behind_cleared = true;
    entry.behind_conflict = part.conflict;
    entry.key_conflict = part.conflict;
    if (!before.none() && same_interval(view().at(before), entry)) continue;
    entry.set_key(part.begin.zeros > 0 ? part.begin.in(*arena_) : arena_->copy(part.begin.base));
    before = entries_.insert_after(before, entry);
  }
  join_at(range.end);
}

void WriteMap::add_conflict_range(KeyRange range) {
  range.end = std::min(range.end, kAllKeysEnd);
  if (range.empty()) return;
  split_at(range.begin);
  split_at(range.end);
  Position position = last_before(range.begin);
  const Position last = last_before(range.end);
  while (!(position == last) && view().advance(&position)) {
    WriteEntry& entry = entries_.change(position);
    entry.key_conflict = true;
    entry.behind_conflict = true;
  }
  join_at(range.end);
}

void WriteMap::forget_and_make_unreadable(KeyRange range) {
  range.end = std::min(range.end, kAllKeysEnd);
  if (range.empty()) return;
  const Position before = erase(range);
  WriteEntry entry;
  entry.set_key(arena_->copy(range.begin));
  entry.key_unreadable = true;
  entry.behind_unreadable = true;
  entries_.insert_after(before, entry);
  join_at(range.end);
}

void WriteMap::append_conflicts(std::vector<KeyRange>& out, KeyRange range) const {
  range.end = std::min(range.end, kAllKeysEnd);
  if (entries_.empty() || range.empty()) return;
  WriteCursor cursor(view());
  cursor.seek(Edge(range.begin));
  Edge begin;
  bool inside = false;
  for (; cursor.begin() < Edge(range.end); cursor.next()) {
    const bool conflict = cursor.makes_conflict();
    if (conflict == inside) continue;
    inside = conflict;
    if (conflict) {
      begin = std::max(Edge(range.begin), cursor.begin());
    } else {
      out.push_back({begin.in(*arena_), cursor.begin().in(*arena_)});
    }
  }
  if (inside) out.push_back({begin.in(*arena_), arena_->copy(range.end)});
}

void WriteMap::append_to(WriteSet& set, KeyRange range) const {
  range.end = std::min(range.end, kAllKeysEnd);
  if (entries_.empty() || range.empty()) return;
  WriteCursor cursor(view());
  cursor.seek(Edge(range.begin));
  Edge begin;
  bool inside = false;
  for (; cursor.begin() < Edge(range.end); cursor.next()) {
    const bool cleared = cursor.kind() == WriteKind::kCleared;
    if (cleared == inside) continue;
    inside = cleared;
    if (cleared) {
      begin = std::max(Edge(range.begin), cursor.begin());
    } else {
      set.mutations.push_back(
          {MutationType::kClearRange, begin.in(*arena_), cursor.begin().in(*arena_)});
    }
  }
  if (inside) {
    set.mutations.push_back({MutationType::kClearRange, begin.in(*arena_), arena_->copy(range.end)});
  }
  const WriteView entries = view();
  Position position = entries.at_or_before(Edge(range.begin));
  if (position.none() || entries.at(position).key() < range.begin) {
    if (!entries.advance(&position)) position = {};
  }
  for (bool more = !position.none(); more; more = entries.advance(&position)) {
    const WriteEntry& entry = entries.at(position);
    if (entry.key() >= range.end) break;
    entry.for_each_operation([&](const Operation& operation) {
      if (operation.value) {
        set.mutations.push_back({operation.type, entry.key(), *operation.value});
      } else {
        set.mutations.push_back(
            {MutationType::kClearRange, entry.key(), Edge(entry.key(), 1).in(*arena_)});
      }
    });
  }
  append_conflicts(set.conflicts, range);
}

}  // namespace orrery::fdb::ryw
