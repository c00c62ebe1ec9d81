// Vector: one column of a Chunk, up to kVectorCapacity cells of one type; Chunk: columns of equal length with an
// optional selection.
//
// A flat vector has a cell per row; a constant vector has one cell (index 0) that stands for every row. NULL cells
// are marked in a bitmap (bit set = valid; no bitmap = all valid); the data under a NULL is unspecified but readable.
// In a kAny vector the bitmap and Datum::is_null() always agree.
// String cells borrow their bytes: from table heaps (alive while the statement's read view is), from constants and
// parameters (alive while the statement runs), or from the vector's own string arena (see strings()).
// Not thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/arena.h"
#include "types/datum.h"

namespace orrery::types {

inline constexpr uint32_t kVectorCapacity = 2048;

/// Which rows of a chunk take part: rows[0..count), ascending; rows == nullptr means 0..count.
struct Selection {
  const uint32_t* rows = nullptr;
  uint32_t count = 0;
  uint32_t operator[](uint32_t i) const { return rows == nullptr ? i : rows[i]; }
};

/// Calls fn(row) for every selected row; the dense case compiles to a plain loop.
template <class Fn>
inline void for_each_row(const Selection& sel, Fn&& fn) {
  // Copied, as what fn writes could be taken for the selection itself and keep the loop plain.
  const uint32_t* const rows = sel.rows;
  const uint32_t count = sel.count;
  if (rows == nullptr) {
    for (uint32_t i = 0; i < count; ++i) fn(i);
  } else {
    for (uint32_t i = 0; i < count; ++i) fn(rows[i]);
  }
}

class Vector {
 public:
  Vector() = default;
  explicit Vector(TypeId type, uint32_t capacity = kVectorCapacity) { reset(type, capacity); }
  Vector(Vector&& other) noexcept { *this = std::move(other); }
  Vector& operator=(Vector&& other) noexcept;

  /// Makes the vector flat, of `type`, all valid, cells unspecified. Reuses its memory where it can.
  void reset(TypeId type, uint32_t capacity = kVectorCapacity);
  /// Makes the vector constant with this cell. Borrows the Datum's bytes. `as` forces the vector's type when the
  /// cell is NULL.
  void set_constant(const Datum& value, TypeId as);
  /// Makes a flat vector constant: its cell 0 stands for every row.
  void make_constant() { constant_ = true; }
  /// Shows the cells of `other` without copying; `other` must outlive this use of the vector.
  void reference(const Vector& other);

  TypeId type() const { return type_; }
  bool is_constant() const { return constant_; }
  uint32_t capacity() const { return capacity_; }

  template <class T>
  T* data() {
    return reinterpret_cast<T*>(data_);
  }
  template <class T>
  const T* data() const {
    return reinterpret_cast<const T*>(data_);
  }
  /// Index of the cell that stands for `row`.
  uint32_t at(uint32_t row) const { return constant_ ? 0 : row; }
  template <class T>
  const T& cell(uint32_t row) const {
    return data<T>()[at(row)];
  }

  /// nullptr = all valid.
  const uint64_t* validity() const { return validity_; }
  bool has_nulls() const { return validity_ != nullptr; }
  bool is_null(uint32_t row) const {
    uint32_t i = at(row);
    return validity_ != nullptr && ((validity_[i >> 6] >> (i & 63)) & 1) == 0;
  }
  /// Marks the cell NULL (flat vectors only; sets the Datum of a kAny vector too).
  void set_null(uint32_t row);
  void set_valid(uint32_t row) {
    if (validity_ != nullptr) validity_[row >> 6] |= uint64_t{1} << (row & 63);
  }
  /// The bitmap for writing; made all-valid first if there was none.
  uint64_t* mutable_validity();
  void set_all_valid() { validity_ = nullptr; }

  /// Any cell as a Datum (borrowing).
  Datum datum(uint32_t row) const;
  /// Writes a cell of a flat vector; the Datum's type must be the vector's type or NULL, or the vector kAny.
  void set_datum(uint32_t row, const Datum& value);

  /// Arena for string cells that this vector makes; lives as long as the vector's data does.
  Arena& strings();
  StringRef add_string(std::string_view s) {
    return s.size() <= StringRef::kInlineBytes ? StringRef(s) : StringRef(strings().copy(s));
  }
  /// Keeps the string memory of `other` alive as long as this vector.
  void share_strings(const Vector& other);
  /// Keeps `arena` alive as long as this vector.
  void hold(std::shared_ptr<Arena> arena) { shared_strings_.push_back(std::move(arena)); }
  /// False where every string cell outlives the vector: whoever keeps cells need not copy bytes.
  bool holds_arenas() const { return strings_ != nullptr || !shared_strings_.empty(); }
  /// Copies the selected cells of `source` (same type, or this is kAny) to 0..sel.count of this flat vector.
  /// With CopyStrings::kYes long strings are copied into this vector's arena.
  enum class CopyStrings : uint8_t { kNo, kYes };
  void copy_selected(const Vector& source, const Selection& sel, uint32_t to_row, CopyStrings copy);

 private:
  TypeId type_ = TypeId::kNull;
  bool constant_ = false;
  uint32_t capacity_ = 0;
  uint8_t* data_ = nullptr;
  uint64_t* validity_ = nullptr;
  uint64_t single_[3] = {};  ///< the cell of a constant, without memory of its own
  std::unique_ptr<uint64_t[]> owned_data_;
  uint32_t owned_data_words_ = 0;
  uint64_t single_validity_ = 0;
  std::unique_ptr<uint64_t[]> owned_validity_;
  uint32_t owned_validity_words_ = 0;
  std::shared_ptr<Arena> strings_;
  std::vector<std::shared_ptr<Arena>> shared_strings_;
};

struct Chunk {
  std::vector<Vector> columns;
  uint32_t row_count = 0;  ///< cells in each flat column
  /// When selected, only the rows selection[0..selected_count) take part.
  bool has_selection = false;
  uint32_t selected_count = 0;
  std::unique_ptr<uint32_t[]> selection;  ///< kVectorCapacity entries once used

  Selection rows() const {
    return has_selection ? Selection{selection.get(), selected_count} : Selection{nullptr, row_count};
  }
  uint32_t size() const { return has_selection ? selected_count : row_count; }
  uint32_t* mutable_selection() {
    if (!selection) selection.reset(new uint32_t[kVectorCapacity]);
    return selection.get();
  }
  void reset() {
    row_count = 0;
    has_selection = false;
    selected_count = 0;
  }
};

}  // namespace orrery::types
