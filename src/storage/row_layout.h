// RowLayout: how the cells of a table's rows lie in a row image, and the ways between an image and
// SQL cells (Datum) or BSATN.
//
// Image: the fixed-width cells in column order, packed, as their BSATN bytes (a UUID most
// significant byte first); then the null bits, one per nullable column (set = NULL); then, 8-aligned,
// a 16-byte StringRef per variable-width column (text and bytes without their length, VECTOR as packed
// floats, everything else as BSATN). NULL cells are all zero, so equal images have equal bytes
// wherever no StringRef is long. Images begin 8-aligned.
//
// A StringRef in an image that was just decoded borrows from the source; adopt_strings() of the
// table makes it the table's. Immutable; safe from any thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/short_copy.h"
#include "storage/schema.h"
#include "types/datum.h"

namespace orrery::storage {

/// How a cell is stored.
enum class CellKind : uint8_t {
  kBool,
  kI8,
  kU8,
  kI16,
  kU16,
  kI32,
  kU32,
  kI64,              ///< TIMESTAMP in nanoseconds too
  kTimestampMicros,  ///< I64; SQL sees nanoseconds
  kF32,
  kF64,
  kUuid,    ///< 16 bytes, most significant first; BSATN has them the other way round
  kFixed,   ///< BSATN bytes of a type of fixed width
  kText,    ///< StringRef; BSATN: u32 length, bytes (UTF-8)
  kBytes,   ///< StringRef; BSATN: u32 length, bytes
  kFloats,  ///< StringRef; BSATN: u32 count, packed f32
  kBsatn,   ///< StringRef to the BSATN bytes of the value
};

inline bool is_var(CellKind kind) { return kind >= CellKind::kText; }

struct ColumnLayout {
  CellKind kind = CellKind::kI64;
  bool nullable = false;
  bool plain_bits = true;  ///< fixed: any bytes are a value
  uint8_t null_mask = 0;
  types::TypeId sql_type = types::TypeId::kInteger;
  uint32_t offset = 0;  ///< in the image
  uint32_t width = 0;
  uint32_t null_byte = 0;      ///< offset in the image of the byte that has the null bit
  types::AlgebraicType inner;  ///< without its Option
  std::string name;
};

/// A module's Timestamp as SQL sees it; the ends of SQL's range stand for what lies beyond.
inline int64_t nanos_of_micros(int64_t micros) {
  int64_t nanos;
  if (__builtin_mul_overflow(micros, int64_t{1000}, &nanos)) {
    return micros < 0 ? INT64_MIN : INT64_MAX;
  }
  return nanos;
}

/// Copies an image, whose length is a multiple of 8; short ones without a call.
inline void copy_image(uint8_t* to, const uint8_t* from, uint32_t bytes) {
  if (bytes > 32) {
    std::memcpy(to, from, bytes);
  } else if (bytes >= 16) {
    uint64_t head[2], tail[2];
    std::memcpy(head, from, 16);
    std::memcpy(tail, from + bytes - 16, 16);
    std::memcpy(to, head, 16);
    std::memcpy(to + bytes - 16, tail, 16);
  } else {
    std::memcpy(to, from, 8);
  }
}

class RowLayout {
 public:
  explicit RowLayout(std::span<const ColumnDef> columns);

  std::span<const ColumnLayout> columns() const { return columns_; }
  const ColumnLayout& column(uint32_t i) const { return columns_[i]; }
  uint32_t image_bytes() const { return image_bytes_; }
  /// Columns whose cells are StringRefs.
  std::span<const uint16_t> var_columns() const { return var_columns_; }

  bool is_null(const uint8_t* image, uint32_t column) const {
    const ColumnLayout& c = columns_[column];
    return c.nullable && (image[c.null_byte] & c.null_mask) != 0;
  }
  /// Borrows from the image or from what it borrows from.
  types::Datum cell(const uint8_t* image, uint32_t column) const;
  types::StringRef string_ref(const uint8_t* image, uint32_t column) const {
    types::StringRef s;
    std::memcpy(&s, image + columns_[column].offset, sizeof(s));
    return s;
  }
  /// Stores a cell, borrowing its bytes. kNotNull, kTypeMismatch, kOverflow.
  Status set_cell(uint8_t* image, uint32_t column, const types::Datum& value) const;
  void set_null(uint8_t* image, uint32_t column) const;
  /// All cells, in column order.
  Status set_row(uint8_t* image, std::span<const types::Datum> row) const;

  /// True where both images have the same cell (not only an equal one: -0.0 differs from 0.0).
  bool same_cell(const uint8_t* a, const uint8_t* b, uint32_t column) const;
  /// The same of all cells.
  bool same_row(const uint8_t* a, const uint8_t* b) const {
    if (!same_fixed_part(a, b)) return false;
    for (uint16_t column : var_columns_) {
      if (!(string_ref(a, column) == string_ref(b, column))) return false;
    }
    return true;
  }
  /// Of the whole row; equal where same_row() is true. Not stable across versions.
  uint64_t hash(const uint8_t* image) const;

  /// Appends the row as a product in BSATN.
  void append_bsatn(const uint8_t* image, std::string* out) const;
  /// Bytes that append_bsatn() would add.
  uint32_t bsatn_bytes(const uint8_t* image) const {
    return fixed_bsatn_bytes_ != 0 ? fixed_bsatn_bytes_ : count_bsatn_bytes(image);
  }
  /// Writes exactly bsatn_bytes() bytes; returns the end.
  uint8_t* write_bsatn(const uint8_t* image, uint8_t* out) const {
    if (plain_bytes_ == 0) return write_steps(image, out);
    copy_short(out, image, plain_bytes_);
    return out + plain_bytes_;
  }
  /// Rows of one length, one behind the other; returns the end.
  uint8_t* write_fixed_rows(const uint8_t* const* images, uint32_t n, uint8_t* out) const;
  /// Appends one cell in BSATN (its Option tag too).
  void append_cell_bsatn(const uint8_t* image, uint32_t column, std::string* out) const;
  /// Reads one row from the front of `bytes`, checking everything; `used` gets its length. The image
  /// borrows long cells from `bytes`.
  Status read_bsatn(std::string_view bytes, uint8_t* image, size_t* used) const {
    if (plain_bytes_ != 0 && bytes.size() >= plain_bytes_) [[likely]] {
      read_plain(bytes.data(), image);
      *used = plain_bytes_;
      return {};
    }
    return read_steps(bytes, image, used);
  }
  /// Reads one cell from the front of `bytes`.
  Status read_cell_bsatn(std::string_view bytes, uint32_t column, uint8_t* image,
                         size_t* used) const;
  /// Length of a row where all rows are equally long, else 0.
  uint32_t fixed_bsatn_bytes() const { return fixed_bsatn_bytes_; }

 private:
  /// A step of the way between image and BSATN: a run of bytes, or one column.
  struct Step {
    bool run = false;
    uint16_t column = 0;
    uint32_t offset = 0;
    uint32_t bytes = 0;
  };
  void plan_steps();
  /// Up to two words without a call.
  bool same_fixed_part(const uint8_t* a, const uint8_t* b) const {
    if (fixed_end_ > 16) return std::memcmp(a, b, fixed_end_) == 0;
    // What is behind the cells is zero in both, or a StringRef's beginning is looked at for nothing.
    const uint32_t words = (fixed_end_ + 7) / 8;
    uint64_t x[2] = {}, y[2] = {};
    if (words > 0) std::memcpy(&x[0], a, 8), std::memcpy(&y[0], b, 8);
    if (words > 1) std::memcpy(&x[1], a + 8, 8), std::memcpy(&y[1], b + 8, 8);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
  }
  /// A row whose image is its BSATN, filled up with zeros.
  void read_plain(const char* bytes, uint8_t* image) const {
    const uint64_t zero = 0;
    std::memcpy(image + image_bytes_ - 8, &zero, 8);
    copy_short(image, bytes, plain_bytes_);
  }
  Status read_steps(std::string_view bytes, uint8_t* image, size_t* used) const;
  Status read_column(std::string_view bytes, size_t* at, uint32_t column, uint8_t* image) const;
  Status read_payload(std::string_view bytes, size_t* at, const ColumnLayout& c, uint8_t* p) const;
  uint32_t count_bsatn_bytes(const uint8_t* image) const;
  uint8_t* write_steps(const uint8_t* image, uint8_t* out) const;
  uint32_t column_bsatn_bytes(const uint8_t* image, uint32_t column) const;
  uint8_t* write_column(const uint8_t* image, uint32_t column, uint8_t* out) const;

  std::vector<ColumnLayout> columns_;
  std::vector<uint16_t> var_columns_;
  std::vector<Step> read_steps_;   ///< runs hold only columns whose bits are all valid
  std::vector<Step> write_steps_;  ///< runs as long as possible
  uint32_t image_bytes_ = 0;
  uint32_t fixed_end_ = 0;  ///< end of the fixed-width cells and null bits
  uint32_t fixed_bsatn_bytes_ = 0;
  uint32_t plain_bytes_ = 0;  ///< of a row that is one run of valid bits; 0: it is not
};

}  // namespace orrery::storage
