#include "storage/row_layout.h"

#include <algorithm>

#include "base/assert.h"
#include "base/hash.h"
#include "types/bsatn.h"

namespace orrery::storage {

using types::AlgebraicType;
using types::Datum;
using types::StringRef;
using types::TypeForm;
using types::TypeId;
using types::TypeKind;

namespace {

/// Fixed-width values wider than this are kept in the heap: slots stay small.
constexpr uint32_t kFixedCellBytesMax = 64;

CellKind kind_of_primitive(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return CellKind::kBool;
    case TypeKind::kI8:
      return CellKind::kI8;
    case TypeKind::kU8:
      return CellKind::kU8;
    case TypeKind::kI16:
      return CellKind::kI16;
    case TypeKind::kU16:
      return CellKind::kU16;
    case TypeKind::kI32:
      return CellKind::kI32;
    case TypeKind::kU32:
      return CellKind::kU32;
    case TypeKind::kI64:
      return CellKind::kI64;
    case TypeKind::kF32:
      return CellKind::kF32;
    case TypeKind::kF64:
      return CellKind::kF64;
    case TypeKind::kString:
      return CellKind::kText;
    default:
      return CellKind::kBsatn;
  }
}

CellKind kind_of(const AlgebraicType& type, uint32_t* width) {
  *width = sizeof(StringRef);
  switch (type.form()) {
    case TypeForm::kBytes:
      return CellKind::kBytes;
    case TypeForm::kJson:
      return CellKind::kText;
    case TypeForm::kVector:
      return CellKind::kFloats;
    case TypeForm::kUuid:
      *width = 16;
      return CellKind::kUuid;
    case TypeForm::kTimestampNanos:
      *width = 8;
      return CellKind::kI64;
    case TypeForm::kTimestampMicros:
      *width = 8;
      return CellKind::kTimestampMicros;
    default:
      break;
  }
  CellKind kind = kind_of_primitive(type.kind());
  uint32_t fixed = 0;
  if (kind == CellKind::kBsatn && types::fixed_width(type, &fixed) &&
      fixed <= kFixedCellBytesMax) {
    *width = fixed;
    return CellKind::kFixed;
  }
  if (kind != CellKind::kText && kind != CellKind::kBsatn) *width = *type.fixed_bytes();
  return kind;
}

template <class T>
T load(const uint8_t* p) {
  T v;
  std::memcpy(&v, p, sizeof(T));
  return v;
}

template <class T>
Status store_integer(uint8_t* p, int64_t v, const ColumnLayout& c) {
  T narrow = static_cast<T>(v);
  if (static_cast<int64_t>(narrow) != v) {
    return Error(ErrorCode::kOverflow, "value " + std::to_string(v) + " is out of range of " +
                                           c.inner.to_string() + " column '" + c.name + "'");
  }
  std::memcpy(p, &narrow, sizeof(T));
  return {};
}

/// Exactly one value of the type.
Status check_bsatn(const AlgebraicType& type, std::string_view bytes) {
  ORRERY_TRY_ASSIGN(size_t used, types::bsatn_validate(type, bytes));
  if (used != bytes.size()) {
    return Error(ErrorCode::kDecode, "bytes after the end of a " + type.to_string());
  }
  return {};
}

Error type_error(const ColumnLayout& c, TypeId got) {
  return Error(ErrorCode::kTypeMismatch,
               "type error: column '" + c.name + "' is " +
                   std::string(types::type_display_name(c.sql_type)) + ", got " +
                   std::string(types::type_display_name(got)));
}

}  // namespace

RowLayout::RowLayout(std::span<const ColumnDef> columns) {
  columns_.reserve(columns.size());
  uint32_t offset = 0;
  uint32_t nullable = 0;
  for (const ColumnDef& def : columns) {
    ColumnLayout c;
    c.name = def.name;
    c.nullable = def.nullable();
    c.inner = types::without_option(def.type);
    c.sql_type = def.sql_type();
    c.kind = kind_of(c.inner, &c.width);
    c.plain_bits = c.inner.is_plain_bits() && c.kind != CellKind::kUuid && !is_var(c.kind);
    if (!is_var(c.kind)) {
      c.offset = offset;
      offset += c.width;
    }
    if (c.nullable) ++nullable;
    columns_.push_back(std::move(c));
  }
  uint32_t bit = 0;
  for (ColumnLayout& c : columns_) {
    if (!c.nullable) continue;
    c.null_byte = offset + bit / 8;
    c.null_mask = static_cast<uint8_t>(1u << (bit % 8));
    ++bit;
  }
  offset += (nullable + 7) / 8;
  fixed_end_ = offset;
  offset = (offset + 7) & ~7u;
  for (uint32_t i = 0; i < columns_.size(); ++i) {
    if (!is_var(columns_[i].kind)) continue;
    columns_[i].offset = offset;
    offset += sizeof(StringRef);
    var_columns_.push_back(static_cast<uint16_t>(i));
  }
  image_bytes_ = std::max<uint32_t>(offset, 8);
  plan_steps();
}

void RowLayout::plan_steps() {
  auto add = [this](std::vector<Step>& steps, uint32_t i, bool as_run) {
    const ColumnLayout& c = columns_[i];
    if (as_run && !steps.empty() && steps.back().run &&
        steps.back().offset + steps.back().bytes == c.offset) {
      steps.back().bytes += c.width;
      return;
    }
    steps.push_back({as_run, static_cast<uint16_t>(i), c.offset, c.width});
  };
  bool all_fixed = true;
  uint32_t total = 0;
  for (uint32_t i = 0; i < columns_.size(); ++i) {
    const ColumnLayout& c = columns_[i];
    bool run = !is_var(c.kind) && !c.nullable && c.kind != CellKind::kUuid;
    add(read_steps_, i, run && c.plain_bits);
    add(write_steps_, i, run);
    all_fixed = all_fixed && !is_var(c.kind) && !c.nullable;
    total += c.width;
  }
  fixed_bsatn_bytes_ = all_fixed ? total : 0;
  const bool one_run = read_steps_.size() == 1 && read_steps_[0].run;
  if (one_run && read_steps_[0].offset == 0) plain_bytes_ = read_steps_[0].bytes;
}

Datum RowLayout::cell(const uint8_t* image, uint32_t column) const {
  const ColumnLayout& c = columns_[column];
  if (c.nullable && (image[c.null_byte] & c.null_mask) != 0) return Datum::null();
  const uint8_t* p = image + c.offset;
  switch (c.kind) {
    case CellKind::kBool:
      return Datum::boolean(*p != 0);
    case CellKind::kI8:
      return Datum::integer(load<int8_t>(p));
    case CellKind::kU8:
      return Datum::integer(*p);
    case CellKind::kI16:
      return Datum::integer(load<int16_t>(p));
    case CellKind::kU16:
      return Datum::integer(load<uint16_t>(p));
    case CellKind::kI32:
      return Datum::integer(load<int32_t>(p));
    case CellKind::kU32:
      return Datum::integer(load<uint32_t>(p));
    case CellKind::kI64:
      return c.sql_type == TypeId::kTimestamp ? Datum::timestamp(load<int64_t>(p))
                                              : Datum::integer(load<int64_t>(p));
    case CellKind::kTimestampMicros:
      return Datum::timestamp(nanos_of_micros(load<int64_t>(p)));
    case CellKind::kF32:
      return Datum::floating(load<float>(p));
    case CellKind::kF64:
      return Datum::floating(load<double>(p));
    case CellKind::kUuid:
    case CellKind::kFixed:
      return Datum::string(c.sql_type, StringRef(reinterpret_cast<const char*>(p), c.width));
    case CellKind::kText:
    case CellKind::kBytes:
    case CellKind::kFloats:
    case CellKind::kBsatn:
      return Datum::string(c.sql_type, load<StringRef>(p));
  }
  return Datum::null();
}

void RowLayout::set_null(uint8_t* image, uint32_t column) const {
  const ColumnLayout& c = columns_[column];
  std::memset(image + c.offset, 0, c.width);
  if (c.nullable) image[c.null_byte] |= c.null_mask;
}

Status RowLayout::set_cell(uint8_t* image, uint32_t column, const Datum& value) const {
  const ColumnLayout& c = columns_[column];
  if (value.is_null()) {
    if (!c.nullable) {
      return Error(ErrorCode::kNotNull, "NULL value in non-nullable column '" + c.name + "'");
    }
    set_null(image, column);
    return {};
  }
  if (value.type() != c.sql_type) return type_error(c, value.type());
  if (c.nullable) image[c.null_byte] &= static_cast<uint8_t>(~c.null_mask);
  uint8_t* p = image + c.offset;
  switch (c.kind) {
    case CellKind::kBool:
      *p = value.as_bool() ? 1 : 0;
      return {};
    case CellKind::kI8:
      return store_integer<int8_t>(p, value.as_int64(), c);
    case CellKind::kU8:
      return store_integer<uint8_t>(p, value.as_int64(), c);
    case CellKind::kI16:
      return store_integer<int16_t>(p, value.as_int64(), c);
    case CellKind::kU16:
      return store_integer<uint16_t>(p, value.as_int64(), c);
    case CellKind::kI32:
      return store_integer<int32_t>(p, value.as_int64(), c);
    case CellKind::kU32:
      return store_integer<uint32_t>(p, value.as_int64(), c);
    case CellKind::kI64: {
      int64_t v = value.as_int64();
      std::memcpy(p, &v, 8);
      return {};
    }
    case CellKind::kTimestampMicros: {
      int64_t v = value.as_int64();
      v = v / 1000 - (v % 1000 < 0 ? 1 : 0);
      std::memcpy(p, &v, 8);
      return {};
    }
    case CellKind::kF32: {
      float v = static_cast<float>(value.as_double());
      std::memcpy(p, &v, 4);
      return {};
    }
    case CellKind::kF64: {
      double v = value.as_double();
      std::memcpy(p, &v, 8);
      return {};
    }
    case CellKind::kUuid:
    case CellKind::kFixed: {
      std::string_view bytes = value.view();
      if (bytes.size() != c.width) return type_error(c, value.type());
      if (!c.plain_bits && c.kind == CellKind::kFixed) {
        ORRERY_TRY(check_bsatn(c.inner, bytes));
      }
      std::memcpy(p, bytes.data(), c.width);
      return {};
    }
    case CellKind::kBsatn:
      ORRERY_TRY(check_bsatn(c.inner, value.view()));
      [[fallthrough]];
    case CellKind::kText:
    case CellKind::kBytes:
    case CellKind::kFloats: {
      StringRef s = value.as_string();
      std::memcpy(p, &s, sizeof(s));
      return {};
    }
  }
  return {};
}

Status RowLayout::set_row(uint8_t* image, std::span<const Datum> row) const {
  if (row.size() != columns_.size()) {
    return Error(ErrorCode::kInvalidArgument,
                 "expected " + std::to_string(columns_.size()) + " values, got " +
                     std::to_string(row.size()));
  }
  std::memset(image, 0, image_bytes_);
  for (uint32_t i = 0; i < row.size(); ++i) ORRERY_TRY(set_cell(image, i, row[i]));
  return {};
}

bool RowLayout::same_cell(const uint8_t* a, const uint8_t* b, uint32_t column) const {
  const ColumnLayout& c = columns_[column];
  if (c.nullable && ((a[c.null_byte] ^ b[c.null_byte]) & c.null_mask) != 0) return false;
  if (is_var(c.kind)) return load<StringRef>(a + c.offset) == load<StringRef>(b + c.offset);
  return std::memcmp(a + c.offset, b + c.offset, c.width) == 0;
}

uint64_t RowLayout::hash(const uint8_t* image) const {
  uint64_t h = hash_bytes({reinterpret_cast<const char*>(image), fixed_end_});
  for (uint16_t column : var_columns_) {
    h = hash_combine(h, hash_bytes(string_ref(image, column).view()));
  }
  return h;
}

}  // namespace orrery::storage
