// Bounds that come as BSATN.
#include <algorithm>

#include "storage/datastore.h"
#include "storage/index_int.h"
#include "storage/index_resolve.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {
namespace {

/// A row image that only has some cells.
class PartialImage {
 public:
  explicit PartialImage(const Table& table) : layout_(table.layout()) {
    size_t words = (layout_.image_bytes() + 7) / 8;
    if (words > kInlineWords) {
      heap_.reset(new uint64_t[words]());
      words_ = heap_.get();
    } else {
      std::fill(inline_, inline_ + words, 0);
    }
  }
  uint8_t* image() { return reinterpret_cast<uint8_t*>(words_); }
  /// Takes a cell from the front of `bytes`.
  Status read(uint16_t column, std::string_view* bytes) {
    size_t used = 0;
    ORRERY_TRY(layout_.read_cell_bsatn(*bytes, column, image(), &used));
    bytes->remove_prefix(used);
    return {};
  }

 private:
  static constexpr size_t kInlineWords = 32;
  const RowLayout& layout_;
  uint64_t inline_[kInlineWords];
  std::unique_ptr<uint64_t[]> heap_;
  uint64_t* words_ = inline_;
};

Error trailing(std::string_view what) {
  return Error(ErrorCode::kDecode, "bytes after the end of " + std::string(what));
}

/// Reads a Bound of one column.
Status read_bound(std::string_view bytes, uint16_t column, PartialImage* image, BoundKind* kind) {
  if (bytes.empty()) return Error(ErrorCode::kDecode, "empty bound");
  uint8_t tag = static_cast<uint8_t>(bytes[0]);
  bytes.remove_prefix(1);
  if (tag > 2) return Error(ErrorCode::kDecode, "invalid tag of a bound");
  *kind = tag == 0   ? BoundKind::kIncluded
          : tag == 1 ? BoundKind::kExcluded
                     : BoundKind::kUnbounded;
  if (tag != 2) ORRERY_TRY(image->read(column, &bytes));
  if (!bytes.empty()) return trailing("a bound");
  return {};
}

/// The fields of the product that an index's only column is; empty where it is none, or has one
/// field only, which is keyed like the product.
std::span<const types::TypeElement> key_fields(const Table& table, const Index& index) {
  if (index.def().columns.size() != 1) return {};
  const ColumnLayout& c = table.layout().column(index.def().columns[0]);
  const bool plain = c.kind == CellKind::kFixed || c.kind == CellKind::kBsatn;
  if (!plain || c.nullable || !c.inner.is(types::TypeKind::kProduct)) return {};
  return c.inner.elements().size() < 2 ? std::span<const types::TypeElement>()
                                       : c.inner.elements();
}

/// Appends the key of a bound that is a value of `field`, or, where that has bytes left over and
/// `whole` is not null, of `whole`.
Status read_field_bound(std::string_view bytes, const types::AlgebraicType& field,
                        const types::AlgebraicType* whole, BoundKind* kind, std::string* key) {
  if (bytes.empty()) return Error(ErrorCode::kDecode, "empty bound");
  const uint8_t tag = static_cast<uint8_t>(bytes[0]);
  bytes.remove_prefix(1);
  if (tag > 2) return Error(ErrorCode::kDecode, "invalid tag of a bound");
  *kind = tag == 0   ? BoundKind::kIncluded
          : tag == 1 ? BoundKind::kExcluded
                     : BoundKind::kUnbounded;
  if (tag == 2) return bytes.empty() ? Status() : trailing("a bound");
  const size_t prefix = key->size();
  std::string_view rest = bytes;
  if (!append_field_key(field, &rest, key)) return Error(ErrorCode::kDecode, "malformed bound");
  if (rest.empty()) return {};
  if (whole == nullptr) return trailing("a bound");
  key->resize(prefix);
  if (!append_field_key(*whole, &bytes, key)) return Error(ErrorCode::kDecode, "malformed bound");
  return bytes.empty() ? Status() : trailing("a bound");
}

/// A range over the fields of one column.
Result<KeyRange> decode_field_range(const types::AlgebraicType& column, const BsatnRange& range) {
  const std::span<const types::TypeElement> fields = column.elements();
  if (range.prefix_columns >= fields.size()) {
    return Error(ErrorCode::kDecode, "no column is left for the range");
  }
  KeyRange r;
  std::string_view prefix = range.prefix_columns == 0 ? std::string_view() : range.prefix;
  for (uint32_t i = 0; i < range.prefix_columns; ++i) {
    if (!append_field_key(fields[i].type, &prefix, &r.lower)) {
      return Error(ErrorCode::kDecode, "malformed prefix");
    }
  }
  if (!prefix.empty()) return trailing("a prefix");
  r.upper = r.lower;
  const types::AlgebraicType& next = fields[range.prefix_columns].type;
  const types::AlgebraicType* whole = range.prefix_columns == 0 ? &column : nullptr;
  BoundKind lower, upper;
  ORRERY_TRY(read_field_bound(range.lower, next, whole, &lower, &r.lower));
  ORRERY_TRY(read_field_bound(range.upper, next, whole, &upper, &r.upper));
  // No key of the next value begins with that of another, so what follows the key does not matter.
  if (lower == BoundKind::kExcluded && !make_successor(&r.lower)) r.empty = true;
  if (upper == BoundKind::kExcluded) {
    r.empty = r.empty || r.upper.empty();
  } else {
    make_successor(&r.upper);  // empty: to the end
  }
  if (!r.upper.empty() && r.lower >= r.upper) r.empty = true;
  return r;
}

}  // namespace

Result<KeyRange> decode_point(const Table& table, const Index& index, std::string_view key) {
  const IndexImpl& impl = static_cast<const IndexImpl&>(index);
  PartialImage image(table);
  for (uint16_t column : index.def().columns) ORRERY_TRY(image.read(column, &key));
  if (!key.empty()) return trailing("a key");
  ImageBounds bounds;
  bounds.image = image.image();
  bounds.equal_columns = static_cast<uint32_t>(index.def().columns.size());
  return impl.range(bounds);
}

Result<KeyRange> decode_range(const Table& table, const Index& index, const BsatnRange& range) {
  const IndexImpl& impl = static_cast<const IndexImpl&>(index);
  const std::vector<uint16_t>& columns = index.def().columns;
  if (!index.ordered()) {
    return Error(ErrorCode::kNotSupported, "index '" + index.def().name + "' has no ranges");
  }
  if (!key_fields(table, index).empty()) {
    return decode_field_range(table.layout().column(columns[0]).inner, range);
  }
  if (range.prefix_columns >= columns.size()) {
    return Error(ErrorCode::kDecode, "no column is left for the range");
  }
  PartialImage lower(table), upper(table);
  std::string_view prefix = range.prefix_columns == 0 ? std::string_view() : range.prefix;
  for (uint32_t i = 0; i < range.prefix_columns; ++i) {
    ORRERY_TRY(lower.read(columns[i], &prefix));
  }
  if (!prefix.empty()) return trailing("a prefix");
  ImageBounds bounds;
  bounds.image = lower.image();
  bounds.upper_image = upper.image();
  bounds.equal_columns = range.prefix_columns;
  uint16_t next = columns[range.prefix_columns];
  ORRERY_TRY(read_bound(range.lower, next, &lower, &bounds.lower));
  ORRERY_TRY(read_bound(range.upper, next, &upper, &bounds.upper));
  return impl.range(bounds);
}

Result<RowRef> find_unique_bsatn(const Table& table, const Index& index, std::string_view key,
                                 const ReadView& view, RowId* id) {
  const IndexImpl& impl = static_cast<const IndexImpl&>(index);
  const IntIndex* ints = as_int_index(impl);
  // Most keys are one plain number, whose bytes in BSATN are those of the cell.
  if (ints != nullptr && key.size() == ints->column().width && !ints->column().nullable &&
      ints->column().kind != CellKind::kBool) {
    const KeyColumn& column = ints->column();
    const int64_t wanted = int_key_at(column, reinterpret_cast<const uint8_t*>(key.data()));
    const RowId row = ints->only_row(wanted);
    if (row == IntIndex::kNoRow) return static_cast<RowRef>(nullptr);
    if (row != IntIndex::kPerhapsMany) {
      if (id != nullptr) *id = row;
      return resolve_entry(impl.core(), row, view, impl.retired(), [&](const uint8_t* version) {
        return int_key(column, version) == wanted;
      });
    }
  }
  PartialImage image(table);
  for (uint16_t column : index.def().columns) ORRERY_TRY(image.read(column, &key));
  if (!key.empty()) return trailing("a key");
  RowList rows;
  if (impl.key_has_null(image.image())) return static_cast<RowRef>(nullptr);
  impl.find(image.image(), &rows);
  bool check = impl.retired();
  for (uint32_t i = 0; i < rows.size(); ++i) {
    RowRef row = resolve_entry(impl.core(), rows[i], view, check, [&](const uint8_t* version) {
      return impl.same_key(version, image.image());
    });
    if (row == nullptr) continue;
    if (id != nullptr) *id = rows[i];
    return row;
  }
  return static_cast<RowRef>(nullptr);
}

Result<uint32_t> read_unique_bsatn(const Table& table, const Index& index, std::string_view key,
                                   const ReadView& view, std::span<uint8_t> buffer) {
  SharedLockGuard<RwLatch> hold(impl_of(table).core().latch);
  ORRERY_TRY_ASSIGN(const RowRef row, find_unique_bsatn(table, index, key, view, nullptr));
  if (row == nullptr) return 0u;
  const uint32_t bytes = table.layout().bsatn_bytes(row);
  if (bytes <= buffer.size()) table.layout().write_bsatn(row, buffer.data());
  return bytes;
}

}  // namespace orrery::storage
