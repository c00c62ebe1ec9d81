#include "fdb/ryw/range_read.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace orrery::fdb::ryw {
namespace {

// The most bytes that one reply of a storage server holds.
constexpr int64_t kReplyBytesMax = 80'000;
constexpr size_t kCopyBufferBytes = 1024;

}  // namespace

RangeRead::RangeRead(ReadContext context, const Selector& begin, const Selector& end,
                     RangeLimits limits, Direction direction)
    : context_(std::move(context)),
      begin_(begin),
      end_(end),
      limits_(limits),
      direction_(direction),
      begin_offset_left_(begin.offset),
      end_offset_left_(end.offset),
      at_(*context_.cache, context_.writes.view()),
      far_(at_) {}

/// Moves the selector towards offset 1 over what is known, until it points to a row, to an unknown or unreadable segment,
/// or past an end of the database, and `at` with it.
Status RangeRead::resolve(Selector& selector, Segments& at, int& remaining_offset) {
  const bool was_resolved = selector.offset == 1;
  at.seek(selector.key);
  if (selector.offset <= 0 && at.begin() == selector.key && !selector.key.empty()) at.prev();
  while (selector.offset > 1 && at.known() && at.end() < key_end()) {
    if (at.kind() == SegmentKind::kRow) {
      const auto counts = at.has_value(*context_.arena);
      if (!counts) return fail(counts.error());
      if (*counts) selector.offset--;
    }
    at.next();
    selector.key = at.begin();
  }
  while (selector.offset < 1 && at.known() && !at.begin().empty()) {
    if (at.kind() == SegmentKind::kRow) {
      const auto counts = at.has_value(*context_.arena);
      if (!counts) return fail(counts.error());
      if (*counts && ++selector.offset == 1) {
        selector.key = at.begin();
        break;
      }
    }
    at.prev();
    selector.key = at.end();
  }
  if (!was_resolved) remaining_offset = selector.offset;
  if (at.known() && selector.offset < 1) {
    read_to_begin_ = true;
    selector = Selector(Edge(), 1);
    return {};
  }
  if (at.known() && selector.offset > 1) {
    read_through_end_ = true;
    selector = Selector(key_end(), 1);
    return {};
  }
  while (at.is(SegmentKind::kEmpty) && at.end() < key_end()) {
    at.next();
    selector.key = at.begin();
  }
  return {};
}

/// Points both segments to where their selectors are now.
Status RangeRead::resolve_both() {
  const bool forward = direction_ == Direction::kForward;
  if (forward) FDB_TRY(resolve(begin_, at_, begin_offset_left_));
  FDB_TRY(resolve(end_, forward ? far_ : at_, end_offset_left_));
  if (!forward) FDB_TRY(resolve(begin_, far_, begin_offset_left_));
  return {};
}

Result<RangeRead::Outcome> RangeRead::start() {
  FDB_TRY(resolve_both());
  if (begin_offset_left_ >= end_offset_left_ && begin_.key >= end_.key) return Outcome::kFinishEmpty;
  if ((begin_.is_first_greater_or_equal() && begin_.key == key_end()) ||
      (end_.is_first_greater_or_equal() && end_.key.empty())) {
    return Outcome::kFinishWithFlags;
  }
  // Where the far selector begins on the near one's side, it has to be known before anything is read.
  const Selector& far = direction_ == Direction::kForward ? end_ : begin_;
  if (!far.is_first_greater_or_equal() && begin_.key > end_.key) {
    begin_resolving(far);
    return Outcome::kResolveLast;
  }
  return Outcome::kGoOn;
}

/// What the far selector's key, found at the start, says.
RangeRead::Outcome RangeRead::after_start_resolved() {
  if (direction_ == Direction::kForward) {
    if (begin_.key >= resolved_ && !begin_.is_backward()) return Outcome::kFinishEmpty;
    if (resolved_.empty()) return Outcome::kFinishWithFlags;
  } else {
    if (resolved_ >= end_.key && end_.offset <= 1) return Outcome::kFinishEmpty;
    if (resolved_ == key_end()) return Outcome::kFinishWithFlags;
  }
  return Outcome::kGoOn;
}

void RangeRead::begin_resolving(const Selector& selector) {
  const ResolvingRange range = resolving_range(selector, context_.key_end);
  RangeLimits one;
  one.rows = 1;
  resolver_ = std::make_unique<RangeRead>(context_, range.begin, range.end, one, range.direction);
}

/// Runs the resolver; true where it has found the key.
Result<bool> RangeRead::resolving() {
  const auto step = resolver_->advance();
  if (!step) return std::unexpected(step.error());
  if (*step == Step::kReadRange) return false;
  const int offset = direction_ == Direction::kForward ? end_.offset : begin_.offset;
  const std::string_view key = resolved_key(resolver_->result(), offset, context_.key_end);
  resolved_ = Edge(context_.arena->copy(key));
  if (resolved_.empty()) read_to_begin_ = true;
  if (resolved_ == key_end()) read_through_end_ = true;
  resolver_.reset();
  return true;
}

Result<RangeRead::Outcome> RangeRead::scan() {
  return direction_ == Direction::kForward ? scan_forward() : scan_reverse();
}

Result<RangeRead::Step> RangeRead::advance() {
  for (;;) {
    Result<Outcome> outcome = Outcome::kGoOn;
    switch (state_) {
      case State::kStart:
        outcome = start();
        if (outcome && *outcome == Outcome::kResolveLast) {
          state_ = State::kResolveAtStart;
          continue;
        }
        state_ = State::kScan;
        break;
      case State::kResolveAtStart:
      case State::kResolveAtEnd: {
        const auto found = resolving();
        if (!found) return std::unexpected(found.error());
        if (!*found) return Step::kReadRange;
        if (state_ == State::kResolveAtEnd) {
          (direction_ == Direction::kForward ? end_ : begin_) = Selector(resolved_, 1);
          outcome = Outcome::kFinish;
          break;
        }
        outcome = after_start_resolved();
        state_ = State::kStarted;
        break;
      }
      case State::kStarted:
        FDB_TRY(resolve_both());
        state_ = State::kScan;
        continue;
      case State::kScan:
        outcome = scan();
        if (outcome && *outcome == Outcome::kResolveLast) {
          begin_resolving(direction_ == Direction::kForward ? end_ : begin_);
          state_ = State::kResolveAtEnd;
          continue;
        }
        break;
      case State::kDone: return Step::kDone;
    }
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome == Outcome::kWait) return Step::kReadRange;
    if (*outcome == Outcome::kGoOn) continue;
    finish(*outcome);
    state_ = State::kDone;
  }
}

void RangeRead::finish(Outcome outcome) {
  if (outcome == Outcome::kFinishEmpty || outcome == Outcome::kFinishWithFlags) {
    result_ = RangeResult();
    if (outcome == Outcome::kFinishEmpty) return;
    result_.read_to_begin = read_to_begin_;
    result_.read_through_end = read_through_end_;
    return;
  }
  result_.more = result_.more || limits_.reached();
  if (direction_ == Direction::kForward) {
    trim_forward();
  } else {
    trim_reverse();
  }
}

NativeRange RangeRead::wanted() {
  if (resolver_ != nullptr) return resolver_->wanted();
  NativeRange range;
  range.begin = {want_.begin.key.in(want_begin_bytes_), false, want_.begin.offset};
  range.end = {want_.end.key.in(want_end_bytes_), false, want_.end.offset};
  range.limits = want_.limits;
  range.direction = direction_;
  return range;
}

void RangeRead::supply(RangeResult&& reply) {
  if (resolver_ != nullptr) return resolver_->supply(std::move(reply));
  if (direction_ == Direction::kForward) {
    learn_forward(std::move(reply));
  } else {
    learn_reverse(std::move(reply));
  }
  state_ = State::kStarted;  // the cache has changed: both places are looked up again
}

/// Limits of the next read of the database: enough rows for what is known to be skipped, more bytes each time.
void RangeRead::set_request_limits(int offset) {
  const auto clamped = [](int64_t n) {
    return static_cast<int>(std::min<int64_t>(n, std::numeric_limits<int>::max()));
  };
  RangeLimits& limits = want_.limits;
  limits = limits_;
  limits.min_rows = clamped(std::max<int64_t>(1 + additional_rows_, offset));
  const int rows =
      clamped(std::max<int64_t>(std::max(1, limits.rows) + additional_rows_, offset));
  if (limits.has_rows()) limits.rows = rows;
  if (limits.bytes == 0) {
    limits.bytes = RangeLimits::kUnlimited;
    limits.rows = rows;
  } else if (limits.has_bytes()) {
    limits.bytes = static_cast<int>(
        std::min(int64_t{limits.bytes} << std::min(request_count_, 20), kReplyBytesMax));
  }
  request_count_++;
  additional_rows_ = 0;
}

/// Nothing between a key and one some keys on: both selectors left the end of the database, though no flag says so.
bool RangeRead::both_left_end(const RangeResult& reply) const {
  return reply.rows.empty() && !reply.more && want_.begin.offset == 1 && want_.end.offset > 1 &&
         want_.end.key >= want_.begin.key;
}

void RangeRead::append_run(const Segments::Run& run) {
  const CacheEntry& entry = *run.entry;
  const bool forward = direction_ == Direction::kForward;
  uint32_t taken = 0;
  if (!limits_.has_bytes()) {
    const uint32_t wanted = limits_.has_rows() ? static_cast<uint32_t>(limits_.rows) : run.count;
    taken = std::min(run.count, wanted);
    limits_.min_rows = std::max(0, limits_.min_rows - static_cast<int>(taken));
    if (limits_.has_rows()) limits_.rows -= static_cast<int>(taken);
  } else {
    while (taken < run.count && !limits_.reached()) {
      limits_.count(entry.rows[forward ? run.first + taken : run.first + run.count - 1 - taken]);
      taken++;
    }
  }
  rows_past_ += run.count - taken;
  if (taken == 0) return;
  if (forward) {
    context_.cache->for_each_run(
        entry, run.first, taken,
        [this](std::span<const Row> rows, const BufferRef& buffer) { result_.rows.append(rows, buffer); });
    return;
  }
  Rows backward;
  context_.cache->for_each_run(
      entry, run.first + run.count - taken, taken,
      [&](std::span<const Row> rows, const BufferRef& buffer) { backward.append(rows, buffer); });
  backward.reverse();
  backward.for_each_run(0, backward.size(), [this](std::span<const Row> rows, const BufferRef& buffer) {
    result_.rows.append(rows, buffer);
  });
}

/// Appends a row that the transaction wrote. The bytes are copied: a result may outlive the transaction.
Status RangeRead::append_written(const Segments& at, bool* present) {
  const auto value = at.written_value(*context_.arena);
  if (!value) return fail(value.error());
  *present = value->has_value();
  if (!*present) return {};
  const std::string_view key = at.writes().entry().key();
  if (limits_.reached()) {
    rows_past_++;
    return {};
  }
  limits_.count(Row(key, **value));
  append_copy(key, **value);
  return {};
}

void RangeRead::append_copy(std::string_view key, std::string_view value) {
  const size_t size = key.size() + value.size();
  if (!copies_ || copies_->capacity() - copies_used_ < size) {
    const size_t grown = copies_ ? std::min<size_t>(copies_->capacity() * 2, 65'536) : kCopyBufferBytes;
    Buffer* buffer = Buffer::make(std::max(grown, size));
    if (buffer == nullptr) std::abort();
    copies_ = BufferRef::adopt(buffer);
    copies_used_ = 0;
  }
  char* bytes = copies_->data() + copies_used_;
  if (!key.empty()) std::memcpy(bytes, key.data(), key.size());
  if (!value.empty()) std::memcpy(bytes + key.size(), value.data(), value.size());
  copies_used_ += size;
  result_.rows.append(Row({bytes, key.size()}, {bytes + key.size(), value.size()}), copies_);
}

ResolvingRange resolving_range(const Selector& selector, std::string_view key_end) {
  if (selector.offset > 0) return {selector, Selector(Edge(key_end), 1), Direction::kForward};
  return {Selector(Edge(), 1), Selector(selector.key, selector.offset + 1), Direction::kReverse};
}

std::string_view resolved_key(const RangeResult& result, int offset, std::string_view key_end) {
  if (offset > 0) {
    if (result.read_to_begin) return {};
    if (result.read_through_end || result.rows.empty()) return key_end;
  } else {
    if (result.read_through_end) return key_end;
    if (result.read_to_begin || result.rows.empty()) return {};
  }
  return result.rows.front().key();
}

}  // namespace orrery::fdb::ryw
