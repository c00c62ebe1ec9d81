#include "storage/table_impl.h"

#include <algorithm>

#include "base/assert.h"
#include "storage/row_set_index.h"

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
  make_indexes(&other);
  succeed(other);
}

void TableImpl::succeed(const TableImpl& other) {
  watchers_ = other.watchers_;
  for (std::shared_ptr<Sequence>& made : sequences_) {
    for (const std::shared_ptr<Sequence>& old : other.sequences_) {
      if (same_numbers(old->def(), made->def())) {
        made = old;
        break;
      }
    }
  }
}

namespace {

bool every_row_has_key(const IndexDef& index, const std::vector<ColumnDef>& columns) {
  if (!index.unique) return false;
  for (uint16_t column : index.columns) {
    if (columns[column].nullable()) return false;
  }
  return true;
}

}  // namespace

const IndexImpl* key_of_every_row(const TableImpl& table) {
  for (const IndexImpl* index : table.index_impls()) {
    if (every_row_has_key(index->def(), table.def().columns)) return index;
  }
  return nullptr;
}

void TableImpl::make_indexes(const TableImpl* other) {
  for (uint32_t i = 0; i < def_.columns.size(); ++i) {
    if (def_.columns[i].auto_increment) auto_column_ = static_cast<int32_t>(i);
  }
  for (const SequenceDef& def : def_.sequences) {
    sequences_.push_back(std::make_shared<Sequence>(def));
    generated_columns_.push_back(def.column);
  }
  if (auto_column_ >= 0) generated_columns_.push_back(static_cast<uint16_t>(auto_column_));
  std::sort(generated_columns_.begin(), generated_columns_.end());
  bool has_key = false;
  for (const IndexDef& def : def_.indexes) {
    has_key = has_key || every_row_has_key(def, def_.columns);
  }
  if (def_.row_set && !has_key) {
    if (other != nullptr) row_set_ = other->row_set_;
    if (row_set_ == nullptr) row_set_ = std::make_shared<RowSetIndex>(*layout_, core_.get());
    row_set_index_ = row_set_.get();
    index_impls_.push_back(row_set_.get());
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
  if (def_.row_set) set_index_ = has_key ? key_of_every_row(*this) : row_set_index_;
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
