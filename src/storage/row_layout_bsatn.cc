#include <cstring>

#include "base/utf8.h"
#include "storage/row_layout.h"
#include "types/bsatn.h"

namespace orrery::storage {

using types::StringRef;

namespace {

constexpr uint8_t kSome = 0;
constexpr uint8_t kNone = 1;

Error short_error(const ColumnLayout& c) {
  return Error(ErrorCode::kDecode, "row ends inside column '" + c.name + "'");
}

void reverse_copy(uint8_t* to, const uint8_t* from, uint32_t n) {
  for (uint32_t i = 0; i < n; ++i) to[i] = from[n - 1 - i];
}

StringRef load_ref(const uint8_t* p) {
  StringRef s;
  std::memcpy(&s, p, sizeof(s));
  return s;
}

}  // namespace

Status RowLayout::read_payload(std::string_view bytes, size_t* at, const ColumnLayout& c,
                               uint8_t* p) const {
  const char* from = bytes.data() + *at;
  size_t left = bytes.size() - *at;
  if (!is_var(c.kind)) {
    if (left < c.width) return short_error(c);
    if (c.kind == CellKind::kUuid) {
      reverse_copy(p, reinterpret_cast<const uint8_t*>(from), c.width);
    } else {
      if (c.kind == CellKind::kBool) {
        if (static_cast<uint8_t>(*from) > 1) {
          return Error(ErrorCode::kDecode, "invalid bool in column '" + c.name + "'");
        }
      } else if (!c.plain_bits) {
        ORRERY_TRY_ASSIGN(size_t used, types::bsatn_validate(c.inner, {from, c.width}));
        if (used != c.width) return short_error(c);
      }
      std::memcpy(p, from, c.width);
    }
    *at += c.width;
    return {};
  }
  uint64_t skip = 0, length = 0;
  if (c.kind == CellKind::kBsatn) {
    ORRERY_TRY_ASSIGN(length, types::bsatn_validate(c.inner, {from, left}));
  } else {
    if (left < 4) return short_error(c);
    uint32_t count;
    std::memcpy(&count, from, 4);
    skip = 4;
    length = c.kind == CellKind::kFloats ? uint64_t{count} * 4 : count;
    if (left - 4 < length) return short_error(c);
    if (c.kind == CellKind::kText && !utf8_valid({from + 4, static_cast<size_t>(length)})) {
      return Error(ErrorCode::kDecode, "invalid UTF-8 in column '" + c.name + "'");
    }
  }
  if (length > UINT32_MAX) {
    return Error(ErrorCode::kLimit, "value too long in column '" + c.name + "'");
  }
  StringRef s(from + skip, static_cast<uint32_t>(length));
  std::memcpy(p, &s, sizeof(s));
  *at += skip + length;
  return {};
}

Status RowLayout::read_column(std::string_view bytes, size_t* at, uint32_t column,
                              uint8_t* image) const {
  const ColumnLayout& c = columns_[column];
  if (c.nullable) {
    if (*at >= bytes.size()) return short_error(c);
    uint8_t tag = static_cast<uint8_t>(bytes[*at]);
    ++*at;
    if (tag == kNone) {
      set_null(image, column);
      return {};
    }
    if (tag != kSome) {
      return Error(ErrorCode::kDecode, "invalid option tag in column '" + c.name + "'");
    }
    image[c.null_byte] &= static_cast<uint8_t>(~c.null_mask);
  }
  return read_payload(bytes, at, c, image + c.offset);
}

Status RowLayout::read_steps(std::string_view bytes, uint8_t* image, size_t* used) const {
  size_t at = 0;
  std::memset(image, 0, image_bytes_);
  for (const Step& step : read_steps_) {
    if (step.run) {
      if (bytes.size() - at < step.bytes) return short_error(columns_[step.column]);
      std::memcpy(image + step.offset, bytes.data() + at, step.bytes);
      at += step.bytes;
    } else {
      ORRERY_TRY(read_column(bytes, &at, step.column, image));
    }
  }
  *used = at;
  return {};
}

Status RowLayout::read_cell_bsatn(std::string_view bytes, uint32_t column, uint8_t* image,
                                  size_t* used) const {
  size_t at = 0;
  ORRERY_TRY(read_column(bytes, &at, column, image));
  *used = at;
  return {};
}

uint32_t RowLayout::column_bsatn_bytes(const uint8_t* image, uint32_t column) const {
  const ColumnLayout& c = columns_[column];
  uint32_t bytes = 0;
  if (c.nullable) {
    if (is_null(image, column)) return 1;
    bytes = 1;
  }
  if (!is_var(c.kind)) return bytes + c.width;
  return bytes + load_ref(image + c.offset).size() + (c.kind == CellKind::kBsatn ? 0 : 4);
}

uint32_t RowLayout::count_bsatn_bytes(const uint8_t* image) const {
  uint32_t bytes = 0;
  for (const Step& step : write_steps_) {
    bytes += step.run ? step.bytes : column_bsatn_bytes(image, step.column);
  }
  return bytes;
}

uint8_t* RowLayout::write_column(const uint8_t* image, uint32_t column, uint8_t* out) const {
  const ColumnLayout& c = columns_[column];
  if (c.nullable) {
    if (is_null(image, column)) {
      *out = kNone;
      return out + 1;
    }
    *out++ = kSome;
  }
  const uint8_t* p = image + c.offset;
  if (!is_var(c.kind)) {
    if (c.kind == CellKind::kUuid) {
      reverse_copy(out, p, c.width);
    } else {
      std::memcpy(out, p, c.width);
    }
    return out + c.width;
  }
  StringRef s = load_ref(p);
  if (c.kind != CellKind::kBsatn) {
    uint32_t count = c.kind == CellKind::kFloats ? s.size() / 4 : s.size();
    std::memcpy(out, &count, 4);
    out += 4;
  }
  std::memcpy(out, s.data(), s.size());
  return out + s.size();
}

uint8_t* RowLayout::write_steps(const uint8_t* image, uint8_t* out) const {
  for (const Step& step : write_steps_) {
    if (step.run) {
      std::memcpy(out, image + step.offset, step.bytes);
      out += step.bytes;
    } else {
      out = write_column(image, step.column, out);
    }
  }
  return out;
}

namespace {

/// Copies of a length known to the compiler are a few moves.
template <uint32_t kBytes>
uint8_t* copy_rows_of(const uint8_t* const* images, uint32_t offset, uint32_t n, uint8_t* out) {
  for (uint32_t i = 0; i < n; ++i, out += kBytes) std::memcpy(out, images[i] + offset, kBytes);
  return out;
}

}  // namespace

uint8_t* RowLayout::write_fixed_rows(const uint8_t* const* images, uint32_t n,
                                     uint8_t* out) const {
  if (write_steps_.size() == 1 && write_steps_[0].run) {
    uint32_t offset = write_steps_[0].offset;
    switch (write_steps_[0].bytes) {
      case 4:
        return copy_rows_of<4>(images, offset, n, out);
      case 8:
        return copy_rows_of<8>(images, offset, n, out);
      case 12:
        return copy_rows_of<12>(images, offset, n, out);
      case 16:
        return copy_rows_of<16>(images, offset, n, out);
      case 20:
        return copy_rows_of<20>(images, offset, n, out);
      case 24:
        return copy_rows_of<24>(images, offset, n, out);
      case 32:
        return copy_rows_of<32>(images, offset, n, out);
      default:
        break;
    }
  }
  for (uint32_t i = 0; i < n; ++i) out = write_bsatn(images[i], out);
  return out;
}

void RowLayout::append_bsatn(const uint8_t* image, std::string* out) const {
  if (plain_bytes_ != 0) {
    out->append(reinterpret_cast<const char*>(image), plain_bytes_);
    return;
  }
  size_t start = out->size();
  out->resize(start + bsatn_bytes(image));
  write_bsatn(image, reinterpret_cast<uint8_t*>(out->data()) + start);
}

void RowLayout::append_cell_bsatn(const uint8_t* image, uint32_t column, std::string* out) const {
  size_t start = out->size();
  out->resize(start + column_bsatn_bytes(image, column));
  write_column(image, column, reinterpret_cast<uint8_t*>(out->data()) + start);
}

}  // namespace orrery::storage
