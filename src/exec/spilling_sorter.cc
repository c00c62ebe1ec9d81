#include "exec/spilling_sorter.h"

#include <algorithm>

namespace orrery::exec {

namespace {
/// Runs that are read at once. As many of one level are merged to one of the next: each has a file
/// open, so there must never be many of them.
constexpr size_t kFanIn = 32;
}  // namespace

void SpillingSorter::init(std::vector<types::TypeId> types, std::vector<SortColumn> keys) {
  types_ = types;
  merged_.init(types_);
  buffer_.init(std::move(types), std::move(keys));
}

void SpillingSorter::forget() {
  run_.memory.hold(&held_, 0);
  runs_.clear();
  levels_.clear();
}

void SpillingSorter::begin(uint64_t wanted) {
  forget();
  order_.clear();
  merged_.clear();
  wanted_ = wanted;
  given_ = 0;
  buffer_.begin(wanted);
}

Status SpillingSorter::append(std::span<const types::Vector* const> columns,
                              const types::Selection& sel) {
  buffer_.append(columns, sel);
  run_.memory.hold(&held_, buffer_.bytes());
  if (!run_.memory.exceeded()) return {};
  ORRERY_TRY_ASSIGN(bool spill, should_spill(run_, buffer_.bytes(), what_));
  return spill ? write_run() : Status();
}

Status SpillingSorter::write_run() {
  if (buffer_.rows().size() == 0) return {};
  std::vector<uint32_t> order = buffer_.sort();
  auto run = std::make_unique<RowSpool>();
  run->init(run_, types_);
  ORRERY_TRY(run->spill());
  for (size_t at = 0; at < order.size(); at += types::kVectorCapacity) {
    auto n = static_cast<uint32_t>(std::min<size_t>(order.size() - at, types::kVectorCapacity));
    ORRERY_TRY(run->append(buffer_.rows(), &order[at], 0, n));
  }
  ORRERY_TRY(run->finish());
  runs_.push_back(std::move(run));
  levels_.push_back(0);
  buffer_.rows().release();
  buffer_.begin(wanted_);
  run_.memory.hold(&held_, 0);
  while (runs_.size() >= kFanIn && levels_[runs_.size() - kFanIn] == levels_.back()) {
    ORRERY_TRY(merge_last(kFanIn));
  }
  return {};
}

Status SpillingSorter::merge_last(size_t count) {
  const size_t first = runs_.size() - count;
  auto run = std::make_unique<RowSpool>();
  run->init(run_, types_);
  ORRERY_TRY(run->spill());
  ORRERY_TRY(merger_.begin(std::span(runs_).subspan(first), buffer_.keys()));
  for (;;) {
    ORRERY_TRY(run_.check_cancelled());
    merged_.clear();
    ORRERY_TRY_ASSIGN(uint32_t n, merger_.next(types::kVectorCapacity, &merged_));
    if (n == 0) break;
    ORRERY_TRY(run->append(merged_, nullptr, 0, n));
  }
  ORRERY_TRY(run->finish());
  const uint32_t level = levels_[first] + 1;
  runs_.resize(first);
  levels_.resize(first);
  runs_.push_back(std::move(run));
  levels_.push_back(level);
  return {};
}

Status SpillingSorter::finish() {
  if (runs_.empty()) {
    order_ = buffer_.sort();
    return {};
  }
  ORRERY_TRY(write_run());
  // From the end, where the runs are smallest.
  while (runs_.size() > kFanIn) {
    ORRERY_TRY(merge_last(std::min(kFanIn, runs_.size() - kFanIn + 1)));
  }
  return merger_.begin(runs_, buffer_.keys());
}

Status SpillingSorter::next(uint32_t max, size_t columns, types::Chunk* chunk, types::Chunk** out) {
  *out = nullptr;
  max = static_cast<uint32_t>(std::min<uint64_t>(max, wanted_ - given_));
  if (runs_.empty()) {
    auto n = static_cast<uint32_t>(std::min<uint64_t>(max, order_.size() - given_));
    if (n == 0) return {};
    buffer_.rows().gather(&order_[given_], n, columns, chunk);
    given_ += n;
  } else {
    merged_.clear();
    ORRERY_TRY_ASSIGN(uint32_t n, merger_.next(max, &merged_));
    if (n == 0) return {};
    merged_.slice(0, n, columns, chunk);
    given_ += n;
  }
  *out = chunk;
  return {};
}

}  // namespace orrery::exec
