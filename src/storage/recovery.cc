#include "storage/recovery.h"

#include <algorithm>

#include "base/bytes.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {
namespace {

Error corrupt(std::string_view what) {
  return Error(ErrorCode::kCorruption, "malformed redo: " + std::string(what));
}

}  // namespace

void Recovery::note_ids(const TableDef& def) {
  if (def.id >= store_.next_table.load()) store_.next_table.store(def.id + 1);
  for (const IndexDef& index : def.indexes) {
    if (index.id >= store_.next_index.load()) store_.next_index.store(index.id + 1);
  }
}

Result<TableImpl*> Recovery::table_of(RedoReader* in) {
  uint64_t id;
  if (!in->number(UINT32_MAX, &id)) return corrupt("table id");
  auto it = tables_.find(static_cast<TableId>(id));
  if (it == tables_.end()) return corrupt("unknown table " + std::to_string(id));
  return it->second.get();
}

Status Recovery::load_schema(std::string_view bytes) {
  RedoReader in(bytes);
  uint64_t next_table, next_index, count;
  if (!in.version()) return corrupt("version of definitions (a newer one?)");
  if (!in.number(UINT32_MAX, &next_table) || !in.number(UINT32_MAX, &next_index) ||
      !in.number(UINT32_MAX, &count)) {
    return corrupt("definitions");
  }
  store_.next_table.store(std::max(kFirstUserTable, static_cast<TableId>(next_table)));
  store_.next_index.store(static_cast<IndexId>(next_index));
  for (uint64_t i = 0; i < count; ++i) {
    ORRERY_TRY(create_table(&in));
    int64_t largest;
    if (!in.signed_number(&largest)) return corrupt("sequence");
    last_created_->core().auto_largest.store(largest);
    for (const auto& sequence : last_created_->sequences()) {
      Sequence::Reservation r;
      if (!in.varint(&r.number) || !in.i128(&r.next) || !sequence->restore(r)) {
        return corrupt("reservation");
      }
    }
  }
  if (!in.number(UINT32_MAX, &count)) return corrupt("view count");
  for (uint64_t i = 0; i < count; ++i) ORRERY_TRY(create_view(&in));
  return in.at_end() ? Status() : corrupt("bytes after the definitions");
}

Status Recovery::put_row(TableImpl& table, RowId row, std::string_view bytes, size_t* used) {
  const RowLayout& layout = table.layout();
  size_t words = (layout.image_bytes() + 7) / 8;
  if (image_.size() < words) image_.resize(words);
  auto* image = reinterpret_cast<uint8_t*>(image_.data());
  if (Status read = layout.read_bsatn(bytes, image, used); !read) {
    return corrupt("row of table '" + table.def().name + "': " + read.error().message());
  }
  if (row >= store_.recovered_row_max) return corrupt("row id");
  if (table.def().event) return corrupt("row of a table of events");
  TableCore& core = table.core();
  if (core.pages.in_use(row)) {
    table.free_strings(core.pages.image(row), nullptr);
  } else {
    core.pages.allocate_at(row);
  }
  uint8_t* place = core.pages.image(row);
  std::memcpy(place, image, layout.image_bytes());
  table.adopt_strings(place, layout.var_columns());
  note_auto_key(table, place);
  return {};
}

Status Recovery::load_rows(TableId id, std::string_view block, uint32_t row_count) {
  auto it = tables_.find(id);
  if (it == tables_.end()) return corrupt("rows of unknown table " + std::to_string(id));
  ByteReader in(block);
  for (uint32_t i = 0; i < row_count; ++i) {
    RowId row;
    std::string_view bytes;
    if (!in.read(&row) || !in.read_prefixed(&bytes)) return corrupt("block of rows");
    size_t used = 0;
    ORRERY_TRY(put_row(*it->second, row, bytes, &used));
    if (used != bytes.size()) return corrupt("length of a row");
  }
  return in.remaining() == 0 ? Status() : corrupt("bytes after a block of rows");
}

Status Recovery::apply_redo(std::string_view redo) {
  RedoReader in(redo);
  if (!in.version()) return corrupt("version (a newer one?)");
  while (!in.at_end()) {
    uint8_t op;
    if (!in.byte(&op)) return corrupt("operation");
    ORRERY_TRY(apply(static_cast<RedoOp>(op), &in));
  }
  return {};
}

Status Recovery::apply(RedoOp op, RedoReader* in) {
  switch (op) {
    case RedoOp::kPutRows:
      return put_rows(in);
    case RedoOp::kErase:
      return erase(in);
    case RedoOp::kSequence:
      return set_sequence(in);
    case RedoOp::kCreateTable:
      return create_table(in);
    case RedoOp::kDropTable: {
      ORRERY_TRY_ASSIGN(TableImpl * table, table_of(in));
      tables_.erase(table->def().id);
      return {};
    }
    case RedoOp::kTruncate:
      return truncate(in);
    case RedoOp::kCreateIndex:
      return create_index(in);
    case RedoOp::kDropIndex:
      return drop_index(in);
    case RedoOp::kCreateView:
      return create_view(in);
    case RedoOp::kDropView: {
      std::string name;
      if (!in->string(&name)) return corrupt("view");
      std::erase_if(views_, [&](const ViewDef& v) {
        return folded_name(v.name) == folded_name(name);
      });
      return {};
    }
    case RedoOp::kRewrite:
      return rewrite(in);
    case RedoOp::kReservation:
      return set_reservation(in);
  }
  return corrupt("unknown operation");
}

Status Recovery::put_rows(RedoReader* in) {
  ORRERY_TRY_ASSIGN(TableImpl * table, table_of(in));
  uint64_t first, count;
  const RowId most = store_.recovered_row_max;
  if (!in->number(most, &first) || !in->number(most, &count)) return corrupt("row ids");
  for (uint64_t i = 0; i < count; ++i) {
    size_t used = 0;
    ORRERY_TRY(put_row(*table, first + i, in->rest(), &used));
    in->skip(used);
  }
  return {};
}

Status Recovery::erase(RedoReader* in) {
  ORRERY_TRY_ASSIGN(TableImpl * table, table_of(in));
  uint64_t row;
  RowPages& pages = table->core().pages;
  if (!in->varint(&row) || !pages.in_use(row)) return corrupt("erased row");
  table->free_strings(pages.image(row), nullptr);
  pages.release_at(row);
  return {};
}

Status Recovery::set_sequence(RedoReader* in) {
  ORRERY_TRY_ASSIGN(TableImpl * table, table_of(in));
  int64_t largest;
  if (!in->signed_number(&largest)) return corrupt("sequence");
  std::atomic<int64_t>& kept = table->core().auto_largest;
  kept.store(std::max(kept.load(), largest));
  return {};
}

Status Recovery::set_reservation(RedoReader* in) {
  ORRERY_TRY_ASSIGN(TableImpl * table, table_of(in));
  uint64_t place;
  Sequence::Reservation r;
  if (!in->varint(&place) || place >= table->sequences().size() || !in->varint(&r.number) ||
      !in->i128(&r.next) || !table->sequences()[place]->restore(r)) {
    return corrupt("reservation");
  }
  return {};
}

Status Recovery::create_table(RedoReader* in) {
  TableDef def;
  if (!in->table_def(&def) || def.id < kFirstUserTable || tables_.count(def.id) != 0) {
    return corrupt("definition of a table");
  }
  note_ids(def);
  TableId id = def.id;
  auto table = std::make_shared<TableImpl>(std::move(def));
  last_created_ = table.get();
  tables_[id] = std::move(table);
  return {};
}

Status Recovery::truncate(RedoReader* in) {
  ORRERY_TRY_ASSIGN(TableImpl * table, table_of(in));
  auto empty = std::make_shared<TableImpl>(table->def());
  empty->succeed(*table);
  empty->core().auto_largest.store(table->core().auto_largest.load());
  tables_[table->def().id] = std::move(empty);
  return {};
}

Status Recovery::create_index(RedoReader* in) {
  ORRERY_TRY_ASSIGN(TableImpl * table, table_of(in));
  TableDef def = table->def();
  IndexDef index;
  if (!in->index_def(def.columns.size(), &index)) return corrupt("definition of an index");
  def.indexes.push_back(std::move(index));
  note_ids(def);
  tables_[def.id] = std::make_shared<TableImpl>(std::move(def), *table);
  return {};
}

Status Recovery::drop_index(RedoReader* in) {
  ORRERY_TRY_ASSIGN(TableImpl * table, table_of(in));
  uint64_t id;
  if (!in->varint(&id)) return corrupt("index id");
  TableDef def = table->def();
  if (std::erase_if(def.indexes, [&](const IndexDef& d) { return d.id == id; }) == 0) {
    return corrupt("dropped index");
  }
  tables_[def.id] = std::make_shared<TableImpl>(std::move(def), *table);
  return {};
}

Status Recovery::create_view(RedoReader* in) {
  ViewDef view;
  if (!in->string(&view.name) || !in->string(&view.sql)) return corrupt("view");
  views_.push_back(std::move(view));
  return {};
}

Status Recovery::rewrite(RedoReader* in) {
  TableDef def;
  if (!in->table_def(&def)) return corrupt("definition of a rewritten table");
  auto it = tables_.find(def.id);
  if (it == tables_.end()) return corrupt("unknown table");
  const TableImpl& old = *it->second;
  std::vector<ColumnSource> sources(def.columns.size());
  for (ColumnSource& source : sources) {
    int64_t column;
    if (!in->signed_number(&column) || column < -1 ||
        column >= static_cast<int64_t>(old.def().columns.size()) || !in->fill(&source)) {
      return corrupt("source of a column");
    }
    source.old_column = static_cast<int32_t>(column);
  }
  note_ids(def);
  std::shared_ptr<TableImpl> made;
  if (images_stay(old, def, sources)) {
    made = std::make_shared<TableImpl>(std::move(def), old);
  } else {
    made = std::make_shared<TableImpl>(std::move(def));
    made->succeed(old);
    made->core().auto_largest.store(old.core().auto_largest.load());
    std::vector<RowId> rows;
    if (Status copied = copy_rows(old, made.get(), sources, &rows, nullptr); !copied) {
      return corrupt("rewritten row: " + copied.error().message());
    }
  }
  it->second = std::move(made);
  return {};
}

Status Recovery::describe_all(const CatalogImpl& catalog) {
  TransactionImpl t(store_);
  t.start(Isolation::kReadCommitted);
  Status done;
  for (const auto& table : catalog.all_tables()) {
    if (done && !table->def().system) done = t.describe_table(table->def());
  }
  for (const ViewDef* view : catalog.views()) {
    if (done) done = t.describe_view(*view);
  }
  if (!done) {
    t.roll_back();
    return done;
  }
  auto described = t.commit(TransactionImpl::CommitWait::kDurable, nullptr);
  if (!described) return std::move(described).error();
  return {};
}

Status Recovery::finish(CommitSeq last) {
  auto next = std::make_shared<CatalogImpl>(*store_.latest_catalog());
  next->set_version(store_.next_catalog_version.fetch_add(1));
  for (auto& [id, table] : tables_) {
    if (next->find(table->def().name) != nullptr) return corrupt("two tables of one name");
    TableCore& core = table->core();
    core.pages.rebuild_free_list();
    std::vector<RowId> rows = live_rows(core);
    for (IndexImpl* index : table->index_impls()) {
      if (Status filled = fill_index(*table, *index, rows, nullptr); !filled) {
        return corrupt("table '" + table->def().name + "': " + filled.error().message());
      }
    }
    table->set_state(TableImpl::State::kCurrent);
    next->put_table(table);
  }
  for (ViewDef& view : views_) next->put_view(view);
  store_.publish_catalog(next);
  ORRERY_TRY(describe_all(*next));
  LockGuard<RwLatch> hold(store_.commit_mutex);
  store_.next_seq = last + 1;
  store_.last_commit.store(last);
  return {};
}

}  // namespace orrery::storage
