// The reverse direction of RangeRead.
#include <algorithm>
#include <utility>

#include "fdb/ryw/range_read.h"

namespace orrery::fdb::ryw {

Result<RangeRead::Outcome> RangeRead::scan_reverse() {
  for (;;) {
    const bool crossed = begin_.key >= end_.key;
    if (result_.rows.empty() && begin_offset_left_ >= end_offset_left_ && crossed) {
      return Outcome::kFinishEmpty;
    }
    if (!begin_.is_backward() && begin_.key >= key_end()) return Outcome::kFinishWithFlags;
    if ((begin_.offset >= end_.offset && crossed) || (end_.offset <= 1 && end_.key.empty())) {
      const bool far_is_known = begin_.is_first_greater_or_equal() || result_.rows.empty();
      return far_is_known ? Outcome::kFinish : Outcome::kResolveLast;
    }
    const bool enough_past = rows_past_ >= int64_t{begin_.offset} - 1;
    if (enough_past && at_.known() && at_.begin() < far_.begin()) {
      return begin_.is_first_greater_or_equal() ? Outcome::kFinish : Outcome::kFinishWithFlags;
    }
    if (limits_.reached() && enough_past) return Outcome::kFinish;
    if (end_.is_first_greater_or_equal() && end_.key == at_.begin()) {
      if (enough_past && at_.same_place(far_)) return Outcome::kFinish;
      at_.prev();
    }
    if (at_.unreadable()) return fail(error::accessed_unreadable);
    if (at_.kind() == SegmentKind::kUnknown) {
      if (limits_.has_bytes() && !result_.rows.empty() && enough_past) {
        result_.more = true;  // another read for a few bytes more is left to the caller
        return Outcome::kFinish;
      }
      prepare_reverse();
      return Outcome::kWait;
    }
    if (at_.kind() == SegmentKind::kRow) FDB_TRY(collect_reverse());
    if (at_.same_place(far_)) return Outcome::kFinish;
    at_.prev();
  }
}

/// Takes the row, or the run of the database's rows, that is here.
Status RangeRead::collect_reverse() {
  if (!at_.is_database_row()) {
    bool present = false;
    return append_written(at_, &present);
  }
  append_run(at_.run_backward(begin_.is_first_greater_or_equal() ? begin_.key : Edge()));
  return {};
}

/// Chooses the read of the database that ends in the unknown segment here; the mirror image of prepare_forward().
void RangeRead::prepare_reverse() {
  const int clears_max = clear_limit();
  Segments last = at_;
  int clears = 0;
  if (at_.begin() > far_.begin()) {
    clears = std::min(skip_unknown_backward(last, far_, clears_max + 100), clears_max);
  }
  if (!last.same_place(far_)) {
    want_.begin = Selector(last.begin(), 1);
    if (begin_.offset > 1) additional_rows_ += int64_t{begin_.offset} - 1;
  } else if (begin_.offset > 1) {
    want_.begin = Selector(begin_.key, 1);
    additional_rows_ += int64_t{begin_.offset} - 1;
  } else {
    want_.begin = begin_;
    if (begin_.offset < 1) {
      clears += count_empty_backward(last, clears_max - clears);
      want_.begin.offset -= clears;
    }
  }
  additional_rows_ += clears;
  if (end_.is_first_greater_or_equal()) {
    end_.key = std::min(at_.end(), end_.key);
    want_.end = end_;
  } else if (end_.offset < 1) {
    want_.end = Selector(end_.key, 1);
    additional_rows_ += 1 - int64_t{end_.offset};
  } else {
    want_.end = end_;
    const int behind = count_empty_forward(at_, key_end(), clears_max);
    want_.end.offset += behind;
    additional_rows_ += behind;
  }
  want_.begin.key = std::min(want_.begin.key, want_.end.key);
  set_request_limits(want_.end.offset);
}

/// Tells the cache what the reply says: its rows, and that there are no others where it was complete.
void RangeRead::learn_reverse(RangeResult&& reply) {
  Edge begin = !reply.more && want_.begin.offset <= 1 ? want_.begin.key : Edge(kAllKeysEnd);
  Edge end = want_.end.offset >= 1 ? want_.end.key : Edge();
  // A selector off the beginning says so at once, also where the rows stop before it.
  if (reply.read_to_begin && !reply.more) begin = Edge();
  if (reply.read_through_end || both_left_end(reply)) end = Edge(kAllKeysEnd);
  if (!reply.rows.empty()) {
    const Edge last(reply.rows.back().key());
    if (reply.read_through) {
      begin = std::min(begin, Edge(*reply.read_through));
    } else if (reply.more || last <= begin) {
      begin = last;
    }
    const Edge first(reply.rows.front().key());
    if (first >= end) end = Edge(first.base, 1);
  }
  reply.rows.reverse();
  context_.cache->insert(begin, end, std::move(reply.rows));
}

void RangeRead::trim_reverse() {
  if (begin_.is_first_greater_or_equal()) {
    const std::vector<Row>& rows = result_.rows.list();
    const auto stop = std::partition_point(rows.begin(), rows.end(), [this](const Row& row) {
      return Edge(row.key()) >= begin_.key;
    });
    if (stop != rows.end()) {
      result_.more = false;
      result_.rows.truncate(static_cast<size_t>(stop - rows.begin()));
    }
  }
  result_.read_to_begin = !result_.more && read_to_begin_;
  result_.read_through_end = read_through_end_;
}

int skip_unknown_backward(Segments& at, const Segments& far, int steps) {
  Edge begin = at.begin();
  Edge empty_until = at.end();
  int singles = 0;
  while (!at.same_place(far) && --steps >= 0) {
    if (at.unreadable() || at.kind() == SegmentKind::kEmpty) {
      if (at.unreadable() || !is_key_after(begin, empty_until)) break;
      singles++;
    } else {
      empty_until = begin;
    }
    at.prev();
    begin = at.begin();
  }
  while (at.unreadable() || at.kind() != SegmentKind::kUnknown) at.next();
  return singles;
}

int count_empty_backward(Segments at, int count_max) {
  if (count_max <= 0) return 0;
  Edge empty_until = at.end();
  int singles = 0;
  for (Edge begin = at.begin(); !begin.empty(); begin = at.begin()) {
    if (at.unreadable() || at.kind() == SegmentKind::kEmpty) {
      if (at.unreadable() || !is_key_after(begin, empty_until)) return singles;
      if (++singles >= count_max) return count_max;
    } else {
      empty_until = begin;
    }
    at.prev();
  }
  return singles;
}

}  // namespace orrery::fdb::ryw
