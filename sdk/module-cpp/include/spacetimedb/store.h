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

/// A table of the module, one per SPACETIMEDB_TABLE.
struct TableSlot {
  const char* name;
  uint32_t id = 0;
  bool known = false;                    // id was looked up
  GeneratedColumn* generated = nullptr;  // by column
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

/// The next bytes of a scan; none at its end, where nothing is held any more.
struct ScanChunk {
  const uint8_t* at = nullptr;
  const uint8_t* end = nullptr;
  struct Buffer* buffer = nullptr;
  bool open = false;  // the host still has the iterator
};
// The host's iterator:
uint32_t open_table_scan(TableSlot& table);
uint32_t open_point_scan(IndexSlot& index);
uint32_t open_range_scan(IndexSlot& index, const ScanBounds& bounds);
ScanChunk next_chunk(uint32_t iter, bool open, Buffer* buffer);
void give_back(uint32_t iter, bool open, Buffer* buffer);
[[noreturn]] void cut_row();

/// Rows of a scan as bytes. Owns the host's iterator and a buffer taken from a pool; movable. Nothing that is not inlined sees
/// its address: loops over rows keep it in registers.
class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(uint32_t iter) : iter_(iter), open_(true) {}
  Cursor(Cursor&& other) noexcept
      : at_(other.at_), end_(other.end_), buffer_(other.buffer_), iter_(other.iter_), open_(other.open_) {
    other.forget();
  }
  Cursor& operator=(Cursor&& other) noexcept {
    if (this == &other) return *this;
    close();
    at_ = other.at_;
    end_ = other.end_;
    buffer_ = other.buffer_;
    iter_ = other.iter_;
    open_ = other.open_;
    other.forget();
    return *this;
  }
  ~Cursor() { close(); }
  static Cursor over_table(TableSlot& table) { return Cursor(open_table_scan(table)); }
  /// Rows whose key is in scratch().
  static Cursor at_point(IndexSlot& index) { return Cursor(open_point_scan(index)); }
  static Cursor over_range(IndexSlot& index, const ScanBounds& bounds) { return Cursor(open_range_scan(index, bounds)); }

  /// Whether a row follows; fetches the next chunk when this one is used up.
  bool more() {
    if (at_ != end_) return true;
    if (!open_ && buffer_ == nullptr) return false;
    const ScanChunk chunk = next_chunk(iter_, open_, buffer_);
    at_ = chunk.at;
    end_ = chunk.end;
    buffer_ = chunk.buffer;
    open_ = chunk.open;
    return at_ != end_;
  }
  /// The bytes of the rows that are here; decoding advances them.
  template <class T>
  void read(T& row) {
    constexpr int32_t kSize = bsatn::bsatn_traits<T>::kFixed;
    if constexpr (kSize > 0) {
      if (static_cast<size_t>(end_ - at_) < static_cast<size_t>(kSize)) cut_row();
      bsatn::bsatn_traits<T>::load(at_, row);
      at_ += kSize;
    } else {
      bsatn::Reader in(at_, static_cast<size_t>(end_ - at_));
      in(row);
      at_ = end_ - in.remaining();
    }
  }
  void close() {
    if (open_ || buffer_ != nullptr) give_back(iter_, open_, buffer_);
    forget();
  }

 private:
  void forget() {
    at_ = nullptr;
    end_ = nullptr;
    buffer_ = nullptr;
    open_ = false;
  }

  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  Buffer* buffer_ = nullptr;
  uint32_t iter_ = 0;
  bool open_ = false;
};

}  // namespace SpacetimeDB::detail
