#include "host/abi/row_iterators.h"

#include <algorithm>
#include <cstring>

#include "base/short_copy.h"
#include "storage/row_layout.h"

namespace orrery::host {
namespace {

constexpr size_t kChunkBytes = 32 << 10;  // what copied rows are given out by

}  // namespace

uint32_t RowIterators::take_slot() {
  uint32_t slot = 0;
  if (free_.empty()) {
    if (slots_.size() == kOpenMax) return 0;
    slot = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  slots_[slot].open = true;
  ++open_;
  return slot + 1 + kOneRows;
}

void RowIterators::release(Iterator& iterator) {
  if (iterator.scan) --live_scans_;
  iterator.scan.reset();
  iterator.open = false;
  iterator.table = nullptr;
  if (iterator.rows.capacity() > kChunkBytes) iterator.rows = std::string();
  iterator.rows.clear();
  iterator.chunk_ends.clear();
  iterator.chunk = 0;
  free_.push_back(static_cast<uint32_t>(&iterator - slots_.data()));
  --open_;
}

uint32_t RowIterators::open(const storage::Table& table, storage::BsatnScan scan) {
  const uint32_t number = take_slot();
  if (number == 0) return 0;
  Iterator& iterator = at(number);
  iterator.table = &table;
  iterator.scan.emplace(std::move(scan));
  ++live_scans_;
  return number;
}

uint32_t RowIterators::open_table(const storage::Table& table, const storage::ReadView& view) {
  const uint32_t number = take_slot();
  if (number == 0) return 0;
  Iterator& iterator = at(number);
  iterator.table = &table;
  iterator.scan.emplace(table, view);
  ++live_scans_;
  return number;
}

uint32_t RowIterators::open_row(const storage::Table& table, storage::RowRef image) {
  const storage::RowLayout& layout = table.layout();
  const uint32_t number = take_slot();
  if (number == 0 || image == nullptr) return number;
  Iterator& iterator = at(number);
  layout.append_bsatn(image, &iterator.rows);
  iterator.chunk_ends.push_back(iterator.rows.size());
  return number;
}

int32_t RowIterators::advance_one(uint32_t place, std::span<uint8_t> out, uint32_t* size) {
  const uint32_t bit = 1u << place;
  if ((one_rows_open_ & bit) == 0) return static_cast<int32_t>(Errno::kNoSuchIter);
  const OneRow& row = one_rows_[place];
  *size = row.size;
  if (row.size > out.size()) return static_cast<int32_t>(Errno::kBufferTooSmall);
  copy_short(out.data(), row.bytes, row.size);
  one_rows_open_ &= ~bit;
  return kExhausted;
}

int32_t RowIterators::advance(uint32_t number, std::span<uint8_t> out, uint32_t* size) {
  if (number - 1 < kOneRows) return advance_one(number - 1, out, size);
  Iterator* const iterator = find(number);
  if (iterator == nullptr) return static_cast<int32_t>(Errno::kNoSuchIter);
  const int32_t state =
      iterator->scan ? advance_scan(*iterator, out, size) : advance_copied(*iterator, out, size);
  if (state == kExhausted) release(*iterator);
  return state;
}

int32_t RowIterators::advance_scan(Iterator& iterator, std::span<uint8_t> out, uint32_t* size) {
  const storage::BsatnScan::Filled filled = iterator.scan->fill(out);
  switch (filled.state) {
    case storage::BsatnScan::State::kMore:
      *size = static_cast<uint32_t>(filled.bytes);
      return 0;
    case storage::BsatnScan::State::kDone:
      *size = static_cast<uint32_t>(filled.bytes);
      return kExhausted;
    case storage::BsatnScan::State::kBufferTooSmall:
      *size = static_cast<uint32_t>(filled.needed);
      return static_cast<int32_t>(Errno::kBufferTooSmall);
  }
  return static_cast<int32_t>(Errno::kHostCallFailure);
}

int32_t RowIterators::advance_copied(Iterator& iterator, std::span<uint8_t> out, uint32_t* size) {
  size_t begin = iterator.chunk == 0 ? 0 : iterator.chunk_ends[iterator.chunk - 1];
  size_t used = 0;
  while (iterator.chunk < iterator.chunk_ends.size()) {
    const size_t bytes = iterator.chunk_ends[iterator.chunk] - begin;
    if (bytes > out.size() - used) {
      *size = static_cast<uint32_t>(used == 0 ? bytes : used);
      return used == 0 ? static_cast<int32_t>(Errno::kBufferTooSmall) : 0;
    }
    if (bytes > 0) std::memcpy(out.data() + used, iterator.rows.data() + begin, bytes);
    used += bytes;
    begin += bytes;
    ++iterator.chunk;
  }
  *size = static_cast<uint32_t>(used);
  return kExhausted;
}

Errno RowIterators::close(uint32_t number) {
  if (number - 1 < kOneRows) {
    const uint32_t bit = 1u << (number - 1);
    if ((one_rows_open_ & bit) == 0) return Errno::kNoSuchIter;
    one_rows_open_ &= ~bit;
    return Errno::kOk;
  }
  Iterator* const iterator = find(number);
  if (iterator == nullptr) return Errno::kNoSuchIter;
  release(*iterator);
  return Errno::kOk;
}

void RowIterators::close_all() {
  one_rows_open_ = 0;
  for (Iterator& iterator : slots_) {
    if (iterator.open) release(iterator);
  }
}

void RowIterators::copy_scans(const storage::Table& table) {
  for (Iterator& iterator : slots_) {
    if (!iterator.scan || iterator.table != &table) continue;
    copy_rest(iterator);
    iterator.scan.reset();
    --live_scans_;
  }
}

void RowIterators::copy_rest(Iterator& iterator) {
  using State = storage::BsatnScan::State;
  size_t room = kChunkBytes;
  for (;;) {
    const size_t begin = iterator.rows.size();
    iterator.rows.resize(begin + room);
    const storage::BsatnScan::Filled filled =
        iterator.scan->fill({reinterpret_cast<uint8_t*>(iterator.rows.data()) + begin, room});
    iterator.rows.resize(begin + filled.bytes);
    if (filled.bytes > 0 || filled.rows > 0) iterator.chunk_ends.push_back(iterator.rows.size());
    if (filled.state == State::kDone) return;
    room =
        filled.state == State::kBufferTooSmall ? std::max(filled.needed, kChunkBytes) : kChunkBytes;
  }
}

}  // namespace orrery::host
