#include "storage/sequence.h"

#include <algorithm>
#include <cstring>

#include "base/sync.h"
#include "storage/row_layout.h"

namespace orrery::storage {

using types::I128;
using types::TypeKind;
using types::U128;

Sequence::Sequence(const SequenceDef& def)
    : def_(def), next_(def.start), reserved_(def.start) {}

/// The number after `value`.
I128 Sequence::step(I128 value) const {
  // Unsigned, so that nothing overflows; what is left to the end tells whether it is passed. The
  // increment is smaller than the range, so it is never passed twice.
  if (def_.increment > 0) {
    const U128 left = static_cast<U128>(def_.max) - static_cast<U128>(value);
    const auto by = static_cast<U128>(def_.increment);
    if (by <= left) return static_cast<I128>(static_cast<U128>(value) + by);
    return static_cast<I128>(static_cast<U128>(def_.min) + (by - left - 1));
  }
  const U128 left = static_cast<U128>(value) - static_cast<U128>(def_.min);
  const U128 by = U128{0} - static_cast<U128>(def_.increment);
  if (by <= left) return static_cast<I128>(static_cast<U128>(value) - by);
  return static_cast<I128>(static_cast<U128>(def_.max) - (by - left - 1));
}

void Sequence::reserve() {
  for (uint32_t i = 0; i < kSequenceBatch; ++i) {
    const I128 after = step(reserved_);
    if (after == next_) break;  // all the way round
    reserved_ = after;
  }
  ++number_;
}

I128 Sequence::take() {
  LockGuard<SpinLatch> hold(latch_);
  if (next_ == reserved_) reserve();
  const I128 value = next_;
  next_ = step(next_);
  return value;
}

Sequence::Reservation Sequence::reservation() const {
  LockGuard<SpinLatch> hold(latch_);
  return {number_, reserved_};
}

void Sequence::note_logged(const Reservation& r) {
  uint64_t seen = logged_.load();
  while (seen < r.number && !logged_.compare_exchange_weak(seen, r.number)) {
  }
}

bool Sequence::restore(const Reservation& r) {
  if (r.next < def_.min || r.next > def_.max) return false;
  LockGuard<SpinLatch> hold(latch_);
  if (r.number <= number_) return true;
  number_ = r.number;
  next_ = reserved_ = r.next;
  logged_.store(r.number);
  return true;
}

namespace {

bool is_integer(TypeKind kind) { return kind >= TypeKind::kI8 && kind <= TypeKind::kU256; }

}  // namespace

Status check_sequence(const SequenceDef& def, const std::vector<ColumnDef>& columns) {
  auto refuse = [&](std::string_view why) {
    return Error(ErrorCode::kInvalidArgument, "sequence '" + def.name + "' " + std::string(why));
  };
  if (def.column >= columns.size()) return refuse("names a column that is not there");
  const ColumnDef& column = columns[def.column];
  if (!is_integer(types::without_option(column.type).kind())) {
    return refuse("is of a column that is no integer");
  }
  if (column.auto_increment) return refuse("is of a column with AUTO_INCREMENT");
  if (def.min >= def.max) return refuse("has no range");
  if (def.start < def.min || def.start > def.max) return refuse("starts outside of its range");
  const U128 span = static_cast<U128>(def.max) - static_cast<U128>(def.min);
  const U128 by = def.increment < 0 ? U128{0} - static_cast<U128>(def.increment)
                                    : static_cast<U128>(def.increment);
  if (by == 0) return refuse("has no increment");
  if (by >= span) return refuse("has an increment as large as its range");
  return {};
}

bool same_numbers(const SequenceDef& a, const SequenceDef& b) {
  SequenceDef moved = b;
  moved.column = a.column;
  return a == moved;
}

bool holds_number_of(const SequenceDef& def, const ColumnLayout& c, const uint8_t* image) {
  const TypeKind kind = c.inner.kind();
  const bool is_signed = kind == TypeKind::kI8 || kind == TypeKind::kI16 ||
                         kind == TypeKind::kI32 || kind == TypeKind::kI64 ||
                         kind == TypeKind::kI128 || kind == TypeKind::kI256;
  const uint8_t* p = image + c.offset;
  uint8_t wide[32];
  std::memset(wide, is_signed && (p[c.width - 1] & 0x80) != 0 ? 0xff : 0, sizeof wide);
  std::memcpy(wide, p, std::min<size_t>(c.width, sizeof wide));
  I128 low, high;
  std::memcpy(&low, wide, sizeof low);
  std::memcpy(&high, wide + sizeof low, sizeof high);
  // Beyond I128 there is no sequence.
  return high == (low < 0 ? -1 : 0) && low >= def.min && low <= def.max;
}

bool is_zero(const ColumnLayout& c, const uint8_t* image) {
  const uint8_t* p = image + c.offset;
  uint8_t any = 0;
  for (uint32_t i = 0; i < c.width; ++i) any |= p[i];
  return any == 0;  // a NULL's bytes are zero
}

void store_number(const ColumnLayout& c, I128 value, uint8_t* image) {
  uint8_t bytes[32];
  std::memset(bytes, value < 0 ? 0xff : 0, sizeof bytes);
  std::memcpy(bytes, &value, sizeof value);
  std::memcpy(image + c.offset, bytes, std::min<size_t>(c.width, sizeof bytes));
  if (c.nullable) image[c.null_byte] &= static_cast<uint8_t>(~c.null_mask);
}

}  // namespace orrery::storage
