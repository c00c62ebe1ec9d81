#include "storage/table.h"

#include <algorithm>

#include "base/assert.h"
#include "storage/table_impl.h"

namespace orrery::storage {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

int32_t TableDef::find_column(std::string_view column) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (same_name(columns[i].name, column)) return static_cast<int32_t>(i);
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].alias.empty() && same_name(columns[i].alias, column)) {
      return static_cast<int32_t>(i);
    }
  }
  return -1;
}

const Index* Table::find_index(std::string_view name) const {
  for (const std::shared_ptr<Index>& index : indexes_) {
    if (same_name(index->def().name, name)) return index.get();
  }
  for (const std::shared_ptr<Index>& index : indexes_) {
    const std::string& alias = index->def().alias;
    if (!alias.empty() && same_name(alias, name)) return index.get();
  }
  return nullptr;
}

uint64_t Table::approximate_row_count() const {
  const TableCore& core = impl_of(*this).core();
  SharedLockGuard<RwLatch> hold(core.latch);
  return core.live_rows();
}

bool Table::exact_row_count(const ReadView& view, uint64_t* count) const {
  const TableCore& core = impl_of(*this).core();
  SharedLockGuard<RwLatch> hold(core.latch);
  // Where every row has one version, all views see the same; so do those that see every change.
  if (!core.settled() && (core.writers != 0 ||
                          core.last_write.load() > view.seq)) {
    return false;
  }
  *count = core.live_rows();
  return true;
}

void Table::add_watcher() const { impl_of(*this).watchers().fetch_add(1); }
void Table::remove_watcher() const {
  uint32_t before = impl_of(*this).watchers().fetch_sub(1);
  ORRERY_ASSERT(before != 0);
}
bool Table::watched() const {
  return impl_of(*this).watchers().load(std::memory_order_relaxed) != 0;
}

uint64_t Table::version() const {
  return impl_of(*this).core().last_write.load(std::memory_order_acquire);
}

uint64_t Table::memory_bytes() const { return impl_of(*this).memory_bytes(); }

ReadLatch::ReadLatch(const Table& table) : table_(table) {
  impl_of(table_).core().latch.lock_shared();
}
ReadLatch::~ReadLatch() { impl_of(table_).core().latch.unlock_shared(); }

TableCursor::TableCursor(const Table& table, const ReadView& view)
    : table_(&table), view_(view), end_(UINT64_MAX) {}

TableCursor::TableCursor(const Table& table, const ReadView& view, uint32_t index, uint32_t count)
    : table_(&table), view_(view), end_(UINT64_MAX) {
  const TableCore& core = impl_of(table).core();
  SharedLockGuard<RwLatch> hold(core.latch);
  uint64_t slots = core.pages.end();
  slot_ = slots / count * index;
  // The last share takes what is added meanwhile too: such rows are not visible to the view, or
  // the transaction's own.
  if (index + 1 < count) end_ = slots / count * (index + 1);
}

uint32_t TableCursor::next(RowRef* rows, RowId* ids, uint32_t max) {
  const RowPages& pages = impl_of(*table_).core().pages;
  uint64_t end = std::min<uint64_t>(end_, pages.end());
  uint32_t n = 0;
  while (n < max && slot_ < end) {
    uint64_t page = slot_ >> pages.page_shift();
    uint64_t page_end = std::min<uint64_t>(end, (page + 1) << pages.page_shift());
    if (pages.page_used(page) == 0) {
      slot_ = page_end;
      continue;
    }
    uint64_t stop = std::min<uint64_t>(page_end, slot_ + (max - n));
    const uint8_t* slot = pages.slot(slot_);
    uint32_t width = pages.slot_bytes();
    if (pages.page_marked(page) == 0) {
      uint32_t count = static_cast<uint32_t>(stop - slot_);
      for (uint32_t i = 0; i < count; ++i) rows[n + i] = slot + 8 + uint64_t{i} * width;
      if (ids != nullptr) {
        for (uint32_t i = 0; i < count; ++i) ids[n + i] = slot_ + i;
      }
      n += count;
      slot_ = stop;
      continue;
    }
    for (; slot_ < page_end && n < max; ++slot_, slot += width) {
      uint64_t word;
      std::memcpy(&word, slot, 8);
      const uint8_t* image = slot + 8;
      if (word != 0) {
        image = visible_image(word, image, view_);
        if (image == nullptr) continue;
      }
      rows[n] = image;
      if (ids != nullptr) ids[n] = slot_;
      ++n;
    }
  }
  return n;
}

uint64_t TableCursor::skip(uint64_t n) {
  const RowPages& pages = impl_of(*table_).core().pages;
  const uint64_t end = std::min<uint64_t>(end_, pages.end());
  uint64_t passed = 0;
  while (passed < n && slot_ < end) {
    const uint64_t page = slot_ >> pages.page_shift();
    const uint64_t page_end = std::min<uint64_t>(end, (page + 1) << pages.page_shift());
    if (pages.page_used(page) == 0) {
      slot_ = page_end;
      continue;
    }
    if (pages.page_marked(page) == 0) {
      const uint64_t some = std::min(page_end - slot_, n - passed);
      passed += some;
      slot_ += some;
      continue;
    }
    for (; slot_ < page_end && passed < n; ++slot_) {
      const uint64_t word = pages.word(slot_);
      const bool visible =
          word == 0 || visible_image(word, pages.image(slot_), view_) != nullptr;
      passed += visible ? 1 : 0;
    }
  }
  return passed;
}

RowRef visible_row(const Table& table, RowId id, const ReadView& view) {
  const RowPages& pages = impl_of(table).core().pages;
  if (id >= pages.end()) return nullptr;
  return visible_image(pages.word(id), pages.image(id), view);
}

types::Datum read_cell(const Table& table, uint32_t column, RowRef row) {
  return table.layout().cell(row, column);
}

}  // namespace orrery::storage
