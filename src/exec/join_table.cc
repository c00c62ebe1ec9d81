#include "exec/join_table.h"

#include <algorithm>
#include <limits>

#include "exec/row_hash.h"

namespace orrery::exec {

using types::Selection;
using types::TypeId;
using types::Vector;

void JoinTable::init(std::span<const TypeId> types, std::vector<uint32_t> key_columns,
                     std::vector<TypeId> probe_types) {
  rows_.init(types);
  key_columns_ = std::move(key_columns);
  integer_keys_ = key_columns_.size() == 1 && probe_types[0] == types[key_columns_[0]] &&
                  (probe_types[0] == TypeId::kInteger || probe_types[0] == TypeId::kTimestamp);
  clear();
}

void JoinTable::clear() {
  rows_.clear();
  heads_.clear();
  next_.clear();
  hashes_.clear();
  null_key_.clear();
  has_null_key_ = false;
  mode_ = Mode::kGeneric;
}

uint64_t JoinTable::bytes() const {
  return rows_.bytes() + heads_.capacity() * 4 + next_.capacity() * 4 + hashes_.capacity() * 8 +
         null_key_.capacity();
}

void JoinTable::mark_null_keys() {
  null_key_.clear();
  has_null_key_ = false;
  for (uint32_t c : key_columns_) {
    const ColumnBuffer& column = rows_.column(c);
    if (!column.has_nulls()) continue;
    if (null_key_.empty()) null_key_.assign(rows_.size(), 0);
    for (uint32_t r = 0; r < rows_.size(); ++r) {
      if (!column.is_null(r)) continue;
      null_key_[r] = 1;
      has_null_key_ = true;
    }
  }
}

bool JoinTable::build_direct() {
  const auto* keys = rows_.column(key_columns_[0]).data<int64_t>();
  const uint32_t n = rows_.size();
  int64_t low = std::numeric_limits<int64_t>::max(), high = std::numeric_limits<int64_t>::min();
  for (uint32_t r = 0; r < n; ++r) {
    if (has_null_key_ && null_key_[r]) continue;
    low = std::min(low, keys[r]);
    high = std::max(high, keys[r]);
  }
  if (low > high) return false;
  uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  if (range >= std::max<uint64_t>(uint64_t{n} * 4, 1024)) return false;
  direct_base_ = low;
  heads_.assign(range + 1, kNone);
  for (uint32_t r = n; r-- > 0;) {
    if (has_null_key_ && null_key_[r]) continue;
    uint32_t& head = heads_[static_cast<uint64_t>(keys[r]) - static_cast<uint64_t>(low)];
    next_[r] = head;
    head = r;
  }
  return true;
}

void JoinTable::build() {
  const uint32_t n = rows_.size();
  mark_null_keys();
  next_.resize(n);
  if (integer_keys_ && build_direct()) {
    mode_ = Mode::kDirect;
    return;
  }
  mode_ = integer_keys_ ? Mode::kInteger : Mode::kGeneric;
  hashes_.resize(n);
  uint64_t buckets = 64;
  while (buckets < uint64_t{n} * 2) buckets *= 2;
  mask_ = buckets - 1;
  heads_.assign(buckets, kNone);
  // Keys may be any columns: bring their hashes together column by column.
  for (size_t k = 0; k < key_columns_.size(); ++k) {
    hash_column(rows_.column(key_columns_[k]), 0, n,
                k == 0 ? HashStart::kFirstColumn : HashStart::kNextColumn, hashes_.data());
  }
  if (key_columns_.empty()) std::fill(hashes_.begin(), hashes_.end(), 0);
  for (uint32_t r = n; r-- > 0;) {
    if (has_null_key_ && null_key_[r]) continue;
    uint32_t& head = heads_[hashes_[r] & mask_];
    next_[r] = head;
    head = r;
  }
}

bool JoinTable::matches(std::span<const Vector* const> keys, uint32_t probe_row, uint64_t hash,
                        uint32_t row) const {
  if (hashes_[row] != hash) return false;
  for (size_t k = 0; k < keys.size(); ++k) {
    if (!cells_equal(*keys[k], probe_row, rows_.column(key_columns_[k]), row)) return false;
  }
  return true;
}

void JoinTable::find_heads(std::span<const Vector* const> keys, const Selection& sel,
                           uint32_t* heads, uint64_t* hashes) const {
  if (rows_.size() == 0) {
    std::fill(heads, heads + sel.count, kNone);
    return;
  }
  if (mode_ == Mode::kDirect) {
    const Vector& v = *keys[0];
    const uint64_t size = heads_.size();
    const auto base = static_cast<uint64_t>(direct_base_);
    for (uint32_t i = 0; i < sel.count; ++i) {
      uint64_t at = static_cast<uint64_t>(v.cell<int64_t>(sel[i])) - base;
      heads[i] = at < size ? heads_[at] : kNone;
    }
  } else {
    hash_rows(keys, sel, hashes);
    for (uint32_t i = 0; i < sel.count; ++i) heads[i] = heads_[hashes[i] & mask_];
  }
  for (const Vector* v : keys) {
    if (v->type() == TypeId::kNull) std::fill(heads, heads + sel.count, kNone);
    if (!v->has_nulls()) continue;
    for (uint32_t i = 0; i < sel.count; ++i) {
      if (v->is_null(sel[i])) heads[i] = kNone;
    }
  }
}

}  // namespace orrery::exec
