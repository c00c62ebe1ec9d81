#include "exec/group_table.h"

#include <algorithm>
#include <limits>

#include "exec/row_hash.h"

namespace orrery::exec {

using types::Layout;
using types::Selection;
using types::TypeId;
using types::Vector;

namespace {

constexpr uint64_t kDenseSlotsFree = 4096;  // always worth it
constexpr uint64_t kDenseSlotsMax = 1 << 22;
constexpr size_t kDenseKeysMax = 4;

bool is_dense_type(TypeId type) {
  return type == TypeId::kInteger || type == TypeId::kTimestamp || type == TypeId::kBoolean;
}

int64_t int_cell(const Vector& v, uint32_t row) {
  return layout_of(v.type()) == Layout::kBool ? v.cell<uint8_t>(row) : v.cell<int64_t>(row);
}

/// Smallest and largest value of the rows that are not NULL; false where there is none.
bool value_range(const Vector& v, const Selection& sel, int64_t* low, int64_t* high) {
  *low = std::numeric_limits<int64_t>::max();
  *high = std::numeric_limits<int64_t>::min();
  bool any = false;
  for (uint32_t i = 0; i < sel.count; ++i) {
    if (v.has_nulls() && v.is_null(sel[i])) continue;
    int64_t x = int_cell(v, sel[i]);
    *low = std::min(*low, x);
    *high = std::max(*high, x);
    any = true;
  }
  return any;
}

/// slots[i] += stride * slot of the cell; false where a cell lies outside.
template <class T>
bool add_slots(const T* cells, const Vector& v, const Selection& sel, uint64_t base, uint64_t size,
               uint64_t stride, uint32_t* slots) {
  bool inside = true;
  const bool constant = v.is_constant();
  if (!v.has_nulls() && !constant && sel.rows == nullptr) {
    for (uint32_t i = 0; i < sel.count; ++i) {
      uint64_t at = static_cast<uint64_t>(static_cast<int64_t>(cells[i])) - base;
      inside &= at < size;
      slots[i] += static_cast<uint32_t>((at + 1) * stride);
    }
    return inside;
  }
  for (uint32_t i = 0; i < sel.count; ++i) {
    uint32_t row = sel[i];
    if (v.is_null(row)) continue;
    uint64_t at = static_cast<uint64_t>(static_cast<int64_t>(cells[v.at(row)])) - base;
    inside &= at < size;
    slots[i] += static_cast<uint32_t>((at + 1) * stride);
  }
  return inside;
}

}  // namespace

void GroupTable::init(std::span<const TypeId> key_types) {
  types_.assign(key_types.begin(), key_types.end());
  keys_.init(key_types);
  can_be_dense_ = !types_.empty() && types_.size() <= kDenseKeysMax &&
                  std::all_of(types_.begin(), types_.end(), is_dense_type);
  clear();
}

void GroupTable::clear() {
  if (keys_.bytes() > 1 << 18) keys_.release();
  keys_.clear();
  dense_ = can_be_dense_;
  dense_keys_.assign(types_.size(), DenseKey{});
  clear_vector(&dense_slots_);
  clear_vector(&slots_);
  mask_ = 0;
}

void GroupTable::release() {
  keys_.release();
  clear();
  dense_slots_ = {};
  slots_ = {};
}

uint64_t GroupTable::bytes() const {
  return keys_.bytes() + dense_slots_.capacity() * 4 + slots_.capacity() * 8;
}

uint32_t GroupTable::new_rows(const uint32_t* groups, uint32_t before, const Selection& sel,
                              uint32_t* out_rows) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < sel.count; ++i) {
    if (groups[i] != before + n) continue;  // numbers are given in order of appearance
    out_rows[n++] = sel[i];
  }
  return n;
}

/// Computes slot_scratch_; false where a value lies outside of what the slots cover.
bool GroupTable::dense_slots(std::span<const Vector* const> keys, const Selection& sel) {
  slot_scratch_.assign(sel.count, 0);
  for (size_t k = 0; k < keys.size(); ++k) {
    const DenseKey& key = dense_keys_[k];
    const Vector& v = *keys[k];
    auto base = static_cast<uint64_t>(key.base);
    bool inside =
        layout_of(v.type()) == Layout::kBool
            ? add_slots(v.data<uint8_t>(), v, sel, base, key.size, key.stride, slot_scratch_.data())
            : add_slots(v.data<int64_t>(), v, sel, base, key.size, key.stride,
                        slot_scratch_.data());
    if (!inside) return false;
  }
  return !dense_slots_.empty();
}

/// Makes the slots cover the rows too; false where that would take too many.
bool GroupTable::widen(std::span<const Vector* const> keys, const Selection& sel) {
  uint64_t slots = 1;
  // In proportion to the rows at hand and the groups so far: clearing the slots must not cost more
  // than they save.
  const uint64_t limit = std::min<uint64_t>(
      kDenseSlotsMax,
      std::max({kDenseSlotsFree, uint64_t{sel.count} * 16, uint64_t{keys_.size()} * 8}));
  std::vector<DenseKey> wider = dense_keys_;
  for (size_t k = 0; k < keys.size(); ++k) {
    DenseKey& key = wider[k];
    int64_t low = 0, high = 0;
    if (value_range(*keys[k], sel, &low, &high)) {
      if (key.size != 0) {
        low = std::min(low, key.base);
        high = std::max(high, static_cast<int64_t>(static_cast<uint64_t>(key.base) + key.size - 1));
      }
      uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
      if (range >= limit) return false;
      if (key.size != 0) range = std::min(range + range / 2, limit);  // room for what comes next
      if (range > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) -
                      static_cast<uint64_t>(std::max<int64_t>(low, 0))) {
        return false;
      }
      key.base = low;
      key.size = range + 1;
    }
    key.stride = slots;
    slots *= key.size + 1;
    if (slots > limit) return false;
  }
  dense_keys_ = std::move(wider);
  dense_slots_.assign(slots, kNone);
  refill_dense();
  return true;
}

void GroupTable::refill_dense() {
  for (uint32_t g = 0; g < keys_.size(); ++g) {
    uint64_t slot = 0;
    for (size_t k = 0; k < types_.size(); ++k) {
      const ColumnBuffer& c = keys_.column(k);
      if (c.is_null(g)) continue;
      int64_t x =
          layout_of(c.type()) == Layout::kBool ? c.data<uint8_t>()[g] : c.data<int64_t>()[g];
      slot += (static_cast<uint64_t>(x) - static_cast<uint64_t>(dense_keys_[k].base) + 1) *
              dense_keys_[k].stride;
    }
    dense_slots_[slot] = g;
  }
}

void GroupTable::leave_dense() {
  dense_ = false;
  dense_slots_ = {};
  rehash(std::max<uint64_t>(256, uint64_t{keys_.size()} * 4));
}

void GroupTable::find_or_add_dense(std::span<const Vector* const> keys, const Selection& sel,
                                   uint32_t* groups) {
  const uint32_t* slots = slot_scratch_.data();
  uint32_t* table = dense_slots_.data();
  fresh_.clear();
  uint32_t next = keys_.size();
  for (uint32_t i = 0; i < sel.count; ++i) {
    uint32_t group = table[slots[i]];
    if (group == kNone) [[unlikely]] {
      group = next++;
      fresh_.push_back(sel[i]);
      table[slots[i]] = group;
    }
    groups[i] = group;
  }
  keys_.append(keys, {fresh_.data(), static_cast<uint32_t>(fresh_.size())});
}

void GroupTable::find_or_add(std::span<const Vector* const> keys, const Selection& sel,
                             uint32_t* groups) {
  if (dense_) {
    for (size_t k = 0; k < keys.size(); ++k) {
      if (keys[k]->type() != types_[k]) leave_dense();
      if (!dense_) break;
    }
  }
  if (dense_) {
    if (dense_slots(keys, sel) || (widen(keys, sel) && dense_slots(keys, sel))) {
      find_or_add_dense(keys, sel, groups);
      return;
    }
    leave_dense();
  }
  find_or_add_hashed(keys, sel, groups);
}

void GroupTable::rehash(uint64_t slots) {
  uint64_t size = 256;
  while (size < slots) size *= 2;
  slots_.assign(size, 0);
  mask_ = size - 1;
  const uint32_t n = keys_.size();
  std::vector<uint64_t> hashes(n, 0);
  for (size_t k = 0; k < types_.size(); ++k) {
    hash_column(keys_.column(k), 0, n, k == 0 ? HashStart::kFirstColumn : HashStart::kNextColumn,
                hashes.data());
  }
  for (uint32_t g = 0; g < n; ++g) {
    uint64_t at = hashes[g] & mask_;
    while (slots_[at] != 0) at = (at + 1) & mask_;
    slots_[at] = (hashes[g] & 0xffffffff00000000ULL) | (g + 1);
  }
}

bool GroupTable::same_key(std::span<const Vector* const> keys, uint32_t row, uint32_t group) const {
  const uint32_t kept = keys_.size();
  if (group >= kept) {  // made by a row of this very chunk
    for (const Vector* v : keys) {
      if (!cells_equal(*v, row, fresh_[group - kept])) return false;
    }
    return true;
  }
  for (size_t k = 0; k < keys.size(); ++k) {
    if (!cells_equal(*keys[k], row, keys_.column(k), group)) return false;
  }
  return true;
}

template <class Fn>
void GroupTable::with_equality(std::span<const Vector* const> keys, Fn&& fn) const {
  const uint32_t kept = keys_.size();
  const bool plain = keys.size() == 1 && keys[0]->type() == types_[0] && !keys[0]->has_nulls() &&
                     !keys[0]->is_constant() && !keys_.column(0).has_nulls();
  if (plain && layout_of(types_[0]) == Layout::kInt64 && types_[0] != TypeId::kNull) {
    const auto* cells = keys[0]->data<int64_t>();
    const auto* made = keys_.column(0).data<int64_t>();
    fn([=, this](uint32_t row, uint32_t group) {
      return cells[row] == (group < kept ? made[group] : cells[fresh_[group - kept]]);
    });
  } else if (plain && layout_of(types_[0]) == Layout::kString) {
    const auto* cells = keys[0]->data<types::StringRef>();
    const auto* made = keys_.column(0).data<types::StringRef>();
    fn([=, this](uint32_t row, uint32_t group) {
      return cells[row] == (group < kept ? made[group] : cells[fresh_[group - kept]]);
    });
  } else {
    fn([=, this](uint32_t row, uint32_t group) { return same_key(keys, row, group); });
  }
}

template <class Equal>
void GroupTable::add_hashed(const Selection& sel, Equal&& equal, uint32_t* groups) {
  uint64_t* slots = slots_.data();
  uint32_t next = keys_.size();
  for (uint32_t i = 0; i < sel.count; ++i) {
    const uint64_t hash = hashes_[i];
    const uint32_t row = sel[i];
    for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const uint64_t entry = slots[at];
      if (entry == 0) {
        groups[i] = next++;
        fresh_.push_back(row);
        slots[at] = (hash & 0xffffffff00000000ULL) | next;
        break;
      }
      if ((entry ^ hash) >> 32 != 0) continue;
      const auto group = static_cast<uint32_t>(entry) - 1;
      if (!equal(row, group)) continue;
      groups[i] = group;
      break;
    }
  }
}

template <class Equal>
void GroupTable::find_hashed(const Selection& sel, Equal&& equal, uint32_t* groups) const {
  for (uint32_t i = 0; i < sel.count; ++i) {
    const uint64_t hash = hashes_[i];
    groups[i] = kNone;
    for (uint64_t at = hash & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
      if ((slots_[at] ^ hash) >> 32 != 0) continue;
      const auto group = static_cast<uint32_t>(slots_[at]) - 1;
      if (!equal(sel[i], group)) continue;
      groups[i] = group;
      break;
    }
  }
}

void GroupTable::find_or_add_hashed(std::span<const Vector* const> keys, const Selection& sel,
                                    uint32_t* groups) {
  hashes_.resize(sel.count);
  hash_rows(keys, sel, hashes_.data());
  // Room for the case that every row makes a group.
  const uint64_t most = uint64_t{keys_.size()} + sel.count;
  if (slots_.size() < most * 2) rehash(most * 4);
  fresh_.clear();
  with_equality(keys, [&](auto&& equal) { add_hashed(sel, equal, groups); });
  keys_.append(keys, {fresh_.data(), static_cast<uint32_t>(fresh_.size())});
}

void GroupTable::find(std::span<const Vector* const> keys, const Selection& sel, uint32_t* groups) {
  if (keys_.size() == 0) {
    std::fill(groups, groups + sel.count, kNone);
    return;
  }
  if (dense_) leave_dense();  // values outside of the slots are nothing special for a hash
  hashes_.resize(sel.count);
  hash_rows(keys, sel, hashes_.data());
  fresh_.clear();
  with_equality(keys, [&](auto&& equal) { find_hashed(sel, equal, groups); });
}

}  // namespace orrery::exec
