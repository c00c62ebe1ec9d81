// ColumnBuffer: any number of cells of one type in one run of memory. RowBuffer: several columns
// of equal length, the form in which breakers keep rows.
//
// Long strings are kept by reference where they outlive the statement's operators (table heaps,
// constants, parameters) and copied into the buffer's arena otherwise; vectors filled from a buffer
// hold that arena. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/arena.h"
#include "types/vector.h"

namespace orrery::exec {

/// Growing memory without constructors; realloc moves large runs cheaply.
class RawMemory {
 public:
  RawMemory() = default;
  RawMemory(RawMemory&& other) noexcept : p_(other.p_), bytes_(other.bytes_) {
    other.p_ = nullptr;
    other.bytes_ = 0;
  }
  RawMemory& operator=(RawMemory&& other) noexcept;
  ~RawMemory();
  uint8_t* data() { return p_; }
  const uint8_t* data() const { return p_; }
  size_t bytes() const { return bytes_; }
  /// At least `bytes`, grown by doubling.
  void reserve(size_t bytes) {
    if (bytes > bytes_) grow(bytes);
  }
  void release();

 private:
  void grow(size_t bytes);
  uint8_t* p_ = nullptr;
  size_t bytes_ = 0;
};

class ColumnBuffer {
 public:
  explicit ColumnBuffer(types::TypeId type = types::TypeId::kNull) { init(type); }
  ColumnBuffer(ColumnBuffer&&) noexcept = default;
  ColumnBuffer& operator=(ColumnBuffer&&) noexcept = default;

  void init(types::TypeId type);
  /// Forgets the cells, keeps memory.
  void clear();
  void release();

  types::TypeId type() const { return type_; }
  uint32_t size() const { return size_; }
  template <class T>
  T* data() {
    return reinterpret_cast<T*>(cells_.data());
  }
  template <class T>
  const T* data() const {
    return reinterpret_cast<const T*>(cells_.data());
  }
  bool has_nulls() const { return has_nulls_; }
  bool is_null(uint32_t row) const {
    return has_nulls_ && ((validity()[row >> 6] >> (row & 63)) & 1) == 0;
  }
  /// nullptr = all valid.
  const uint64_t* validity() const {
    return has_nulls_ ? reinterpret_cast<const uint64_t*>(validity_.data()) : nullptr;
  }
  types::Datum datum(uint32_t row) const;
  uint64_t bytes() const;

  /// Appends the selected cells. A vector of another type: the buffer must be kAny.
  void append(const types::Vector& source, const types::Selection& sel);
  void append(const types::Datum& value);
  void append_nulls(uint32_t n);
  /// Appends cells of another buffer of the same type; rows == nullptr means from `first` on.
  void append(const ColumnBuffer& source, const uint32_t* rows, uint32_t first, uint32_t n);
  /// Cells rows[0..n) to out cells [at..at + n); kNullRow gives NULL. `out` flat, of this type.
  static constexpr uint32_t kNullRow = UINT32_MAX;
  void gather(const uint32_t* rows, uint32_t n, types::Vector* out, uint32_t at) const;
  /// Cells [first, first + n) to out cells [0, n).
  void slice(uint32_t first, uint32_t n, types::Vector* out) const;
  void hold_strings(types::Vector* out) const {
    if (strings_ != nullptr) out->hold(strings_);
  }
  void set_null(uint32_t row);
  /// Overwrites a cell; keeps the bytes of long strings by reference.
  void set_borrowed(uint32_t row, const types::Datum& value);
  /// A copy of the bytes in the buffer's arena.
  types::StringRef keep(types::StringRef s);

 private:
  void make_validity();
  void append_validity(const types::Vector& source, const types::Selection& sel);
  void keep_strings(uint32_t from, uint32_t n);
  uint32_t width() const { return width_; }

  types::TypeId type_ = types::TypeId::kNull;
  uint32_t width_ = 8;
  uint32_t size_ = 0;
  bool has_nulls_ = false;
  RawMemory cells_;
  RawMemory validity_;
  std::shared_ptr<Arena> strings_;  ///< shared with vectors that were filled from it
};

class RowBuffer {
 public:
  RowBuffer() = default;
  void init(std::span<const types::TypeId> types);
  void clear();
  void release();
  uint32_t size() const { return size_; }
  size_t column_count() const { return columns_.size(); }
  ColumnBuffer& column(size_t i) { return columns_[i]; }
  const ColumnBuffer& column(size_t i) const { return columns_[i]; }
  uint64_t bytes() const;

  /// Appends the selected rows; one vector per column.
  void append(std::span<const types::Vector* const> vectors, const types::Selection& sel);
  void append(const types::Chunk& chunk, const types::Selection& sel);
  void append(const RowBuffer& source, const uint32_t* rows, uint32_t first, uint32_t n);
  /// Resets `out` to the first `columns` columns and fills it.
  void gather(const uint32_t* rows, uint32_t n, size_t columns, types::Chunk* out) const;
  void slice(uint32_t first, uint32_t n, size_t columns, types::Chunk* out) const;
  /// After writing columns one by one.
  void set_size(uint32_t n) { size_ = n; }

 private:
  std::vector<ColumnBuffer> columns_;
  uint32_t size_ = 0;
};

/// Resets `out` and copies source cells rows[0..n); ColumnBuffer::kNullRow gives NULL.
void take(const types::Vector& source, const uint32_t* rows, uint32_t n, types::Vector* out);
/// Cells moved to the front: v[i] = v[rows[i]] for ascending rows.
void compact(types::Vector* v, const uint32_t* rows, uint32_t n);
/// Empties a vector; large memory goes back.
template <class T>
void clear_vector(std::vector<T>* v) {
  if (v->capacity() * sizeof(T) > 65536) {
    *v = {};
  } else {
    v->clear();
  }
}
/// Vector capacity for n cells: small chunks do not pay for large memory.
inline uint32_t capacity_for(uint32_t n) {
  uint32_t c = 64;
  while (c < n) c *= 2;
  return c < types::kVectorCapacity ? c : types::kVectorCapacity;
}

}  // namespace orrery::exec
