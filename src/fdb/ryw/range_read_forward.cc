// The forward direction of RangeRead.
#include <algorithm>
#include <utility>

#include "fdb/ryw/range_read.h"

namespace orrery::fdb::ryw {

Result<RangeRead::Outcome> RangeRead::scan_forward() {
  for (;;) {
    const bool crossed = begin_.key >= end_.key;
    if (result_.rows.empty() && begin_offset_left_ >= end_offset_left_ && crossed) {
      return Outcome::kFinishEmpty;
    }
    if (end_.offset <= 1 && end_.key.empty()) return Outcome::kFinishWithFlags;
    if ((begin_.offset >= end_.offset && crossed) ||
        (begin_.offset >= 1 && begin_.key >= key_end())) {
      const bool far_is_known = end_.is_first_greater_or_equal() || result_.rows.empty();
      return far_is_known ? Outcome::kFinish : Outcome::kResolveLast;
    }
    if (at_.known() && at_.begin() > far_.begin()) {
      return end_.is_first_greater_or_equal() ? Outcome::kFinish : Outcome::kFinishWithFlags;
    }
    const bool enough_past = rows_past_ >= 1 - int64_t{end_.offset};
    if (limits_.reached() && enough_past) return Outcome::kFinish;
    if (at_.same_place(far_) &&
        (at_.known() || (begin_.offset > 0 && end_.is_first_greater_or_equal() &&
                         end_.key == at_.begin()))) {
      return Outcome::kFinish;
    }
    if (at_.unreadable()) return fail(error::accessed_unreadable);
    if (at_.kind() == SegmentKind::kUnknown) {
      if (limits_.satisfied_min_rows() && !result_.rows.empty() && enough_past) {
        result_.more = true;  // another read for a few bytes more is left to the caller
        return Outcome::kFinish;
      }
      prepare_forward();
      return Outcome::kWait;
    }
    if (at_.kind() == SegmentKind::kRow) FDB_TRY(collect_forward());
    at_.next();
  }
}

/// Takes the row, or the run of the database's rows, that is here.
Status RangeRead::collect_forward() {
  if (!at_.is_database_row()) {
    bool present = false;
    return append_written(at_, &present);
  }
  append_run(at_.run_forward(end_.is_first_greater_or_equal() ? end_.key : key_end()));
  return {};
}

/// Chooses the read of the database that begins in the unknown segment here. It goes on over own clears of single keys,
/// more of them with each read, and asks for as many rows more.
void RangeRead::prepare_forward() {
  const int clears_max = clear_limit();
  Segments last = at_;
  int clears = 0;
  if (at_.begin() < far_.begin()) {
    clears = std::min(skip_unknown_forward(last, far_, clears_max + 100), clears_max);
  }
  if (!last.same_place(far_)) {
    want_.end = Selector(last.end(), 1);
    if (end_.offset < 1) additional_rows_ += 1 - int64_t{end_.offset};
  } else if (end_.offset < 1) {
    want_.end = Selector(end_.key, 1);
    additional_rows_ += 1 - int64_t{end_.offset};
  } else {
    want_.end = end_;
    if (end_.offset > 1) {
      clears += count_empty_forward(last, key_end(), clears_max - clears);
      want_.end.offset += clears;
    }
  }
  additional_rows_ += clears;
  if (begin_.is_first_greater_or_equal()) {
    begin_.key = std::max(at_.begin(), begin_.key);
    want_.begin = begin_;
  } else if (begin_.offset > 1) {
    want_.begin = Selector(begin_.key, 1);
    additional_rows_ += int64_t{begin_.offset} - 1;
  } else {
    want_.begin = begin_;
    const int before = count_empty_backward(at_, clears_max);
    want_.begin.offset -= before;
    additional_rows_ += before;
  }
  want_.end.key = std::max(want_.end.key, want_.begin.key);
  set_request_limits(2 - want_.begin.offset);
}

/// Tells the cache what the reply says: its rows, and that there are no others where it was complete.
void RangeRead::learn_forward(RangeResult&& reply) {
  Edge begin = want_.begin.offset <= 1 ? want_.begin.key : Edge(kAllKeysEnd);
  Edge end = !reply.more && want_.end.offset >= 1 ? want_.end.key : Edge();
  if (reply.read_to_begin) begin = Edge();
  if ((reply.read_through_end && !reply.more) || both_left_end(reply)) end = Edge(kAllKeysEnd);
  if (!reply.rows.empty()) {
    begin = std::min(begin, Edge(reply.rows.front().key()));
    const Edge last(reply.rows.back().key());
    if (reply.read_through) {
      end = std::max(end, Edge(*reply.read_through));
    } else if (reply.more || last >= end) {
      end = Edge(last.base, 1);
    }
  }
  context_.cache->insert(begin, end, std::move(reply.rows));
}

void RangeRead::trim_forward() {
  if (end_.is_first_greater_or_equal()) {
    const std::vector<Row>& rows = result_.rows.list();
    const auto stop = std::partition_point(rows.begin(), rows.end(),
                                           [this](const Row& row) { return Edge(row.key()) < end_.key; });
    if (stop != rows.end()) {
      result_.more = false;
      result_.rows.truncate(static_cast<size_t>(stop - rows.begin()));
    }
  }
  result_.read_to_begin = read_to_begin_;
  result_.read_through_end = !result_.more && read_through_end_;
}

int skip_unknown_forward(Segments& at, const Segments& far, int steps) {
  Edge empty_since = at.begin();
  Edge end = at.end();
  int singles = 0;
  while (!at.same_place(far) && --steps >= 0) {
    if (at.unreadable() || at.kind() == SegmentKind::kEmpty) {
      if (at.unreadable() || !is_key_after(empty_since, end)) break;
      singles++;
    } else {
      empty_since = end;
    }
    at.next();
    end = at.end();
  }
  while (at.unreadable() || at.kind() != SegmentKind::kUnknown) at.prev();
  return singles;
}

int count_empty_forward(Segments at, const Edge& key_end, int count_max) {
  if (count_max <= 0) return 0;
  Edge empty_since = at.begin();
  int singles = 0;
  for (Edge end = at.end(); end < key_end; end = at.end()) {
    if (at.unreadable() || at.kind() == SegmentKind::kEmpty) {
      if (at.unreadable() || !is_key_after(empty_since, end)) return singles;
      if (++singles >= count_max) return count_max;
    } else {
      empty_since = end;
    }
    at.next();
  }
  return singles;
}

}  // namespace orrery::fdb::ryw
