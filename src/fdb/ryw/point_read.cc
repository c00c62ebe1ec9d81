#include "fdb/ryw/point_read.h"

#include <utility>

#include "fdb/ryw/read_conflicts.h"

namespace orrery::fdb::ryw {
namespace {

RangeLimits one_row() {
  RangeLimits limits;
  limits.rows = 1;
  return limits;
}

}  // namespace

Result<ValueRead::Step> ValueRead::advance() {
  // What was written behind the call is not seen, so a value that was read is the answer as it is.
  if (supplied_ && !dependent_) return Step::kDone;
  Segments at(*context_.cache, context_.writes.view());
  at.seek(Edge(key_));
  if (at.unreadable() && unreadable_ == Unreadable::kFails) return fail(error::accessed_unreadable);
  dependent_ = at.writes().kind() == WriteKind::kDependent;
  depends_on_database_ = at.writes().depends_on_database();
  switch (at.kind()) {
    case SegmentKind::kUnknown: return Step::kReadValue;
    case SegmentKind::kEmpty: break;
    case SegmentKind::kRow:
      if (at.is_database_row()) {
        result_ = context_.cache->value(at.cached().entry(), at.cached().row_index());
      } else {
        const auto value = at.written_value(*context_.arena);
        if (!value) return fail(value.error());
        if (*value) result_ = SharedBytes::copy_of(**value);
      }
  }
  return Step::kDone;
}

void ValueRead::supply(std::optional<SharedBytes>&& value) {
  context_.cache->insert(key_, value);
  supplied_ = true;
  if (!dependent_) result_ = std::move(value);
}

KeyRead::KeyRead(ReadContext context, const KeySelector& selector)
    : KeyRead(context, Selector(selector), resolving_range(Selector(selector), context.key_end)) {}

KeyRead::KeyRead(ReadContext context, const Selector& selector, const ResolvingRange& range)
    : selector_(selector),
      read_(std::move(context), range.begin, range.end, one_row(), range.direction) {}

void KeyRead::add_conflict(ConflictRanges& conflicts) const {
  const EdgeRange range = key_conflict(selector_, key());
  conflicts.add_unwritten(range.begin, range.end, read_.context().writes.view());
}

}  // namespace orrery::fdb::ryw
