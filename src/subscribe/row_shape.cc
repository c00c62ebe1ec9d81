#include "subscribe/row_shape.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "types/bsatn.h"

namespace orrery::subscribe {

RowShape::RowShape(const types::AlgebraicType& row, std::span<const uint32_t> columns)
    : columns_(columns.begin(), columns.end()) {
  std::sort(columns_.begin(), columns_.end());
  columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
  if (columns_.empty()) return;
  std::span<const types::TypeElement> fields = row.elements();
  ORRERY_ASSERT(columns_.back() < fields.size());
  uint32_t slot = 0;
  for (uint32_t i = 0; i <= columns_.back(); ++i) {
    const types::AlgebraicType& type = fields[i].type;
    Step step;
    if (columns_[slot] == i) step.slot = static_cast<int32_t>(slot++);
    std::optional<uint32_t> fixed = type.fixed_bytes();
    if (fixed) {
      step.bytes = *fixed;
    } else if (type.is(types::TypeKind::kString) || type.is(types::TypeForm::kBytes)) {
      step.walk = Walk::kPrefixed;
    } else {
      step.walk = Walk::kSlow;
      step.type = type;
    }
    add_step(std::move(step));
  }
}

void RowShape::add_step(Step step) {
  // Fixed columns that nobody asked for lengthen the run before them.
  if (step.walk == Walk::kFixed && step.slot < 0 && !steps_.empty() &&
      steps_.back().walk == Walk::kFixed) {
    steps_.back().bytes += step.bytes;
    return;
  }
  steps_.push_back(std::move(step));
}

uint32_t RowShape::slot_of(uint32_t column) const {
  auto it = std::lower_bound(columns_.begin(), columns_.end(), column);
  ORRERY_ASSERT(it != columns_.end() && *it == column);
  return static_cast<uint32_t>(it - columns_.begin());
}

bool RowShape::locate(std::string_view row, uint32_t* offsets) const {
  size_t at = 0;
  for (const Step& step : steps_) {
    if (step.slot >= 0) offsets[step.slot] = static_cast<uint32_t>(at);
    switch (step.walk) {
      case Walk::kFixed:
        at += step.bytes;
        break;
      case Walk::kPrefixed: {
        if (row.size() - at < 4) return false;
        uint32_t length;
        std::memcpy(&length, row.data() + at, 4);
        at += size_t{4} + length;
        break;
      }
      case Walk::kSlow: {
        Result<size_t> length = types::bsatn_skip(step.type, row.substr(at));
        if (!length) return false;
        at += *length;
        break;
      }
    }
    if (at > row.size()) return false;
  }
  return true;
}

}  // namespace orrery::subscribe
