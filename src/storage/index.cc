#include <algorithm>

#include "storage/index_bytes.h"
#include "storage/index_impl.h"
#include "storage/index_int.h"
#include "storage/table_impl.h"

namespace orrery::storage {

IndexImpl::IndexImpl(IndexDef def, const RowLayout& layout, const TableCore* core) : core_(core) {
  def_ = std::move(def);
  for (uint16_t column : def_.columns) columns_.emplace_back(layout, column);
}

bool IndexImpl::key_has_null(const uint8_t* image) const {
  for (const KeyColumn& c : columns_) {
    if (c.is_null(image)) return true;
  }
  return false;
}

bool IndexImpl::same_key(const uint8_t* a, const uint8_t* b) const {
  for (const KeyColumn& c : columns_) {
    if (!same_key_cell(c, a, b)) return false;
  }
  return !columns_.empty() || same_whole_row(a, b);
}

bool IndexImpl::same_whole_row(const uint8_t*, const uint8_t*) const { return true; }

bool IndexImpl::has_key(const uint8_t* image, std::span<const types::Datum> key) const {
  static thread_local std::string a, b;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const KeyColumn& c = columns_[i];
    if (c.is_null(image)) return false;
    if (has_int_key(c)) {
      int64_t k;
      bool exact;
      if (!int_key_floor(c, key[i], &k, &exact) || !exact || k != int_key(c, image)) return false;
      continue;
    }
    a.clear();
    b.clear();
    append_key(c, image, KeyPlace::kLast, &a);
    if (!append_key(c, key[i], KeyPlace::kLast, &b) || a != b) return false;
  }
  return true;
}

std::shared_ptr<IndexImpl> make_index(IndexDef def, const RowLayout& layout,
                                      const TableCore* core) {
  if (def.columns.size() == 1 && has_int_key(KeyColumn(layout, def.columns[0]))) {
    return std::make_shared<IntIndex>(std::move(def), layout, core);
  }
  return std::make_shared<BytesIndex>(std::move(def), layout, core);
}

namespace {
const IndexImpl& impl(const Index& index) { return static_cast<const IndexImpl&>(index); }
}  // namespace

KeyRange Index::make_range(std::span<const types::Datum> equal, const KeyBound& lower,
                           const KeyBound& upper) const {
  return impl(*this).range(equal, lower, upper);
}

bool Index::exact_distinct_count(const ReadView& view, uint64_t* count) const {
  (void)view;  // where every row has one version, all views see the same
  const IndexImpl& self = impl(*this);
  SharedLockGuard<RwLatch> hold(self.core().latch);
  if (self.retired() || !self.core().settled()) return false;
  *count = self.distinct();
  return true;
}

uint64_t Index::approximate_entries() const {
  SharedLockGuard<RwLatch> hold(impl(*this).core().latch);
  return impl(*this).entries();
}

uint64_t Index::approximate_distinct() const {
  SharedLockGuard<RwLatch> hold(impl(*this).core().latch);
  return impl(*this).distinct();
}

struct IndexCursor::Impl {
  const IndexImpl* index;
  ReadView view;
  IndexWalk walk;
};

IndexCursor::IndexCursor(const Table& table, const Index& index, const ReadView& view,
                         KeyRange range, Direction direction)
    : impl_(new Impl{&impl(index), view, {}}) {
  (void)table;
  impl_->walk.range = std::move(range);
  impl_->walk.direction = direction;
}
IndexCursor::~IndexCursor() = default;
IndexCursor::IndexCursor(IndexCursor&&) noexcept = default;

uint32_t IndexCursor::next(RowRef* rows, RowId* ids, uint32_t max) {
  return impl_->index->next(&impl_->walk, impl_->view, WalkMode::kEveryRow, rows, ids, max);
}

uint32_t IndexCursor::next_distinct(RowRef* rows, RowId* ids, uint32_t max) {
  return impl_->index->next(&impl_->walk, impl_->view, WalkMode::kOneRowPerKey, rows, ids, max);
}

uint64_t IndexCursor::skip(uint64_t n) {
  Impl& c = *impl_;
  if (!c.index->retired() && c.index->core().settled()) return c.index->skip(&c.walk, n);
  constexpr uint32_t kBatch = 256;
  RowRef rows[kBatch];
  uint64_t passed = 0;
  while (passed < n) {
    uint32_t got = next(rows, nullptr, static_cast<uint32_t>(std::min<uint64_t>(kBatch, n - passed)));
    if (got == 0) break;
    passed += got;
  }
  return passed;
}

uint64_t IndexCursor::count() {
  Impl& c = *impl_;
  bool fresh = !c.walk.started || c.walk.direction == Direction::kForward;
  if (fresh && !c.index->retired() && c.index->core().settled()) {
    IndexWalk forward = c.walk;
    forward.direction = Direction::kForward;
    return c.index->count(forward);
  }
  constexpr uint32_t kBatch = 256;
  RowRef rows[kBatch];
  uint64_t n = 0;
  while (uint32_t got = next(rows, nullptr, kBatch)) n += got;
  return n;
}

bool find_unique(const Table& table, const Index& index, std::span<const types::Datum> key,
                 const ReadView& view, RowRef* row, RowId* id) {
  const TableImpl& t = impl_of(table);
  const IndexImpl& ix = impl(index);
  RowList rows;
  ix.find(key, &rows);
  for (uint32_t i = 0; i < rows.size(); ++i) {
    RowRef image = visible_row(table, rows[i], view);
    if (image == nullptr) continue;
    if ((t.core().pages.word(rows[i]) != 0 || ix.retired()) && !ix.has_key(image, key)) continue;
    *row = image;
    if (id != nullptr) *id = rows[i];
    return true;
  }
  return false;
}

}  // namespace orrery::storage
