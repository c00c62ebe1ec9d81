// Rows as bytes, for spill files: native byte order, one column after another.
#include "base/bytes.h"
#include "exec/row_spool.h"

namespace orrery::exec {

using types::Datum;
using types::Layout;
using types::layout_of;
using types::StringRef;
using types::TypeId;

namespace {

template <class T>
void put(T v, std::string* out) {
  out->append(reinterpret_cast<const char*>(&v), sizeof(T));
}

void encode_any(const Datum& d, std::string* out) {
  put(static_cast<uint8_t>(d.type()), out);
  if (d.is_null()) return;
  if (layout_of(d.type()) == Layout::kString) {
    std::string_view s = d.view();
    put(static_cast<uint32_t>(s.size()), out);
    out->append(s);
  } else if (d.type() == TypeId::kFloat) {
    put(d.as_double(), out);
  } else {
    put(d.as_int64(), out);
  }
}

bool decode_any(ByteReader& in, Datum* out) {
  uint8_t type = 0;
  if (!in.read(&type) || type >= types::kTypeIdCount) return false;
  const auto id = static_cast<TypeId>(type);
  if (id == TypeId::kAny) return false;
  if (id == TypeId::kNull) {
    *out = Datum::null();
    return true;
  }
  if (layout_of(id) == Layout::kString) {
    std::string_view s;
    if (!in.read_prefixed(&s)) return false;
    *out = Datum::string(id, StringRef(s));
    return true;
  }
  if (id == TypeId::kFloat) {
    double v = 0;
    if (!in.read(&v)) return false;
    *out = Datum::floating(v);
    return true;
  }
  int64_t v = 0;
  if (!in.read(&v)) return false;
  *out = id == TypeId::kBoolean     ? Datum::boolean(v != 0)
         : id == TypeId::kTimestamp ? Datum::timestamp(v)
                                    : Datum::integer(v);
  return true;
}

void encode_column(const ColumnBuffer& c, uint32_t first, uint32_t n, std::string* out) {
  const uint8_t nulls = c.has_nulls() && c.type() != TypeId::kNull ? 1 : 0;
  put(nulls, out);
  if (nulls != 0) {
    for (uint32_t i = 0; i < n; ++i) put(static_cast<uint8_t>(c.is_null(first + i)), out);
  }
  if (c.type() == TypeId::kNull) return;
  switch (layout_of(c.type())) {
    case Layout::kInt64:
    case Layout::kDouble:
      out->append(reinterpret_cast<const char*>(c.data<uint64_t>() + first), size_t{n} * 8);
      break;
    case Layout::kBool:
      out->append(reinterpret_cast<const char*>(c.data<uint8_t>() + first), n);
      break;
    case Layout::kString:
      for (uint32_t i = first; i < first + n; ++i) {
        std::string_view s = c.is_null(i) ? std::string_view() : c.data<StringRef>()[i].view();
        put(static_cast<uint32_t>(s.size()), out);
        out->append(s);
      }
      break;
    case Layout::kDatum:
      for (uint32_t i = first; i < first + n; ++i) encode_any(c.datum(i), out);
      break;
  }
}

Datum plain_datum(TypeId type, uint64_t bits) {
  switch (type) {
    case TypeId::kFloat: {
      double v;
      std::memcpy(&v, &bits, 8);
      return Datum::floating(v);
    }
    case TypeId::kTimestamp:
      return Datum::timestamp(static_cast<int64_t>(bits));
    case TypeId::kBoolean:
      return Datum::boolean(bits != 0);
    default:
      return Datum::integer(static_cast<int64_t>(bits));
  }
}

bool decode_cell(ByteReader& in, TypeId type, Datum* out) {
  switch (layout_of(type)) {
    case Layout::kInt64:
    case Layout::kDouble: {
      uint64_t bits = 0;
      if (!in.read(&bits)) return false;
      *out = plain_datum(type, bits);
      return true;
    }
    case Layout::kBool: {
      uint8_t v = 0;
      if (!in.read(&v)) return false;
      *out = Datum::boolean(v != 0);
      return true;
    }
    case Layout::kString: {
      std::string_view s;
      if (!in.read_prefixed(&s)) return false;
      *out = Datum::string(type, StringRef(s));
      return true;
    }
    case Layout::kDatum:
      return decode_any(in, out);
  }
  return false;
}

bool decode_column(ByteReader& in, uint32_t n, ColumnBuffer* out) {
  uint8_t nulls = 0;
  std::string_view null_flags;
  if (!in.read(&nulls)) return false;
  if (nulls != 0 && !in.read_bytes(n, &null_flags)) return false;
  if (out->type() == TypeId::kNull) {
    out->append_nulls(n);
    return true;
  }
  for (uint32_t i = 0; i < n; ++i) {
    Datum d;
    if (!decode_cell(in, out->type(), &d)) return false;
    out->append(nulls != 0 && null_flags[i] != 0 ? Datum::null() : d);
  }
  return true;
}

}  // namespace

void encode_rows(const RowBuffer& rows, uint32_t first, uint32_t n, std::string* out) {
  for (size_t c = 0; c < rows.column_count(); ++c) encode_column(rows.column(c), first, n, out);
}

bool decode_rows(std::string_view bytes, uint32_t n, RowBuffer* out) {
  ByteReader in(bytes);
  for (size_t c = 0; c < out->column_count(); ++c) {
    if (!decode_column(in, n, &out->column(c))) return false;
  }
  out->set_size(out->size() + n);
  return in.remaining() == 0;
}

}  // namespace orrery::exec
