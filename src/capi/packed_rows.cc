#include "capi/packed_rows.h"

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/utf8.h"
#include "capi/cells.h"

namespace orrery::capi {
namespace {

constexpr size_t kNameBytesMax = UINT16_MAX;

/// A malloc buffer that grows; frees itself unless taken.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { std::free(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  /// Room for so many more bytes; false where memory is out.
  bool reserve(size_t more) {
    if (capacity_ - size_ >= more) return true;
    size_t wanted = capacity_ + capacity_ / 2;
    if (wanted - size_ < more) wanted = size_ + more;
    auto* grown = static_cast<uint8_t*>(std::realloc(data_, wanted));
    if (grown == nullptr) return false;
    data_ = grown;
    capacity_ = wanted;
    return true;
  }
  // After reserve().
  template <class T>
  void put(T value) {
    std::memcpy(data_ + size_, &value, sizeof(value));
    size_ += sizeof(value);
  }
  void put_bytes(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void put_prefixed(std::string_view bytes) {
    put(static_cast<uint32_t>(bytes.size()));
    put_bytes(bytes);
  }
  void patch(size_t at, uint32_t value) { std::memcpy(data_ + at, &value, sizeof(value)); }
  size_t size() const { return size_; }
  uint8_t* take() {
    uint8_t* out = data_;
    data_ = nullptr;
    return out;
  }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

Error out_of_memory() {
  return Error(ErrorCode::kOutOfMemory, "out of memory for the packed rows");
}

std::string_view cut_name(std::string_view name) {
  if (name.size() <= kNameBytesMax) return name;
  // Never in the middle of a character: the next byte must begin one.
  size_t end = kNameBytesMax;
  while (end > 0 && (static_cast<uint8_t>(name[end]) & 0xC0) == 0x80) --end;
  return name.substr(0, end);
}

/// The most bytes that the rows of a batch take.
size_t batch_bytes_max(const engine::RowBatch& batch) {
  const size_t rows = batch.end_row - batch.first_row;
  size_t bytes = 0;
  for (const types::Vector& column : batch.chunk->columns) {
    bytes += rows * 9;
    const types::Layout layout = types::layout_of(column.type());
    for (uint32_t r = batch.first_row; r < batch.end_row; ++r) {
      if (layout == types::Layout::kString) {
        if (!column.is_null(r)) bytes += column.cell<types::StringRef>(r).size();
      } else if (layout == types::Layout::kDatum) {
        const types::Datum cell = column.datum(r);
        if (types::layout_of(cell.type()) == types::Layout::kString) bytes += cell.view().size();
      }
    }
  }
  return bytes;
}

/// Types without a code of their own go as text, which may be longer than the cell.
Status put_as_text(const types::Datum& cell, Buffer& out) {
  Arena arena;
  std::string_view text = cell_text(cell, arena);
  if (!out.reserve(text.size() + 16)) return out_of_memory();
  out.put(static_cast<uint8_t>(STOOLAP_TYPE_TEXT));
  out.put_prefixed(text);
  return {};
}

Status put_cell(const types::Datum& cell, Buffer& out) {
  switch (cell.type()) {
    case types::TypeId::kNull:
      out.put(static_cast<uint8_t>(STOOLAP_TYPE_NULL));
      break;
    case types::TypeId::kInteger:
    case types::TypeId::kTimestamp:
      out.put(static_cast<uint8_t>(cell.type()));
      out.put(cell.as_int64());
      break;
    case types::TypeId::kFloat:
      out.put(static_cast<uint8_t>(STOOLAP_TYPE_FLOAT));
      out.put(cell.as_double());
      break;
    case types::TypeId::kBoolean:
      out.put(static_cast<uint8_t>(STOOLAP_TYPE_BOOLEAN));
      out.put(static_cast<uint8_t>(cell.as_bool() ? 1 : 0));
      break;
    case types::TypeId::kText:
    case types::TypeId::kJson:
    case types::TypeId::kVector:
    case types::TypeId::kBlob:
      out.put(static_cast<uint8_t>(stoolap_type(cell.type())));
      out.put_prefixed(cell.view());
      break;
    case types::TypeId::kUuid:
    case types::TypeId::kAlgebraic:
    case types::TypeId::kAny:
    case types::TypeId::kU64:
    case types::TypeId::kU128:
    case types::TypeId::kI128:
    case types::TypeId::kU256:
    case types::TypeId::kI256:
      return put_as_text(cell, out);
  }
  return {};
}

Status put_batch(const engine::RowBatch& batch, Buffer& out) {
  for (uint32_t r = batch.first_row; r < batch.end_row; ++r) {
    for (const types::Vector& column : batch.chunk->columns) {
      ORRERY_TRY(put_cell(column.datum(r), out));
    }
  }
  return {};
}

}  // namespace

Result<PackedRows> pack_rows(engine::Rows& rows) {
  Buffer out;
  size_t header = 8;
  for (const plan::OutputColumn& column : rows.columns()) header += 2 + column.name.size();
  if (!out.reserve(header)) return out_of_memory();
  out.put(static_cast<uint32_t>(rows.columns().size()));
  for (const plan::OutputColumn& column : rows.columns()) {
    std::string_view name = cut_name(column.name);
    out.put(static_cast<uint16_t>(name.size()));
    out.put_bytes(name);
  }
  const size_t count_at = out.size();
  out.put(uint32_t{0});
  uint64_t count = 0;
  for (;;) {
    ORRERY_TRY_ASSIGN(engine::RowBatch batch, rows.next_batch());
    if (batch.chunk == nullptr) break;
    count += batch.end_row - batch.first_row;
    if (count > UINT32_MAX) {
      return Error(ErrorCode::kLimit, "too many rows for one buffer");
    }
    if (!out.reserve(batch_bytes_max(batch))) return out_of_memory();
    ORRERY_TRY(put_batch(batch, out));
  }
  out.patch(count_at, static_cast<uint32_t>(count));
  const size_t size = out.size();
  return PackedRows{out.take(), size};
}

}  // namespace orrery::capi
