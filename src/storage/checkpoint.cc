// A consistent picture of a store while it goes on working.
#include <algorithm>

#include "storage/recovery.h"
#include "storage/redo.h"
#include "storage/store_impl.h"

namespace orrery::storage {
namespace {

constexpr size_t kBlockBytes = 128 << 10;

std::string encode_schema(const Store::Impl& store, const CatalogImpl& catalog) {
  std::string out;
  uint8_t version = kRedoVersionPlain;
  for (const auto& table : catalog.all_tables()) {
    version = std::max(version, redo_version_of(table->def()));
  }
  out.push_back(static_cast<char>(version));
  append_varint(store.next_table.load(), &out);
  append_varint(store.next_index.load(), &out);
  std::vector<const TableImpl*> tables;
  for (const auto& table : catalog.all_tables()) {
    if (!table->def().system) tables.push_back(table.get());
  }
  append_varint(tables.size(), &out);
  for (const TableImpl* table : tables) {
    append_table_def(table->def(), version, &out);
    append_signed(table->core().auto_largest.load(), &out);
    for (const auto& sequence : table->sequences()) {
      const Sequence::Reservation r = sequence->reservation();
      append_varint(r.number, &out);
      append_i128(r.next, &out);
    }
  }
  std::vector<const ViewDef*> views = catalog.views();
  append_varint(views.size(), &out);
  for (const ViewDef* view : views) {
    append_string(view->name, &out);
    append_string(view->sql, &out);
  }
  return out;
}

void append_block_row(const TableImpl& table, RowId id, RowRef row, std::string* block) {
  uint32_t length = table.layout().bsatn_bytes(row);
  block->append(reinterpret_cast<const char*>(&id), 8);
  block->append(reinterpret_cast<const char*>(&length), 4);
  table.layout().append_bsatn(row, block);
}

Status write_table(const TableImpl& table, const ReadView& view, CheckpointSink& sink) {
  ORRERY_TRY(sink.begin_table(table.def().id, table.approximate_row_count()));
  TableCursor cursor(table, view);
  constexpr uint32_t kBatch = 256;
  RowRef rows[kBatch];
  RowId ids[kBatch];
  std::string block;
  uint32_t count = 0;
  for (;;) {
    uint32_t n;
    {
      ReadLatch latch(table);
      n = cursor.next(rows, ids, kBatch);
      for (uint32_t i = 0; i < n; ++i) append_block_row(table, ids[i], rows[i], &block);
    }
    count += n;
    if (count > 0 && (n == 0 || block.size() >= kBlockBytes)) {
      ORRERY_TRY(sink.rows(block, count));
      block.clear();
      count = 0;
    }
    if (n == 0) return sink.end_table();
  }
}

}  // namespace

Result<CommitSeq> Store::write_checkpoint(CheckpointSink& sink,
                                          Status (*rotate)(void* context, CommitSeq seq),
                                          void* context) {
  std::shared_ptr<const CatalogImpl> catalog;
  ReadViewHandle handle;
  std::string schema;
  {
    LockGuard<RwLatch> hold(impl_->commit_mutex);
    CommitSeq last = impl_->next_seq - 1;
    if (impl_->log != nullptr && last > impl_->last_commit.load()) {
      // Commits that have been appended but not acknowledged belong to the picture.
      ORRERY_TRY(impl_->log->wait_durable(impl_->last_appended.load()));
      impl_->advance_last_commit(last);
    }
    handle = read_view();
    catalog = impl_->latest_catalog();
    schema = encode_schema(*impl_, *catalog);
    ORRERY_TRY(rotate(context, handle.view().seq));
  }
  ORRERY_TRY(sink.schema(schema));
  for (const auto& table : catalog->all_tables()) {
    if (!table->def().system) ORRERY_TRY(write_table(*table, handle.view(), sink));
  }
  return handle.view().seq;
}

Status Store::load_schema(std::string_view bytes) { return impl_->recovering().load_schema(bytes); }

Status Store::load_rows(TableId table, std::string_view block, uint32_t row_count) {
  return impl_->recovering().load_rows(table, block, row_count);
}

Status Store::apply_redo(CommitSeq seq, std::string_view redo) {
  (void)seq;
  return impl_->recovering().apply_redo(redo);
}

void Store::limit_recovered_rows(RowId max) {
  impl_->recovered_row_max = max;
}

Status Store::finish_recovery(CommitSeq last) {
  Status finished = impl_->recovering().finish(last);
  impl_->recovery = nullptr;
  return finished;
}

Recovery& Store::Impl::recovering() {
  if (recovery == nullptr) recovery = std::make_unique<Recovery>(*this);
  return *recovery;
}

}  // namespace orrery::storage
