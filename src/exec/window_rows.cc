#include "exec/window_rows.h"

#include <cmath>

#include "types/compare.h"

namespace orrery::exec {

using plan::FrameBound;
using plan::FrameUnit;
using plan::WindowCall;
using types::Datum;
using types::Layout;
using types::TypeId;

void WindowRows::reset(const RowBuffer& rows, const std::vector<uint32_t>* order,
                       std::span<const SortColumn> partition, std::span<const SortColumn> sort) {
  rows_ = &rows;
  order_ = order;
  partition_ = partition;
  sort_ = sort;
  size_ = order == nullptr ? rows.size() : static_cast<uint32_t>(order->size());
  peer_starts_.clear();
  peer_ends_.clear();
  partitions_.assign(1, 0);
  if (size_ == 0) return;
  if (!partition.empty()) {
    std::vector<uint8_t> begins(size_, 0);
    mark_changes(partition, &begins);
    for (uint32_t i = 1; i < size_; ++i) {
      if (begins[i] != 0) partitions_.push_back(i);
    }
  }
  partitions_.push_back(size_);
}

void WindowRows::mark_changes(std::span<const SortColumn> keys,
                              std::vector<uint8_t>* begins) const {
  for (const SortColumn& key : keys) {
    const ColumnBuffer& c = rows_->column(key.column);
    if (layout_of(c.type()) == Layout::kInt64 && !c.has_nulls()) {
      const auto* cells = c.data<int64_t>();
      for (uint32_t i = 1; i < size_; ++i) {
        (*begins)[i] |= cells[row(i)] != cells[row(i - 1)] ? 1 : 0;
      }
      continue;
    }
    for (uint32_t i = 1; i < size_; ++i) {
      if ((*begins)[i] == 0 && compare_rows(*rows_, row(i - 1), *rows_, row(i), {&key, 1}) != 0) {
        (*begins)[i] = 1;
      }
    }
  }
}

void WindowRows::find_peers() {
  if (peer_starts_.size() == size_) return;
  std::vector<uint8_t> begins(size_, 0);
  mark_changes(sort_, &begins);
  for (uint32_t p : partitions_) {
    if (p < size_) begins[p] = 1;
  }
  peer_starts_.resize(size_);
  peer_ends_.resize(size_);
  for (uint32_t i = 0, start = 0; i < size_; ++i) {
    if (begins[i] != 0) start = i;
    peer_starts_[i] = start;
  }
  for (uint32_t i = size_, end = size_; i-- > 0;) {
    peer_ends_[i] = end;
    if (begins[i] != 0) end = i;
  }
}

std::span<const uint32_t> WindowRows::peer_starts() {
  find_peers();
  return peer_starts_;
}
std::span<const uint32_t> WindowRows::peer_ends() {
  find_peers();
  return peer_ends_;
}

ColumnBuffer WindowRows::column(uint32_t index) const {
  const ColumnBuffer& source = rows_->column(index);
  ColumnBuffer out(source.type());
  out.append(source, order_ == nullptr ? nullptr : order_->data(), 0, size_);
  return out;
}

namespace {

int rank_of(FrameBound b) {
  return static_cast<int>(b);
}

Error frame_error(std::string_view text) {
  return Error(ErrorCode::kInvalidArgument, std::string(text));
}

Status check_offset(FrameBound bound, FrameUnit unit, const Datum& offset) {
  if (bound != FrameBound::kPreceding && bound != FrameBound::kFollowing) return {};
  if (offset.is_null()) return frame_error("frame offset must not be NULL");
  double value = 0;
  if (offset.type() == TypeId::kInteger) {
    value = static_cast<double>(offset.as_int64());
  } else if (offset.type() == TypeId::kFloat && unit == FrameUnit::kRange) {
    value = offset.as_double();
  } else {
    return frame_error("frame offset must be a number");
  }
  if (!(value >= 0)) return frame_error("frame offset must not be negative");
  return {};
}

/// Moves over rows one way; `a` is never less than it was at the row before.
class FrameWalk {
 public:
  FrameWalk(const WindowCall& call, const FrameOffsets& offsets, WindowRows& rows)
      : call_(call), offsets_(offsets), rows_(rows) {
    const bool ranged =
        call.unit == FrameUnit::kRange && (has_offset(call.start) || has_offset(call.end));
    if (ranged) key_ = rows.column(rows.sort_keys()[0].column);
    if (call.unit == FrameUnit::kRange) {
      peer_starts_ = rows.peer_starts();
      peer_ends_ = rows.peer_ends();
    }
  }

  void partition(uint32_t first, uint32_t end, Frame* frames) {
    first_ = first;
    end_ = end;
    uint32_t start_at = first, end_at = first;
    for (uint32_t i = first; i < end; ++i) {
      Frame f{bound_start(i, &start_at), bound_end(i, &end_at)};
      if (f.end < f.start) f.end = f.start;
      frames[i] = f;
    }
  }

 private:
  static bool has_offset(FrameBound b) {
    return b == FrameBound::kPreceding || b == FrameBound::kFollowing;
  }
  static uint32_t row_offset(const Datum& d) {
    int64_t n = d.as_int64();
    return n > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(n);
  }

  uint32_t bound_start(uint32_t i, uint32_t* at) {
    const bool rows = call_.unit == FrameUnit::kRows;
    switch (call_.start) {
      case FrameBound::kUnboundedPreceding:
        return first_;
      case FrameBound::kCurrentRow:
        return rows ? i : peer_starts_[i];
      case FrameBound::kPreceding: {
        if (!rows) return first_in_range(i, -1, offsets_.start, at);
        uint32_t n = row_offset(offsets_.start);
        return i - first_ > n ? i - n : first_;
      }
      case FrameBound::kFollowing: {
        if (!rows) return first_in_range(i, 1, offsets_.start, at);
        uint32_t n = row_offset(offsets_.start);
        return end_ - i > n ? i + n : end_;
      }
      case FrameBound::kUnboundedFollowing:
        break;
    }
    return end_;
  }

  uint32_t bound_end(uint32_t i, uint32_t* at) {
    const bool rows = call_.unit == FrameUnit::kRows;
    switch (call_.end) {
      case FrameBound::kUnboundedFollowing:
        return end_;
      case FrameBound::kCurrentRow:
        return rows ? i + 1 : peer_ends_[i];
      case FrameBound::kPreceding: {
        if (!rows) return end_of_range(i, -1, offsets_.end, at);
        uint32_t n = row_offset(offsets_.end);
        return i - first_ >= n ? i - n + 1 : first_;
      }
      case FrameBound::kFollowing: {
        if (!rows) return end_of_range(i, 1, offsets_.end, at);
        uint32_t n = row_offset(offsets_.end);
        return end_ - i - 1 >= n ? i + n + 1 : end_;
      }
      case FrameBound::kUnboundedPreceding:
        break;
    }
    return first_;
  }

  /// Whether the key at `position` lies before key(i) + sign * offset in window order; with
  /// `or_at`, also where it is just there.
  bool before(uint32_t position, uint32_t i, int sign, const Datum& offset, bool or_at) const {
    const bool descending = rows_.sort_keys()[0].order == SortOrder::kDescending;
    if (descending) sign = -sign;
    int c = 0;
    if (key_.type() == TypeId::kFloat || offset.type() == TypeId::kFloat) {
      double distance = offset.type() == TypeId::kFloat ? offset.as_double()
                                                        : static_cast<double>(offset.as_int64());
      c = types::compare_doubles(number(position), number(i) + sign * distance);
    } else {
      __int128 limit = static_cast<__int128>(key_.data<int64_t>()[i]) +
                       static_cast<__int128>(sign) * offset.as_int64();
      __int128 key = key_.data<int64_t>()[position];
      c = key < limit ? -1 : (key > limit ? 1 : 0);
    }
    if (descending) c = -c;
    return or_at ? c <= 0 : c < 0;
  }
  double number(uint32_t position) const {
    return key_.type() == TypeId::kFloat ? key_.data<double>()[position]
                                         : static_cast<double>(key_.data<int64_t>()[position]);
  }

  /// NULL keys have no distance: their frame ends with their peers.
  uint32_t first_in_range(uint32_t i, int sign, const Datum& offset, uint32_t* at) {
    if (key_.is_null(i)) return peer_starts_[i];
    uint32_t& p = *at;
    while (p < end_ && (key_.is_null(p) ? null_sorts_first() : before(p, i, sign, offset, false))) {
      ++p;
    }
    return p;
  }
  uint32_t end_of_range(uint32_t i, int sign, const Datum& offset, uint32_t* at) {
    if (key_.is_null(i)) return peer_ends_[i];
    uint32_t& p = *at;
    while (p < end_ && (key_.is_null(p) ? null_sorts_first() : before(p, i, sign, offset, true))) {
      ++p;
    }
    return p;
  }
  bool null_sorts_first() const { return rows_.sort_keys()[0].nulls == NullOrder::kFirst; }

  const WindowCall& call_;
  const FrameOffsets& offsets_;
  WindowRows& rows_;
  ColumnBuffer key_;
  std::span<const uint32_t> peer_starts_, peer_ends_;
  uint32_t first_ = 0, end_ = 0;
};

}  // namespace

Status check_frame(const WindowCall& call, const FrameOffsets& offsets) {
  if (call.start == FrameBound::kUnboundedFollowing ||
      call.end == FrameBound::kUnboundedPreceding || rank_of(call.start) > rank_of(call.end)) {
    return frame_error("frame start must not come after the frame end");
  }
  ORRERY_TRY(check_offset(call.start, call.unit, offsets.start));
  return check_offset(call.end, call.unit, offsets.end);
}

Result<std::vector<Frame>> find_frames(const WindowCall& call, const FrameOffsets& offsets,
                                       WindowRows& rows) {
  auto has_offset = [](FrameBound b) {
    return b == FrameBound::kPreceding || b == FrameBound::kFollowing;
  };
  if (call.unit == FrameUnit::kRange && (has_offset(call.start) || has_offset(call.end))) {
    if (rows.sort_keys().size() != 1) {
      return frame_error("RANGE with an offset needs exactly one ORDER BY key");
    }
    TypeId type = rows.column(rows.sort_keys()[0].column).type();
    if (type != TypeId::kInteger && type != TypeId::kFloat && type != TypeId::kTimestamp) {
      return frame_error("RANGE with an offset needs a numeric ORDER BY key");
    }
  }
  std::vector<Frame> frames(rows.size());
  FrameWalk walk(call, offsets, rows);
  auto partitions = rows.partitions();
  for (size_t p = 0; p + 1 < partitions.size(); ++p) {
    walk.partition(partitions[p], partitions[p + 1], frames.data());
  }
  return frames;
}

}  // namespace orrery::exec
