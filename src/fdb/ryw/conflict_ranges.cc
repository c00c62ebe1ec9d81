#include "fdb/ryw/conflict_ranges.h"

#include <algorithm>
#include <cstring>

namespace orrery::fdb::ryw {
namespace {

// What a range weighs beside its keys.
constexpr int64_t kRangeBytes = 24;

}  // namespace

void ConflictRanges::push(KeyRange range) {
  ranges_.push_back(range);
  // Reading the same again and again must not grow without bound.
  if (ranges_.size() >= 64 + 2 * joined_) join();
}

void ConflictRanges::add_key(std::string_view key) {
  counted_bytes_ += 2 * static_cast<int64_t>(key.size()) + 1 + kRangeBytes;
  char* bytes = static_cast<char*>(arena_->allocate(key.size() + 1));
  if (!key.empty()) std::memcpy(bytes, key.data(), key.size());
  bytes[key.size()] = '\0';
  push({{bytes, key.size()}, {bytes, key.size() + 1}});
}

void ConflictRanges::add(const Edge& begin, const Edge& end) {
  if (begin >= end) return;
  counted_bytes_ += static_cast<int64_t>(begin.size() + end.size()) + kRangeBytes;
  push_copy(begin, end);
}

void ConflictRanges::push_copy(const Edge& begin, const Edge& end) {
  const auto own = [this](const Edge& edge) {
    return edge.zeros > 0 ? edge.in(*arena_) : arena_->copy(edge.base);
  };
  push({own(begin), own(end)});
}

void ConflictRanges::add_unwritten(const Edge& begin, const Edge& end, WriteView writes) {
  if (writes.empty()) return add(begin, end);
  if (begin >= end) return;
  // The official client counts the whole range once for every segment that it adds.
  const int64_t weight = static_cast<int64_t>(begin.size() + end.size()) + kRangeBytes;
  const Edge last = std::min(end, Edge(kAllKeysEnd));
  WriteCursor cursor(writes);
  cursor.seek(begin);
  while (cursor.begin() < last) {
    if (!cursor.depends_on_database()) {
      cursor.next();
      continue;
    }
    // Neighbours that both depend on the database are one range.
    const Edge from = std::max(begin, cursor.begin());
    Edge to;
    for (; cursor.begin() < last && cursor.depends_on_database(); cursor.next()) {
      to = cursor.end();
      counted_bytes_ += weight;
    }
    push_copy(from, std::min(to, last));
  }
}

Status ConflictRanges::add_unmodified(const Edge& begin, const Edge& end, WriteView writes) {
  WriteCursor cursor(writes);
  const Edge last = std::min(end, Edge(kAllKeysEnd));
  for (cursor.seek(begin); cursor.begin() < last; cursor.next()) {
    if (cursor.kind() != WriteKind::kUnmodified) {
      return fail(error::get_mapped_range_reads_your_writes);
    }
  }
  add(begin, end);
  return {};
}

void ConflictRanges::join() {
  std::sort(ranges_.begin(), ranges_.end(),
            [](const KeyRange& a, const KeyRange& b) { return a.begin < b.begin; });
  size_t kept = 0;
  for (const KeyRange range : ranges_) {
    if (kept > 0 && range.begin <= ranges_[kept - 1].end) {
      ranges_[kept - 1].end = std::max(ranges_[kept - 1].end, range.end);
    } else {
      ranges_[kept++] = range;
    }
  }
  ranges_.resize(kept);
  joined_ = kept;
}

std::span<const KeyRange> ConflictRanges::ranges() {
  if (joined_ != ranges_.size()) join();
  return ranges_;
}

void ConflictRanges::reset() {
  ranges_.clear();
  joined_ = 0;
  counted_bytes_ = 0;
}

}  // namespace orrery::fdb::ryw
