// Columns of row images into vectors.
#include "base/assert.h"
#include "storage/row_layout.h"
#include "storage/table.h"

namespace orrery::storage {

using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

template <class T>
T load(const uint8_t* p) {
  T v;
  std::memcpy(&v, p, sizeof(T));
  return v;
}

/// Cells of type Out made from stored cells of type In. A stored NULL is zero, so it is copied like
/// any other; its validity bit is cleared afterwards.
template <class In, class Out, class Convert>
void copy_cells(uint32_t offset, const RowRef* rows, const Selection& sel, Out* out,
                Convert&& convert) {
  types::for_each_row(sel, [&](uint32_t i) { out[i] = convert(load<In>(rows[i] + offset)); });
}

template <class In>
void copy_integers(uint32_t offset, const RowRef* rows, const Selection& sel, Vector& out) {
  copy_cells<In>(offset, rows, sel, out.data<int64_t>(),
                 [](In v) { return static_cast<int64_t>(v); });
}

void mark_nulls(const ColumnLayout& c, const RowRef* rows, const Selection& sel, Vector& out) {
  uint32_t byte = c.null_byte;
  uint8_t mask = c.null_mask;
  uint8_t any = 0;
  types::for_each_row(sel, [&](uint32_t i) { any |= rows[i][byte]; });
  if ((any & mask) == 0) return;
  uint64_t* validity = out.mutable_validity();
  types::for_each_row(sel, [&](uint32_t i) {
    uint64_t null = (rows[i][byte] & mask) != 0 ? 1 : 0;
    validity[i >> 6] &= ~(null << (i & 63));
  });
}

void gather_column(const ColumnLayout& c, const RowRef* rows, const Selection& sel, Vector& out) {
  uint32_t offset = c.offset;
  switch (c.kind) {
    case CellKind::kBool:
      copy_cells<uint8_t>(offset, rows, sel, out.data<uint8_t>(), [](uint8_t v) { return v; });
      break;
    case CellKind::kI8:
      copy_integers<int8_t>(offset, rows, sel, out);
      break;
    case CellKind::kU8:
      copy_integers<uint8_t>(offset, rows, sel, out);
      break;
    case CellKind::kI16:
      copy_integers<int16_t>(offset, rows, sel, out);
      break;
    case CellKind::kU16:
      copy_integers<uint16_t>(offset, rows, sel, out);
      break;
    case CellKind::kI32:
      copy_integers<int32_t>(offset, rows, sel, out);
      break;
    case CellKind::kU32:
      copy_integers<uint32_t>(offset, rows, sel, out);
      break;
    case CellKind::kI64:
      copy_integers<int64_t>(offset, rows, sel, out);
      break;
    case CellKind::kTimestampMicros:
      copy_cells<int64_t>(offset, rows, sel, out.data<int64_t>(), nanos_of_micros);
      break;
    case CellKind::kF32:
      copy_cells<float>(offset, rows, sel, out.data<double>(),
                        [](float v) { return static_cast<double>(v); });
      break;
    case CellKind::kF64:
      copy_cells<double>(offset, rows, sel, out.data<double>(), [](double v) { return v; });
      break;
    case CellKind::kUuid:
    case CellKind::kFixed:
      // The bytes lie in the image, which the next writer may change.
      types::for_each_row(sel, [&](uint32_t i) {
        out.data<StringRef>()[i] =
            out.add_string({reinterpret_cast<const char*>(rows[i] + offset), c.width});
      });
      break;
    case CellKind::kText:
    case CellKind::kBytes:
    case CellKind::kFloats:
    case CellKind::kBsatn:
      copy_cells<StringRef>(offset, rows, sel, out.data<StringRef>(),
                            [](StringRef v) { return v; });
      break;
  }
  if (c.nullable) mark_nulls(c, rows, sel, out);
}

}  // namespace

void gather(const Table& table, uint32_t column, const RowRef* rows, uint32_t n, Vector& out) {
  gather_column(table.layout().column(column), rows, Selection{nullptr, n}, out);
}

void gather(const Table& table, uint32_t column, const RowRef* rows, const Selection& sel,
            Vector& out) {
  gather_column(table.layout().column(column), rows, sel, out);
}

}  // namespace orrery::storage
