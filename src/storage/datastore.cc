#include "storage/datastore.h"

#include <algorithm>

#include "storage/index_int.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {
namespace {

/// Gives automatic columns that hold 0 or NULL a value.
Status generate_keys(TransactionImpl& t, TableImpl& table, uint8_t* image) {
  if (!table.sequences().empty()) TransactionImpl::take_numbers(table, image);
  if (table.auto_column() < 0) return {};
  const auto column = static_cast<uint32_t>(table.auto_column());
  const ColumnLayout& c = table.layout().column(column);
  int64_t value = 0;
  if (!load_auto_key(c, image, &value) || value != 0) return {};
  ORRERY_TRY_ASSIGN(int64_t key, t.next_auto_key(table));
  if (c.width < 8) {
    bool is_signed =
        c.kind == CellKind::kI8 || c.kind == CellKind::kI16 || c.kind == CellKind::kI32;
    int64_t largest = (int64_t{1} << (c.width * 8 - (is_signed ? 1 : 0))) - 1;
    if (key > largest) {
      return Error(ErrorCode::kOverflow, "automatic keys of column '" + c.name + "' are used up");
    }
  }
  if (c.nullable) image[c.null_byte] &= static_cast<uint8_t>(~c.null_mask);
  std::memcpy(image + c.offset, &key, std::min<uint32_t>(c.width, 8));
  return {};
}

/// Numbers for the columns that ask for one; appends those, and only those, as they are stored.
Status generate_cells(TransactionImpl& t, TableImpl& table, uint8_t* image,
                      std::string* generated) {
  std::vector<uint16_t>& asked = t.columns_scratch;
  asked.clear();
  for (uint16_t column : table.generated_columns()) {
    if (is_zero(table.layout().column(column), image)) asked.push_back(column);
  }
  ORRERY_TRY(generate_keys(t, table, image));
  if (generated == nullptr) return {};
  for (uint16_t column : asked) table.layout().append_cell_bsatn(image, column, generated);
  return {};
}

inline Status generate(TransactionImpl& t, TableImpl& table, uint8_t* image,
                       std::string* generated) {
  if (table.generated_columns().empty()) return {};
  return generate_cells(t, table, image, generated);
}

Error bytes_left(const TableImpl& table) {
  return Error(ErrorCode::kDecode, "bytes after a row of table '" + table.def().name + "'");
}

Status read_row(TransactionImpl& t, TableImpl& table, std::string_view row, uint8_t* image) {
  (void)t;
  size_t used = 0;
  ORRERY_TRY(table.layout().read_bsatn(row, image, &used));
  if (used != row.size()) return bytes_left(table);
  return {};
}

/// The visible row in a unique index with the key of `image`; UINT64_MAX where there is none.
RowId find_by_image(const TransactionImpl& t, const TableImpl& table, const IndexImpl& index,
                    const uint8_t* image) {
  const RowPages& pages = table.core().pages;
  auto has_key = [&](RowId row) {
    const uint64_t word = pages.word(row);
    // One version only is the one that its entry is for.
    if (word == 0 && !index.retired()) return true;
    const uint8_t* seen = visible_image(word, pages.image(row), t.view);
    return seen != nullptr && index.same_key(seen, image);
  };
  const IntIndex* ints = as_int_index(index);
  if (ints != nullptr && !ints->column().nullable) {
    const RowId row = ints->only_row(int_key(ints->column(), image));
    if (row == IntIndex::kNoRow) return UINT64_MAX;
    if (row != IntIndex::kPerhapsMany) return has_key(row) ? row : UINT64_MAX;
  }
  RowList rows;
  index.find(image, &rows);
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const uint8_t* seen = visible_image(pages.word(rows[i]), pages.image(rows[i]), t.view);
    if (seen != nullptr && index.same_key(seen, image)) return rows[i];
  }
  return UINT64_MAX;
}

}  // namespace

Result<RowId> insert_bsatn(Transaction& transaction, Table& table, std::string_view row,
                           std::string* generated) {
  TransactionImpl& t = transaction.impl();
  TableImpl& made = impl_of(table);
  ORRERY_TRY(refuse_system_table(table));
  uint8_t* image = t.image_scratch(made);
  ORRERY_TRY(read_row(t, made, row, image));
  ORRERY_TRY(generate(t, made, image, generated));
  LockGuard<RwLatch> hold(made.core().latch);
  ORRERY_TRY(t.prepare_write(made));
  return t.insert_row(made, image);
}

Result<UpdateOutcome> update_bsatn(Transaction& transaction, Table& table, const Index& index,
                                   std::string_view row, std::string* generated) {
  TransactionImpl& t = transaction.impl();
  TableImpl& changed = impl_of(table);
  ORRERY_TRY(refuse_system_table(table));
  if (!index.def().unique) {
    return Error(ErrorCode::kInvalidArgument, "index '" + index.def().name + "' is not unique");
  }
  const IndexImpl& by = static_cast<const IndexImpl&>(index);
  uint8_t* image = t.image_scratch(changed);
  ORRERY_TRY(read_row(t, changed, row, image));
  ORRERY_TRY(generate(t, changed, image, generated));
  LockGuard<RwLatch> hold(changed.core().latch);
  ORRERY_TRY(t.prepare_write(changed));
  RowId id = find_by_image(t, changed, by, image);
  if (id == UINT64_MAX) return UpdateOutcome::kNoSuchRow;
  const RowPages& pages = changed.core().pages;
  const uint8_t* base = pages.image(id);
  if (pages.word(id) != 0) {
    ORRERY_TRY_ASSIGN(base, t.base_for_change(changed, id));
    if (base == nullptr) return UpdateOutcome::kNoSuchRow;
  }
  if (changed.def().row_set && changed.layout().same_row(base, image)) {
    return UpdateOutcome::kUpdated;
  }
  // Strings that stay keep their memory, so that other versions may go on sharing it.
  std::vector<uint16_t>& fresh = t.columns_scratch;
  fresh.clear();
  const RowLayout& layout = changed.layout();
  for (uint16_t column : layout.var_columns()) {
    if (base == pages.image(id) && layout.same_cell(base, image, column)) {
      std::memcpy(image + layout.column(column).offset, base + layout.column(column).offset,
                  sizeof(types::StringRef));
    } else {
      fresh.push_back(column);
    }
  }
  ORRERY_TRY(t.update_image(changed, id, image, fresh, base, &by));
  return UpdateOutcome::kUpdated;
}

namespace {

bool same_row(const RowLayout& layout, const uint8_t* a, const uint8_t* b) {
  for (uint32_t i = 0; i < layout.columns().size(); ++i) {
    if (!layout.same_cell(a, b, i)) return false;
  }
  return true;
}

/// Rows equal to `image` that t sees: through a unique index where there is one, else by a scan.
void find_equal(const TransactionImpl& t, const TableImpl& table, const uint8_t* image,
                std::vector<RowId>* out) {
  const RowPages& pages = table.core().pages;
  auto take = [&](RowId row) {
    const uint8_t* seen = visible_image(pages.word(row), pages.image(row), t.view);
    if (seen != nullptr && same_row(table.layout(), seen, image)) out->push_back(row);
  };
  const IndexImpl* best = table.row_set_index();
  for (const IndexImpl* index : table.index_impls()) {
    if (table.row_set_index() != nullptr || index->key_has_null(image)) continue;
    if (best == nullptr || (index->def().unique && !best->def().unique)) best = index;
  }
  if (best == nullptr) {
    for (RowId row = 0; row < pages.end(); ++row) take(row);
    return;
  }
  RowList rows;
  best->find(image, &rows);
  for (uint32_t i = 0; i < rows.size(); ++i) take(rows[i]);
}

Status erase_all(TransactionImpl& t, TableImpl& table, std::span<const RowId> rows,
                 uint64_t* deleted) {
  for (RowId row : rows) {
    ORRERY_TRY_ASSIGN(const uint8_t* base, t.base_for_change(table, row));
    if (base == nullptr) continue;
    ORRERY_TRY(t.erase_row(table, row));
    ++*deleted;
  }
  return {};
}

}  // namespace

Result<uint64_t> delete_equal_bsatn(Transaction& transaction, Table& table, std::string_view rows) {
  TransactionImpl& t = transaction.impl();
  TableImpl& from = impl_of(table);
  ORRERY_TRY(refuse_system_table(table));
  uint32_t count = 0;
  if (rows.size() < 4) return Error(ErrorCode::kDecode, "array of rows ends in its count");
  std::memcpy(&count, rows.data(), 4);
  rows.remove_prefix(4);
  uint8_t* image = t.image_scratch(from);
  size_t used = 0;
  // All of it is checked before the first row goes.
  std::string_view rest = rows;
  for (uint32_t i = 0; i < count; ++i) {
    ORRERY_TRY(from.layout().read_bsatn(rest, image, &used));
    rest.remove_prefix(used);
    if (used == 0) count = 1;  // rows without bytes are all equal
  }
  if (!rest.empty()) return bytes_left(from);
  uint64_t deleted = 0;
  std::vector<RowId>& equal = t.rows_scratch;
  LockGuard<RwLatch> hold(from.core().latch);
  ORRERY_TRY(t.prepare_write(from));
  for (uint32_t i = 0; i < count; ++i) {
    // After the check `image` has the last row, which is the only one most of the time.
    if (count > 1) ORRERY_TRY(from.layout().read_bsatn(rows, image, &used));
    rows.remove_prefix(used);
    equal.clear();
    find_equal(t, from, image, &equal);
    ORRERY_TRY(erase_all(t, from, equal, &deleted));
  }
  return deleted;
}

Result<uint64_t> clear_table(Transaction& transaction, Table& table) {
  TransactionImpl& t = transaction.impl();
  TableImpl& from = impl_of(table);
  ORRERY_TRY(refuse_system_table(table));
  TableCursor cursor(table, t.view);
  RowRef rows[256];
  RowId ids[256];
  uint64_t deleted = 0;
  LockGuard<RwLatch> hold(from.core().latch);
  ORRERY_TRY(t.prepare_write(from));
  while (uint32_t n = cursor.next(rows, ids, 256)) {
    ORRERY_TRY(erase_all(t, from, {ids, n}, &deleted));
  }
  return deleted;
}

Result<uint64_t> delete_range_bsatn(Transaction& transaction, Table& table, const Index& index,
                                    const KeyRange& range) {
  TransactionImpl& t = transaction.impl();
  TableImpl& from = impl_of(table);
  ORRERY_TRY(refuse_system_table(table));
  std::vector<RowId> ids;
  {
    IndexCursor cursor(table, index, t.view, range);
    RowRef rows[256];
    RowId found[256];
    ReadLatch latch(table);
    while (uint32_t n = cursor.next(rows, found, 256)) ids.insert(ids.end(), found, found + n);
  }
  uint64_t deleted = 0;
  LockGuard<RwLatch> hold(from.core().latch);
  ORRERY_TRY(t.prepare_write(from));
  ORRERY_TRY(erase_all(t, from, ids, &deleted));
  return deleted;
}

// --- scans ---

BsatnScan::BsatnScan(const Table& table, const ReadView& view)
    : table_(&table), view_(view), scan_(table, view) {}

BsatnScan::BsatnScan(const Table& table, const Index& index, const ReadView& view, KeyRange range,
                     Direction direction)
    : table_(&table),
      view_(view),
      scan_(table, view),
      walk_(new IndexCursor(table, index, view, std::move(range), direction)) {}

BsatnScan::~BsatnScan() = default;
BsatnScan::BsatnScan(BsatnScan&&) noexcept = default;

/// Rows left over from the last call; false where the buffer is full.
bool BsatnScan::write_pending(std::span<uint8_t> buffer, Filled* out) {
  const RowLayout& layout = table_->layout();
  for (; pending_at_ < pending_end_; ++pending_at_) {
    RowRef row = visible_row(*table_, pending_[pending_at_], view_);
    if (row == nullptr) continue;
    uint32_t bytes = layout.bsatn_bytes(row);
    if (bytes > buffer.size() - out->bytes) {
      out->needed = bytes;
      return false;
    }
    layout.write_bsatn(row, buffer.data() + out->bytes);
    out->bytes += bytes;
    ++out->rows;
  }
  return true;
}

BsatnScan::Filled BsatnScan::fill(std::span<uint8_t> buffer) {
  Filled out;
  const RowLayout& layout = table_->layout();
  uint32_t fixed = layout.fixed_bsatn_bytes();
  RowRef rows[kBatch];
  RowId ids[kBatch];
  ReadLatch latch(*table_);
  bool room = write_pending(buffer, &out);
  while (room) {
    uint32_t want = kBatch;
    if (fixed != 0) {
      // No more than fit; one more, kept for the next call, tells the end from a full buffer.
      want =
          static_cast<uint32_t>(std::min<size_t>(kBatch, (buffer.size() - out.bytes) / fixed + 1));
    }
    uint32_t n = walk_ != nullptr ? walk_->next(rows, ids, want) : scan_.next(rows, ids, want);
    if (n == 0) return out;
    uint32_t i = 0;
    uint8_t* to = buffer.data() + out.bytes;
    uint8_t* end = buffer.data() + buffer.size();
    if (fixed != 0) {
      uint32_t fit =
          static_cast<uint32_t>(std::min<size_t>(n, static_cast<size_t>(end - to) / fixed));
      to = layout.write_fixed_rows(rows, fit, to);
      i = fit;
    } else {
      for (; i < n; ++i) {
        uint32_t bytes = layout.bsatn_bytes(rows[i]);
        if (bytes > static_cast<size_t>(end - to)) break;
        to = layout.write_bsatn(rows[i], to);
      }
    }
    out.rows += i;
    out.bytes = static_cast<size_t>(to - buffer.data());
    if (i == n) continue;
    if (pending_ == nullptr) pending_.reset(new RowId[kBatch]);
    std::copy(ids + i, ids + n, pending_.get());
    pending_at_ = 0;
    pending_end_ = n - i;
    out.needed = layout.bsatn_bytes(rows[i]);
    room = false;
  }
  out.state = out.rows == 0 ? State::kBufferTooSmall : State::kMore;
  return out;
}

}  // namespace orrery::storage
