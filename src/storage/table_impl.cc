#include "storage/table_impl.h"

#include "base/assert.h"

namespace orrery::storage {

using types::StringRef;

TableImpl::TableImpl(TableDef def) {
  def_ = std::move(def);
  layout_ = std::make_unique<RowLayout>(def_.columns);
  core_ = std::make_shared<TableCore>(layout_->image_bytes());
  watchers_ = std::make_shared<std::atomic<uint32_t>>(0);
  make_indexes(nullptr);
}

TableImpl::TableImpl(TableDef def, const TableImpl& other) {
  def_ = std::move(def);
  layout_ = std::make_unique<RowLayout>(def_.columns);
  ORRERY_ASSERT(layout_->image_bytes() == other.layout().image_bytes());
  core_ = other.core_;
  watchers_ = other.watchers_;
  make_indexes(&other);
}

void TableImpl::make_indexes(const TableImpl* other) {
  for (uint32_t i = 0; i < def_.columns.size(); ++i) {
    if (def_.columns[i].auto_increment) auto_column_ = static_cast<int32_t>(i);
  }
  for (const IndexDef& def : def_.indexes) {
    std::shared_ptr<Index> index;
    if (other != nullptr) {
      for (const std::shared_ptr<Index>& old : other->indexes_) {
        if (old->def().id == def.id) index = old;
      }
    }
    if (index == nullptr) index = make_index(def, *layout_, core_.get());
    index_impls_.push_back(static_cast<IndexImpl*>(index.get()));
    if (def.primary && def_.primary_key >= 0) primary_ = index.get();
    indexes_.push_back(std::move(index));
  }
}

void TableImpl::adopt_strings(uint8_t* image, std::span<const uint16_t> columns) {
  for (uint16_t column : columns) {
    StringRef s = layout_->string_ref(image, column);
    if (s.is_inline()) continue;
    char* p = core_->heap.allocate(s.size());
    std::memcpy(p, s.data(), s.size());
    StringRef own(p, s.size());
    std::memcpy(image + layout_->column(column).offset, &own, sizeof(own));
  }
}

void TableImpl::free_strings(const uint8_t* image, const uint8_t* keep) {
  for (uint16_t column : layout_->var_columns()) {
    StringRef s = layout_->string_ref(image, column);
    if (s.is_inline()) continue;
    if (keep != nullptr) {
      StringRef kept = layout_->string_ref(keep, column);
      if (!kept.is_inline() && kept.data() == s.data()) continue;
    }
    core_->heap.free(const_cast<char*>(s.data()), s.size());
  }
}

uint64_t TableImpl::memory_bytes() const {
  core_->latch.lock_shared();
  uint64_t bytes = sizeof(*this) + core_->pages.memory_bytes() + core_->heap.memory_bytes();
  for (const IndexImpl* index : index_impls_) bytes += index->memory_bytes();
  core_->latch.unlock_shared();
  return bytes;
}

}  // namespace orrery::storage
