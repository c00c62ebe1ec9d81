// Table access: ids, rows as bytes, and cursors.
#include "spacetimedb/store.h"

#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "spacetimedb/abi.h"
#include "spacetimedb/table.h"

namespace SpacetimeDB::detail {

// The generated columns that an insert writes back may be longer than the row: the host needs room for them.
constexpr size_t kRoomForGenerated = 1024;
// Chunks of a scan; the host fills at least 32 KiB when there are that many rows.
constexpr size_t kChunkBytes = 64 * 1024;

// What row_iter_bsatn_advance answers with the last rows.
constexpr int32_t kExhausted = -1;

// What is kept of tables is at most this many buffers.
constexpr size_t kKeptTables = 16;

namespace {

Rows* free_rows = nullptr;
TableSlot* kept_tables[kKeptTables];
size_t kept_count = 0;
uint32_t transaction = 1;

Rows* make_rows(size_t capacity) {
  Rows* const rows = static_cast<Rows*>(std::malloc(sizeof(Rows) + capacity));
  if (rows == nullptr) fail("out of memory");
  *rows = {nullptr, static_cast<uint32_t>(capacity), 0, 1, 0, 1};
  return rows;
}

/// A buffer without rows for a scan that is opened.
Rows* take_rows() {
  Rows* const rows = free_rows;
  if (rows == nullptr) return make_rows(kChunkBytes);
  free_rows = rows->next;
  rows->size = 0;
  rows->users = 1;
  rows->open = 1;
  return rows;
}

void keep(TableSlot& table, Rows* rows) {
  kept_tables[kept_count++] = &table;
  table.kept = rows;
  ++rows->users;
}

void leave(TableSlot& table) {
  Rows* const rows = std::exchange(table.kept, nullptr);
  if (--rows->users == 0) end_scan(rows);
}

struct NamedSlot {
  TableSlot slot;
  std::string name;
  NamedSlot* next;
};
NamedSlot* named_slots = nullptr;

/// Sets the generated columns of a row from the bytes that the host left in scratch().
void integrate(const TableSlot& table, void* row, const uint8_t* at, size_t size) {
  if (size == 0 || row == nullptr) return;
  const uint8_t* const end = at + size;
  for (const GeneratedColumn* each = table.generated; each != nullptr && at < end; each = each->next) {
    each->integrate(row, at);
  }
}

bool index_by(IndexSlot& index, const std::string& name) {
  index.known = host::index_id_from_name(name.data(), name.size(), &index.id) == StatusCode::OK;
  return index.known;
}

}  // namespace

uint32_t find_table(TableSlot& table) {
  const uint32_t status = host::table_id_from_name(table.name, std::strlen(table.name), &table.id);
  if (status != StatusCode::OK) fail_status("no such table", table.name, status);
  table.known = true;
  return table.id;
}

uint32_t find_index(IndexSlot& index) {
  const uint32_t status = host::index_id_from_name(index.name, std::strlen(index.name), &index.id);
  index.known = status == StatusCode::OK;
  if (!index.known && index.field != nullptr) {
    // Names that other servers and older versions give to the index of one column.
    const std::string both = std::string(index.table->name) + "_" + index.field;
    index.known = index_by(index, both + "_idx") || index_by(index, both + "_unique_idx") ||
                  index_by(index, "btree_" + both) || index_by(index, "idx_" + both);
  }
  if (!index.known) fail_status("no such index", index.name, status);
  return index.id;
}

TableSlot& slot_by_name(std::string_view name) {
  for (NamedSlot* each = named_slots; each != nullptr; each = each->next) {
    if (each->name == name) return each->slot;
  }
  named_slots = new NamedSlot{{nullptr}, std::string(name), named_slots};
  named_slots->slot.name = named_slots->name.c_str();
  named_slots->slot.by_name = true;
  return named_slots->slot;
}

namespace {

/// Lives as long as the instance: no destructor is registered for it.
union Scratch {
  constexpr Scratch() : writer() {}
  ~Scratch() {}
  bsatn::Writer writer;
};
constinit Scratch the_scratch;

/// The writer with what is in it.
bsatn::Writer& filled_scratch() { return the_scratch.writer; }

}  // namespace

bsatn::Writer& scratch() {
  the_scratch.writer.clear();
  return the_scratch.writer;
}

void rows_changed() {
  ++transaction;
  while (kept_count != 0) leave(*kept_tables[--kept_count]);
}

void drop_kept(TableSlot& table) {
  TableSlot** place = kept_tables;
  while (*place != &table) ++place;
  *place = kept_tables[--kept_count];
  leave(table);
}

uint32_t try_insert_scratch(TableSlot& table, void* row) {
  rows_changed(table);
  const uint32_t id = table_id(table);
  bsatn::Writer& bytes = filled_scratch();
  if (table.generated != nullptr) bytes.reserve_after(kRoomForGenerated);
  uint8_t empty_row = 0;
  uint8_t* const data = bytes.data() != nullptr ? bytes.data() : &empty_row;
  size_t size = bytes.size();
  const uint32_t status = imports::datastore_insert_bsatn(id, data, &size);
  if (status == StatusCode::OK) integrate(table, row, data, size);
  return status;
}

void insert_scratch(TableSlot& table, void* row) {
  const uint32_t status = try_insert_scratch(table, row);
  if (status != StatusCode::OK) fail_status("insert failed", table.name, status);
}

bool update_scratch(IndexSlot& index, void* row) {
  rows_changed(*index.table);
  const uint32_t table = table_id(*index.table);
  const uint32_t id = index_id(index);
  bsatn::Writer& bytes = filled_scratch();
  if (index.table->generated != nullptr) bytes.reserve_after(kRoomForGenerated);
  size_t size = bytes.size();
  const uint32_t status = imports::datastore_update_bsatn(table, id, bytes.data(), &size);
  if (status == StatusCode::NO_SUCH_ROW) return false;
  if (status != StatusCode::OK) fail_status("update failed", index.name, status);
  integrate(*index.table, row, bytes.data(), size);
  return true;
}

uint32_t delete_scratch(TableSlot& table) {
  rows_changed(table);
  const uint32_t id = table_id(table);
  const bsatn::Writer& rows = filled_scratch();
  uint32_t deleted = 0;
  const uint32_t status = imports::datastore_delete_all_by_eq_bsatn(id, rows.data(), rows.size(), &deleted);
  if (status != StatusCode::OK) fail_status("delete failed", table.name, status);
  return deleted;
}

uint64_t count_rows(TableSlot& table) {
  uint64_t count = 0;
  const uint32_t status = host::datastore_table_row_count(table_id(table), &count);
  if (status != StatusCode::OK) fail_status("count failed", table.name, status);
  return count;
}

uint64_t clear_rows(TableSlot& table) {
  rows_changed(table);
  uint64_t deleted = 0;
  const uint32_t status = imports::datastore_clear(table_id(table), &deleted);
  if (status != StatusCode::OK) fail_status("clear failed", table.name, status);
  return deleted;
}

uint32_t delete_by_bound(IndexSlot& index) {
  rows_changed(*index.table);
  const uint32_t id = index_id(index);
  const bsatn::Writer& bound = filled_scratch();
  uint32_t deleted = 0;
  const uint32_t status = imports::datastore_delete_by_index_scan_range_bsatn(
      id, nullptr, 0, 0, bound.data(), bound.size(), bound.data(), bound.size(), &deleted);
  if (status != StatusCode::OK) fail_status("delete failed", index.name, status);
  return deleted;
}

InsertError insert_error(uint32_t status) {
  InsertErrorType type = InsertErrorType::Other;
  std::string message;
  if (status == StatusCode::UNIQUE_ALREADY_EXISTS) {
    type = InsertErrorType::UniqueConstraintViolation;
    message = "Unique constraint violation";
  } else if (status == StatusCode::AUTO_INC_OVERFLOW) {
    type = InsertErrorType::AutoIncOverflow;
    message = "Auto increment overflow";
  } else {
    message = std::string("Insert failed with status: ") + StatusCode::to_string(static_cast<uint16_t>(status));
  }
  return {type, static_cast<uint16_t>(status), std::move(message)};
}

Rows* scan_table(TableSlot& table) {
  Rows* const rows = take_rows();
  const uint32_t status = host::datastore_table_scan_bsatn(table_id(table), &rows->iter);
  if (status != StatusCode::OK) fail_status("scan failed", table.name, status);
  Rows* const first = next_rows(rows);
  const bool again = std::exchange(table.scanned_in, transaction) == transaction;
  const bool whole = first->open == 0 && first->capacity == kChunkBytes;
  if (again && whole && !table.by_name && kept_count < kKeptTables) keep(table, first);
  return first;
}

Rows* scan_point(IndexSlot& index) {
  const uint32_t id = index_id(index);
  const bsatn::Writer& key = filled_scratch();
  Rows* const rows = take_rows();
  const uint32_t status = host::datastore_index_scan_point_bsatn(id, key.data(), key.size(), &rows->iter);
  if (status != StatusCode::OK) fail_status("index scan failed", index.name, status);
  return next_rows(rows);
}

namespace {

/// What comes of the only row where it did not come with the first call and nothing more.
[[gnu::noinline]] const Rows* only_row_later(Rows* rows, int32_t status) {
  free_rows = rows->next;
  rows->users = 1;
  rows->open = 1;
  if (status != 0 || rows->size == 0) rows = next_rows(rows);
  end_scan(rows);
  return rows;
}

}  // namespace

const Rows* only_row(IndexSlot& index) {
  const uint32_t id = index_id(index);
  const bsatn::Writer& key = filled_scratch();
  if (free_rows == nullptr) free_rows = make_rows(kChunkBytes);
  Rows* const rows = free_rows;
  const uint32_t status = host::datastore_index_scan_point_bsatn(id, key.data(), key.size(), &rows->iter);
  if (status != StatusCode::OK) fail_status("index scan failed", index.name, status);
  rows->size = rows->capacity;
  const int32_t state = host::row_iter_bsatn_advance(rows->iter, rows + 1, &rows->size);
  return state == kExhausted ? rows : only_row_later(rows, state);
}

Rows* scan_range(IndexSlot& index, const ScanBounds& bounds) {
  const uint32_t id = index_id(index);
  const bsatn::Writer& key = filled_scratch();
  const uint8_t* const start = key.data() + bounds.prefix_end;
  const size_t start_size = bounds.start_end - bounds.prefix_end;
  const bool one_bound = bounds.start_end == key.size();
  const uint8_t* const end = one_bound ? start : key.data() + bounds.start_end;
  const size_t end_size = one_bound ? start_size : key.size() - bounds.start_end;
  Rows* const rows = take_rows();
  const uint32_t status = host::datastore_index_scan_range_bsatn(
      id, bounds.prefix_columns == 0 ? nullptr : key.data(), bounds.prefix_end, bounds.prefix_columns, start, start_size,
      end, end_size, &rows->iter);
  if (status != StatusCode::OK) fail_status("index scan failed", index.name, status);
  return next_rows(rows);
}

Rows* next_rows(Rows* rows) {
  do {
    rows->size = rows->capacity;
    const int32_t status = host::row_iter_bsatn_advance(rows->iter, rows + 1, &rows->size);
    if (status == StatusCode::BUFFER_TOO_SMALL) {
      Rows* const larger = make_rows(rows->size);
      larger->iter = rows->iter;
      std::free(rows);
      rows = larger;
      continue;
    }
    if (status > 0) fail_status("reading rows failed", nullptr, static_cast<unsigned>(status));
    rows->open = status == 0;
  } while (rows->open != 0 && rows->size == 0);
  return rows;
}

void cut_row() { fail("a row of the host ends too early"); }

void end_scan(Rows* rows) {
  if (rows->open != 0) host::row_iter_bsatn_close(rows->iter);
  rows->next = free_rows;
  free_rows = rows;
}

}  // namespace SpacetimeDB::detail
