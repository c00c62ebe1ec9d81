#include "fdb/ryw/write_cursor.h"

namespace orrery::fdb::ryw {

Edge WriteCursor::next_key() const {
  const WriteEntry* next = view_.after(position_);
  return next != nullptr ? Edge(next->key()) : Edge(kAllKeysEnd);
}

/// Tells begin_ and end_ from the position.
void WriteCursor::settle() {
  if (at_end_) {
    begin_ = Edge(kAllKeysEnd);
    end_ = Edge(kAllKeysEnd, 1);
    return;
  }
  if (position_.none()) {
    begin_ = Edge();
  } else {
    begin_ = Edge(entry().key(), !on_key_ && entry().has_operations ? 1 : 0);
  }
  end_ = on_key_ ? Edge(entry().key(), 1) : next_key();
}

void WriteCursor::seek(const Edge& key) {
  on_key_ = false;
  at_end_ = key >= Edge(kAllKeysEnd);
  position_ = at_end_ ? view_.last() : view_.at_or_before(key);
  if (!at_end_ && !position_.none()) on_key_ = entry().has_operations && Edge(entry().key()) == key;
  settle();
}

void WriteCursor::next() {
  if (on_key_ && !is_key_after(begin_, next_key())) {
    on_key_ = false;
  } else if (view_.advance(&position_)) {
    on_key_ = entry().has_operations;
  } else {
    on_key_ = false;
    at_end_ = true;
  }
  settle();
}

void WriteCursor::prev() {
  if (at_end_) {
    at_end_ = false;
    on_key_ = false;
  } else if (!on_key_ && !position_.none() && entry().has_operations) {
    on_key_ = true;
  } else {
    const Edge behind = begin_;
    view_.retreat(&position_);
    on_key_ = !position_.none() && entry().has_operations && is_key_after(Edge(entry().key()), behind);
  }
  settle();
}

WriteKind WriteCursor::kind() const {
  if (on_key_) return entry().is_dependent() ? WriteKind::kDependent : WriteKind::kIndependent;
  if (at_end_ || position_.none()) return WriteKind::kUnmodified;
  return entry().behind_cleared ? WriteKind::kCleared : WriteKind::kUnmodified;
}

bool WriteCursor::makes_conflict() const {
  if (at_end_ || position_.none()) return false;
  return on_key_ ? entry().key_conflict : entry().behind_conflict;
}

bool WriteCursor::unreadable() const {
  if (at_end_ || position_.none()) return false;
  return on_key_ ? entry().key_unreadable : entry().behind_unreadable;
}

}  // namespace orrery::fdb::ryw
