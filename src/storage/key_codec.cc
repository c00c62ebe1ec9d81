#include "storage/key_codec.h"

#include <cmath>
#include <cstring>

#include "base/assert.h"
#include "types/bsatn.h"

namespace orrery::storage {

using types::AlgebraicType;
using types::Datum;
using types::StringRef;
using types::TypeForm;
using types::TypeId;
using types::TypeKind;

namespace {

template <class T>
T load(const uint8_t* p) {
  T v;
  std::memcpy(&v, p, sizeof(T));
  return v;
}

void append_big_endian(uint64_t v, std::string* out) {
  v = __builtin_bswap64(v);
  out->append(reinterpret_cast<const char*>(&v), 8);
}
void append_int(int64_t v, std::string* out) {
  append_big_endian(static_cast<uint64_t>(v) ^ (uint64_t{1} << 63), out);
}

void append_escaped(std::string_view s, std::string* out) {
  size_t from = 0;
  for (size_t at; (at = s.find('\0', from)) != std::string_view::npos; from = at + 1) {
    out->append(s.substr(from, at + 1 - from));
    out->push_back('\xff');
  }
  out->append(s.substr(from));
  out->append(2, '\0');
}

/// Order of IEEE bits as integers; different bits stay different.
int64_t ordered_bits(int64_t bits) { return bits < 0 ? bits ^ INT64_MAX : bits; }

bool is_signed_integer(TypeKind kind) {
  switch (kind) {
    case TypeKind::kI8:
    case TypeKind::kI16:
    case TypeKind::kI32:
    case TypeKind::kI64:
    case TypeKind::kI128:
    case TypeKind::kI256:
      return true;
    default:
      return false;
  }
}

/// Appends an order-keeping, prefix-free form of the BSATN value at the front of `in`.
bool append_ordered(const AlgebraicType& type, std::string_view* in, uint32_t depth,
                    std::string* out);

bool take(std::string_view* in, size_t n, std::string_view* bytes) {
  if (in->size() < n) return false;
  *bytes = in->substr(0, n);
  in->remove_prefix(n);
  return true;
}

bool append_ordered_number(const AlgebraicType& type, std::string_view* in, std::string* out) {
  std::string_view bytes;
  if (!take(in, *type.fixed_bytes(), &bytes)) return false;
  if (type.is(TypeKind::kF64)) {
    append_int(ordered_bits(load<int64_t>(reinterpret_cast<const uint8_t*>(bytes.data()))), out);
    return true;
  }
  if (type.is(TypeKind::kF32)) {
    int32_t bits = load<int32_t>(reinterpret_cast<const uint8_t*>(bytes.data()));
    append_int(bits < 0 ? bits ^ INT32_MAX : bits, out);
    return true;
  }
  size_t start = out->size();
  out->append(bytes.rbegin(), bytes.rend());
  if (is_signed_integer(type.kind())) (*out)[start] = static_cast<char>((*out)[start] ^ 0x80);
  return true;
}

bool append_ordered_array(const AlgebraicType& type, std::string_view* in, uint32_t depth,
                          std::string* out) {
  std::string_view head;
  if (!take(in, 4, &head)) return false;
  uint32_t count = load<uint32_t>(reinterpret_cast<const uint8_t*>(head.data()));
  if (type.is(TypeKind::kString) || type.is(TypeForm::kBytes)) {
    std::string_view bytes;
    if (!take(in, count, &bytes)) return false;
    append_escaped(bytes, out);
    return true;
  }
  for (uint32_t i = 0; i < count; ++i) {
    out->push_back(1);
    if (!append_ordered(type.array_element(), in, depth + 1, out)) return false;
  }
  out->push_back(0);
  return true;
}

bool append_ordered(const AlgebraicType& type, std::string_view* in, uint32_t depth,
                    std::string* out) {
  if (depth > types::kValueDepthMax) return false;
  switch (type.kind()) {
    case TypeKind::kRef:
      return false;
    case TypeKind::kProduct:
      for (const types::TypeElement& field : type.elements()) {
        if (!append_ordered(field.type, in, depth + 1, out)) return false;
      }
      return true;
    case TypeKind::kSum: {
      std::string_view tag;
      if (!take(in, 1, &tag)) return false;
      uint8_t variant = static_cast<uint8_t>(tag[0]);
      if (variant >= type.elements().size()) return false;
      out->push_back(tag[0]);
      return append_ordered(type.elements()[variant].type, in, depth + 1, out);
    }
    case TypeKind::kArray:
    case TypeKind::kString:
      return append_ordered_array(type, in, depth, out);
    default:
      return append_ordered_number(type, in, out);
  }
}

/// A cell's bytes of a kFixed or kBsatn column.
std::string_view algebraic_bytes(const KeyColumn& c, const uint8_t* p, StringRef* hold) {
  if (c.kind == CellKind::kFixed) return {reinterpret_cast<const char*>(p), c.width};
  *hold = load<StringRef>(p);
  return hold->view();
}

bool append_cell(const KeyColumn& c, std::string_view bytes, KeyPlace place, std::string* out) {
  if (c.kind == CellKind::kUuid) {
    out->append(bytes);
    return bytes.size() == 16;
  }
  if (c.is_raw()) {
    if (place == KeyPlace::kLast) {
      out->append(bytes);
    } else {
      append_escaped(bytes, out);
    }
    return true;
  }
  return append_ordered(c.type, &bytes, 0, out) && bytes.empty();
}

}  // namespace

int64_t ordered_double(double v) {
  if (v != v) return 0x7ff8000000000000LL;
  if (v == 0) return 0;
  int64_t bits;
  std::memcpy(&bits, &v, 8);
  return ordered_bits(bits);
}

KeyColumn::KeyColumn(const RowLayout& layout, uint16_t index) : column(index) {
  const ColumnLayout& c = layout.column(index);
  kind = c.kind;
  nullable = c.nullable;
  null_mask = c.null_mask;
  offset = c.offset;
  width = c.width;
  null_byte = c.null_byte;
  type = c.inner;
  word_is_u64 = kind == CellKind::kFixed && type.is(TypeKind::kU64);
}

bool int_key_floor(const KeyColumn& c, const Datum& value, int64_t* key, bool* exact) {
  *exact = true;
  switch (c.kind) {
    case CellKind::kF32:
    case CellKind::kF64:
      *key = ordered_double(value.as_double());
      return true;
    case CellKind::kTimestampMicros: {
      int64_t nanos = value.as_int64();
      *key = nanos / 1000 - (nanos % 1000 < 0 ? 1 : 0);
      *exact = nanos % 1000 == 0;
      return true;
    }
    case CellKind::kFixed: {
      if (value.type() == TypeId::kInteger) {
        if (value.as_int64() < 0) return false;
        *key = static_cast<int64_t>(static_cast<uint64_t>(value.as_int64()) ^ (uint64_t{1} << 63));
        return true;
      }
      std::string_view bytes = value.view();
      if (bytes.size() != 8) return false;
      *key = static_cast<int64_t>(load<uint64_t>(reinterpret_cast<const uint8_t*>(bytes.data())) ^
                                  (uint64_t{1} << 63));
      return true;
    }
    default:
      *key = value.as_int64();
      return true;
  }
}

void append_key(const KeyColumn& c, const uint8_t* image, KeyPlace place, std::string* out) {
  if (c.nullable) {
    if (c.is_null(image)) {
      out->push_back(kKeyNull);
      return;
    }
    out->push_back(kKeyValue);
  }
  if (has_int_key(c)) {
    append_int(int_key(c, image), out);
    return;
  }
  const uint8_t* p = image + c.offset;
  StringRef hold;
  if (c.kind == CellKind::kUuid || c.kind == CellKind::kFixed) {
    append_cell(c, {reinterpret_cast<const char*>(p), c.width}, place, out);
  } else {
    bool valid = append_cell(c, algebraic_bytes(c, p, &hold), place, out);
    ORRERY_DCHECK(valid);
    (void)valid;
  }
}

bool append_key(const KeyColumn& c, const Datum& value, KeyPlace place, std::string* out) {
  if (c.nullable) out->push_back(kKeyValue);
  if (has_int_key(c)) {
    int64_t key;
    bool exact;
    if (!int_key_floor(c, value, &key, &exact) || !exact) return false;
    append_int(key, out);
    return true;
  }
  if (types::layout_of(value.type()) != types::Layout::kString || value.is_null()) return false;
  return append_cell(c, value.view(), place, out);
}

bool append_field_key(const AlgebraicType& type, std::string_view* in, std::string* out) {
  Result<size_t> used = types::bsatn_validate(type, *in);
  if (!used) return false;
  std::string_view bytes = in->substr(0, *used);
  in->remove_prefix(*used);
  return append_ordered(type, &bytes, 0, out) && bytes.empty();
}

bool make_successor(std::string* s) {
  while (!s->empty() && s->back() == '\xff') s->pop_back();
  if (s->empty()) return false;
  s->back() = static_cast<char>(static_cast<uint8_t>(s->back()) + 1);
  return true;
}

bool same_key_cell(const KeyColumn& c, const uint8_t* a, const uint8_t* b) {
  if (c.nullable) {
    bool na = c.is_null(a), nb = c.is_null(b);
    if (na || nb) return na == nb;
  }
  if (has_int_key(c)) return int_key(c, a) == int_key(c, b);
  if (is_var(c.kind)) return load<StringRef>(a + c.offset) == load<StringRef>(b + c.offset);
  return std::memcmp(a + c.offset, b + c.offset, c.width) == 0;
}

}  // namespace orrery::storage
