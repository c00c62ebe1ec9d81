// The untyped side of table access, implemented once in src/store.cc: ids of tables and indexes looked up at first use and kept
// for the life of the instance, rows as bytes, and cursors over scans whose buffers are reused.
#pragma once

#include "spacetimedb/bsatn_io.h"

namespace SpacetimeDB::detail {

/// Sets a column that was zero, and so was generated, from the bytes at `at`, which it advances.
using IntegrateColumn = void (*)(void* row, const uint8_t*& at);

struct GeneratedColumn {
  IntegrateColumn integrate;
  uint16_t column;
  GeneratedColumn* next = nullptr;
};

struct Rows;

/// A table of the module, one per SPACETIMEDB_TABLE.
struct TableSlot {
  const char* name;
  uint32_t id = 0;
  bool known = false;                    // id was looked up
  bool by_name = false;                  // found at run time, perhaps besides another slot for the same table
  GeneratedColumn* generated = nullptr;  // by column
  Rows* kept = nullptr;                  // all its rows, until something changes them; see rows_changed()
  uint32_t scanned_in = 0;               // the number of the transaction that last scanned it
};

/// An index of the module, one per FIELD_ macro.
struct IndexSlot {
  TableSlot* table;
  const char* name;   // its source name, "<table>_<columns>_idx_btree"
  const char* field;  // of a single-column index
  uint32_t id = 0;
  bool known = false;
};

uint32_t find_table(TableSlot& table);
uint32_t find_index(IndexSlot& index);
inline uint32_t table_id(TableSlot& table) { return table.known ? table.id : find_table(table); }
inline uint32_t index_id(IndexSlot& index) { return index.known ? index.id : find_index(index); }
/// The slot of a table known only by name at run time.
TableSlot& slot_by_name(std::string_view name);

/// A writer for the row or key of one host call; what was in it before is gone. There is one.
bsatn::Writer& scratch();

/// Inserts the row in scratch(); sets the generated columns of `row`. Traps when the host refuses.
void insert_scratch(TableSlot& table, void* row);
/// The same, but answers the status of the host instead of trapping.
uint32_t try_insert_scratch(TableSlot& table, void* row);
/// Replaces the row with the key of the row in scratch(); false when there is none.
bool update_scratch(IndexSlot& index, void* row);
/// Deletes all rows equal to one in scratch(), which holds an array.
uint32_t delete_scratch(TableSlot& table);
uint64_t count_rows(TableSlot& table);
uint64_t clear_rows(TableSlot& table);
/// Deletes by the key in scratch(), which is preceded by the tag of an included bound.
uint32_t delete_by_bound(IndexSlot& index);

inline constexpr uint8_t kIncluded = 0;
inline constexpr uint8_t kExcluded = 1;
inline constexpr uint8_t kUnbounded = 2;

/// Where the parts of a range scan stand in scratch().
struct ScanBounds {
  size_t prefix_end = 0;
  uint32_t prefix_columns = 0;
  size_t start_end = 0;  // the end bound takes the rest; where equal to the size, both bounds are the same bytes
};

/// Rows as the host gave them, and the scan they are of: a buffer that cursors read from, kept for its table where it is all of
/// a table. Free ones form a list, so that scans within scans each have one and none is allocated again.
struct Rows {
  Rows* next;
  uint32_t capacity;
  size_t size;
  uint32_t users;  // cursors, and the table they are kept for
  uint32_t iter;
  uint32_t open;  // 1: the host has the iterator, and rows may follow these
  const uint8_t* begin() const { return reinterpret_cast<const uint8_t*>(this + 1); }
  const uint8_t* end() const { return begin() + size; }
};

// A table that is scanned again in one transaction, and whose rows come in one buffer, keeps that buffer: only the module
// changes its tables meanwhile, so further scans need not ask the host. What is kept ends with the transaction and with any
// change of the table.
/// Forgets what is kept of all tables: at the begin and end of a transaction, and before changes of a table that is not known.
void rows_changed();
/// Forgets what is kept of a table that is about to change.
void drop_kept(TableSlot& table);
inline void rows_changed(TableSlot& table) {
  if (table.by_name) return rows_changed();
  if (table.kept != nullptr) drop_kept(table);
}

// Scans through the host, with their first rows:
Rows* scan_table(TableSlot& table);
/// Of the rows whose key is in scratch().
Rows* scan_point(IndexSlot& index);
/// The row whose key is in scratch(), of a unique index, or no bytes: for who reads it at once, since the next scan takes this
/// buffer. No cursor is to be made of it.
const Rows* only_row(IndexSlot& index);
Rows* scan_range(IndexSlot& index, const ScanBounds& bounds);
/// The next rows of a scan that is open, in its buffer or a larger one; none only at its end.
Rows* next_rows(Rows* rows);
/// Of a scan that nobody reads any more.
void end_scan(Rows* rows);
[[noreturn]] void cut_row();

/// All rows of a table, as a user of them.
inline Rows* rows_of(TableSlot& table) {
  Rows* const kept = table.kept;
  if (kept == nullptr) return scan_table(table);
  ++kept->users;
  return kept;
}

/// Reads the rows of a scan. Shares the buffer they are in; movable. It has as few members as can be, looks at one of them per
/// row, and nothing that is not inlined sees its address: loops over rows keep it in registers.
template <class T>
class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(Rows* rows) : rows_(rows), whole_(rows->open == 0) { enter(); }
  Cursor(Cursor&& other) noexcept : at_(other.at_), end_(other.end_), rows_(other.rows_), whole_(other.whole_) { other.forget(); }
  Cursor& operator=(Cursor&& other) noexcept {
    if (this == &other) return *this;
    close();
    at_ = other.at_;
    end_ = other.end_;
    rows_ = other.rows_;
    whole_ = other.whole_;
    other.forget();
    return *this;
  }
  ~Cursor() { close(); }

  /// Whether there is a row here; else the cursor has not been advanced or is at its end.
  [[gnu::always_inline]] bool here() const { return at_ != end_; }
  /// Whether there is a row here, after fetching more where that is needed.
  [[gnu::always_inline]] bool more() {
    if (at_ != end_) return true;
    if (whole_ || rows_->open == 0) return false;
    rows_ = next_rows(rows_);
    enter();
    return at_ != end_;
  }
  /// Reads the row that is here and goes on to the next.
  [[gnu::always_inline]] void read(T& row) {
    if constexpr (kSize > 0) {
      bsatn::bsatn_traits<T>::load(at_, row);
      at_ += kSize;
    } else {
      bsatn::Reader in(at_, static_cast<size_t>(end_ - at_));
      in(row);
      at_ = end_ - in.remaining();
    }
  }
  std::vector<T> collect() {
    std::vector<T> all;
    while (more()) read(all.emplace_back());
    return all;
  }

 private:
  static constexpr int32_t kSize = bsatn::bsatn_traits<T>::kFixed;

  void enter() {
    at_ = rows_->begin();
    end_ = rows_->end();
    // Once per buffer: rows of a fixed size fill it, so that no row is cut by its end.
    if constexpr (kSize > 1) {
      if (rows_->size % static_cast<uint32_t>(kSize) != 0) cut_row();
    }
  }
  void close() {
    if (rows_ != nullptr && --rows_->users == 0) end_scan(rows_);
    forget();
  }
  void forget() {
    at_ = nullptr;
    end_ = nullptr;
    rows_ = nullptr;
    whole_ = true;
  }

  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  Rows* rows_ = nullptr;
  // Whether no rows follow those in the buffer. It does not change, unlike what a compiler knows of *rows_: so a loop can be
  // compiled a second time for that case, where it is a plain loop over an array.
  bool whole_ = true;
};

}  // namespace SpacetimeDB::detail
