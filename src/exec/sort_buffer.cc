#include "exec/sort_buffer.h"

#include <algorithm>

namespace orrery::exec {

namespace {
/// Up to this many rows wanted, only candidates for them are kept.
constexpr uint64_t kTopRowsMax = 65536;
}  // namespace

void SortBuffer::init(std::vector<types::TypeId> types, std::vector<SortColumn> keys) {
  types_ = std::move(types);
  keys_ = std::move(keys);
  rows_.init(types_);
}

void SortBuffer::begin(uint64_t wanted) {
  rows_.clear();
  wanted_ = wanted;
  bound_.active = false;
}

void SortBuffer::append(std::span<const types::Vector* const> columns,
                        const types::Selection& sel) {
  if (wanted_ > kTopRowsMax) {
    rows_.append(columns, sel);
    return;
  }
  rows_.append(columns, bound_.active ? below_bound(columns, sel) : sel);
  if (rows_.size() >= wanted_ * 2 + types::kVectorCapacity / 2) cut();
}

types::Selection SortBuffer::below_bound(std::span<const types::Vector* const> columns,
                                         const types::Selection& sel) {
  prefixes_.resize(sel.count);
  selected_.resize(sel.count);
  sort_prefixes(*columns[keys_[0].column], sel, keys_[0], prefixes_.data());
  uint32_t n = 0;
  for (uint32_t i = 0; i < sel.count; ++i) {
    selected_[n] = sel[i];
    n += prefixes_[i] <= bound_.prefix ? 1 : 0;
  }
  return {selected_.data(), n};
}

void SortBuffer::cut() {
  std::vector<uint32_t> kept = smallest_rows(rows_, keys_, static_cast<uint32_t>(wanted_));
  if (!keys_.empty()) {
    bound_ = {true, keys_[0], 0};
    const ColumnBuffer& column = rows_.column(keys_[0].column);
    for (uint32_t r : kept) {
      bound_.prefix = std::max(bound_.prefix, sort_prefix(column, r, keys_[0]));
    }
  }
  RowBuffer smaller;
  smaller.init(types_);
  smaller.append(rows_, kept.data(), 0, static_cast<uint32_t>(kept.size()));
  rows_ = std::move(smaller);
}

std::vector<uint32_t> SortBuffer::sort() {
  std::vector<uint32_t> order = sorted_rows(rows_, keys_);
  if (order.size() > wanted_) order.resize(static_cast<size_t>(wanted_));
  return order;
}

}  // namespace orrery::exec
