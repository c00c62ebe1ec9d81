#include "storage/redo.h"

#include "storage/row_layout.h"
#include "storage/sequence.h"
#include "types/algebraic_type_codec.h"

namespace orrery::storage {

using types::AlgebraicType;
using types::Datum;
using types::StringRef;
using types::TypeId;
using types::Value;

namespace {
constexpr uint8_t kAutoIncrement = 1;
constexpr uint8_t kUniqueFlag = 1;
constexpr uint8_t kPrimaryFlag = 2;
constexpr uint8_t kImplicitFlag = 4;
constexpr uint8_t kRowSetFlag = 1;
constexpr uint8_t kEventFlag = 2;
constexpr uint8_t kBsatnFill = 255;
}  // namespace

void append_varint(uint64_t v, std::string* out) {
  while (v >= 0x80) {
    out->push_back(static_cast<char>(v | 0x80));
    v >>= 7;
  }
  out->push_back(static_cast<char>(v));
}

void append_signed(int64_t v, std::string* out) {
  append_varint((static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63), out);
}

void append_string(std::string_view s, std::string* out) {
  append_varint(s.size(), out);
  out->append(s);
}

void append_i128(types::I128 v, std::string* out) {
  out->append(reinterpret_cast<const char*>(&v), sizeof v);
}

uint8_t redo_version_of(const TableDef& def) {
  bool more = def.row_set || def.event || !def.alias.empty() || !def.sequences.empty();
  for (const ColumnDef& c : def.columns) more = more || !c.alias.empty();
  for (const IndexDef& index : def.indexes) more = more || !index.alias.empty();
  return more ? kRedoVersionModules : kRedoVersionPlain;
}

void append_index_def(const IndexDef& def, uint8_t version, std::string* out) {
  append_varint(def.id, out);
  append_string(def.name, out);
  out->push_back(static_cast<char>(def.kind));
  out->push_back(static_cast<char>((def.unique ? kUniqueFlag : 0) |
                                   (def.primary ? kPrimaryFlag : 0) |
                                   (def.implicit ? kImplicitFlag : 0)));
  append_string(def.method, out);
  append_varint(def.columns.size(), out);
  for (uint16_t column : def.columns) append_varint(column, out);
  if (version >= kRedoVersionModules) append_string(def.alias, out);
}

namespace {

void append_module_part(const TableDef& def, std::string* out) {
  append_string(def.alias, out);
  for (const ColumnDef& c : def.columns) append_string(c.alias, out);
  out->push_back(
      static_cast<char>((def.row_set ? kRowSetFlag : 0) | (def.event ? kEventFlag : 0)));
  append_varint(def.sequences.size(), out);
  for (const SequenceDef& s : def.sequences) {
    append_string(s.name, out);
    append_varint(s.column, out);
    for (types::I128 v : {s.start, s.min, s.max, s.increment}) append_i128(v, out);
  }
}

}  // namespace

void append_table_def(const TableDef& def, uint8_t version, std::string* out) {
  append_varint(def.id, out);
  append_string(def.name, out);
  append_varint(def.columns.size(), out);
  for (const ColumnDef& c : def.columns) {
    append_string(c.name, out);
    ByteWriter type;
    types::encode_type(c.type, &type);
    append_string(type.buffer(), out);
    append_string(c.default_sql, out);
    append_string(c.check_sql, out);
    out->push_back(static_cast<char>(c.auto_increment ? kAutoIncrement : 0));
  }
  append_varint(def.indexes.size(), out);
  for (const IndexDef& index : def.indexes) append_index_def(index, version, out);
  append_varint(def.checks.size(), out);
  for (const std::string& check : def.checks) append_string(check, out);
  append_signed(def.primary_key, out);
  if (version >= kRedoVersionModules) append_module_part(def, out);
}

void append_fill(const ColumnSource& source, std::string* out) {
  if (source.fill_bsatn) {
    out->push_back(static_cast<char>(kBsatnFill));
    append_string(*source.fill_bsatn, out);
    return;
  }
  const Datum& d = source.fill.datum();
  // The bytes are all that counts; the column knows the type.
  const TypeId type = types::is_wide(d.type()) ? TypeId::kAlgebraic : d.type();
  out->push_back(static_cast<char>(type));
  switch (type) {
    case TypeId::kNull:
      return;
    case TypeId::kInteger:
    case TypeId::kTimestamp:
      append_signed(d.as_int64(), out);
      return;
    case TypeId::kBoolean:
      out->push_back(d.as_bool() ? 1 : 0);
      return;
    case TypeId::kFloat: {
      double v = d.as_double();
      out->append(reinterpret_cast<const char*>(&v), 8);
      return;
    }
    default:
      append_string(d.view(), out);
      return;
  }
}

bool RedoReader::byte(uint8_t* out) {
  if (rest_.empty()) return false;
  *out = static_cast<uint8_t>(rest_[0]);
  rest_.remove_prefix(1);
  return true;
}

bool RedoReader::version() {
  uint8_t v;
  if (!byte(&v) || v < kRedoVersionPlain || v > kRedoVersionModules) return false;
  version_ = v;
  return true;
}

bool RedoReader::i128(types::I128* out) {
  if (rest_.size() < sizeof *out) return false;
  std::memcpy(out, rest_.data(), sizeof *out);
  rest_.remove_prefix(sizeof *out);
  return true;
}

bool RedoReader::varint(uint64_t* out) {
  uint64_t v = 0;
  for (uint32_t shift = 0; shift < 64; shift += 7) {
    uint8_t b;
    if (!byte(&b)) return false;
    if (shift == 63 && b > 1) return false;
    v |= static_cast<uint64_t>(b & 0x7f) << shift;
    if ((b & 0x80) == 0) {
      *out = v;
      return true;
    }
  }
  return false;
}

bool RedoReader::number(uint64_t max, uint64_t* out) { return varint(out) && *out <= max; }

bool RedoReader::signed_number(int64_t* out) {
  uint64_t v;
  if (!varint(&v)) return false;
  *out = static_cast<int64_t>((v >> 1) ^ (~(v & 1) + 1));
  return true;
}

bool RedoReader::string(std::string_view* out) {
  uint64_t n;
  if (!number(rest_.size(), &n) || n > rest_.size()) return false;
  *out = rest_.substr(0, n);
  rest_.remove_prefix(n);
  return true;
}

bool RedoReader::string(std::string* out) {
  std::string_view s;
  if (!string(&s)) return false;
  out->assign(s);
  return true;
}

bool RedoReader::index_def(size_t column_count, IndexDef* out) {
  uint64_t id, count, column;
  uint8_t kind, flags;
  if (!number(UINT32_MAX, &id) || !string(&out->name) || !byte(&kind) || !byte(&flags)) {
    return false;
  }
  if (kind > static_cast<uint8_t>(IndexKind::kDirect)) return false;
  if (!string(&out->method) || !number(UINT16_MAX, &count) || count == 0) return false;
  out->columns.clear();
  for (uint64_t i = 0; i < count; ++i) {
    if (!varint(&column) || column >= column_count) return false;
    out->columns.push_back(static_cast<uint16_t>(column));
  }
  out->id = static_cast<IndexId>(id);
  out->kind = static_cast<IndexKind>(kind);
  out->unique = (flags & kUniqueFlag) != 0;
  out->primary = (flags & kPrimaryFlag) != 0;
  out->implicit = (flags & kImplicitFlag) != 0;
  return version_ < kRedoVersionModules || string(&out->alias);
}

bool RedoReader::columns_of(TableDef* out) {
  uint64_t count;
  if (!number(UINT16_MAX, &count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    ColumnDef c;
    std::string_view type;
    uint8_t flags;
    if (!string(&c.name) || !string(&type) || !string(&c.default_sql) || !string(&c.check_sql) ||
        !byte(&flags)) {
      return false;
    }
    ByteReader reader(type);
    Result<AlgebraicType> decoded = types::decode_type(&reader);
    if (!decoded || reader.remaining() != 0 || decoded->has_refs()) return false;
    c.type = std::move(*decoded);
    c.auto_increment = (flags & kAutoIncrement) != 0;
    out->columns.push_back(std::move(c));
  }
  return true;
}

bool RedoReader::module_part(TableDef* out) {
  uint8_t flags;
  uint64_t count, column;
  if (!string(&out->alias)) return false;
  for (ColumnDef& c : out->columns) {
    if (!string(&c.alias)) return false;
  }
  if (!byte(&flags) || flags > (kRowSetFlag | kEventFlag)) return false;
  out->row_set = (flags & kRowSetFlag) != 0;
  out->event = (flags & kEventFlag) != 0;
  if (!number(UINT16_MAX, &count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    SequenceDef s;
    if (!string(&s.name) || !number(UINT16_MAX, &column) || !i128(&s.start) || !i128(&s.min) ||
        !i128(&s.max) || !i128(&s.increment)) {
      return false;
    }
    s.column = static_cast<uint16_t>(column);
    if (!check_sequence(s, out->columns)) return false;
    out->sequences.push_back(std::move(s));
  }
  return true;
}

bool RedoReader::table_def(TableDef* out) {
  uint64_t id, count;
  if (!number(UINT32_MAX, &id) || !string(&out->name)) return false;
  out->id = static_cast<TableId>(id);
  if (!columns_of(out)) return false;
  if (!number(UINT16_MAX, &count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    IndexDef index;
    if (!index_def(out->columns.size(), &index)) return false;
    out->indexes.push_back(std::move(index));
  }
  if (!number(rest_.size(), &count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    std::string check;
    if (!string(&check)) return false;
    out->checks.push_back(std::move(check));
  }
  int64_t key;
  if (!signed_number(&key) || key < -1 || key >= static_cast<int64_t>(out->columns.size())) {
    return false;
  }
  out->primary_key = static_cast<int32_t>(key);
  return version_ < kRedoVersionModules || module_part(out);
}

bool RedoReader::fill(ColumnSource* source) {
  uint8_t type, flag;
  if (!byte(&type)) return false;
  if (type == kBsatnFill && version_ >= kRedoVersionModules) {
    return string(&source->fill_bsatn.emplace());
  }
  if (type >= static_cast<uint8_t>(TypeId::kAny)) return false;
  Value* out = &source->fill;
  TypeId id = static_cast<TypeId>(type);
  int64_t number = 0;
  double real = 0;
  std::string_view bytes;
  switch (id) {
    case TypeId::kNull:
      *out = Value();
      return true;
    case TypeId::kInteger:
    case TypeId::kTimestamp:
      if (!signed_number(&number)) return false;
      *out = Value(id == TypeId::kInteger ? Datum::integer(number) : Datum::timestamp(number));
      return true;
    case TypeId::kBoolean:
      if (!byte(&flag)) return false;
      *out = Value::boolean(flag != 0);
      return true;
    case TypeId::kFloat:
      if (rest_.size() < 8) return false;
      std::memcpy(&real, rest_.data(), 8);
      rest_.remove_prefix(8);
      *out = Value::floating(real);
      return true;
    default:
      if (!string(&bytes)) return false;
      *out = Value(Datum::string(id, StringRef(bytes)));
      return true;
  }
}

}  // namespace orrery::storage
