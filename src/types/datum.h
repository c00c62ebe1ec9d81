// Datum: one SQL cell, not owning its bytes. 24 bytes, trivially copyable.
// Value: one SQL cell that owns its bytes; cheap to copy (long text is shared).
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "types/string_ref.h"
#include "types/type_id.h"

namespace orrery::types {

class Datum {
 public:
  Datum() = default;  // NULL

  static Datum null() { return {}; }
  static Datum integer(int64_t v) { return from_bits(TypeId::kInteger, v); }
  static Datum floating(double v) {
    Datum d;
    d.type_ = TypeId::kFloat;
    std::memcpy(d.bytes_, &v, 8);
    return d;
  }
  static Datum boolean(bool v) { return from_bits(TypeId::kBoolean, v ? 1 : 0); }
  /// Nanoseconds since the epoch.
  static Datum timestamp(int64_t nanos) { return from_bits(TypeId::kTimestamp, nanos); }
  /// Text, or any other type whose layout is kString. Borrows the bytes past 12.
  static Datum string(TypeId type, StringRef s) {
    Datum d;
    d.type_ = type;
    std::memcpy(d.bytes_, &s, 16);
    return d;
  }
  static Datum text(std::string_view s) { return string(TypeId::kText, StringRef(s)); }
  static Datum json(std::string_view s) { return string(TypeId::kJson, StringRef(s)); }

  TypeId type() const { return type_; }
  bool is_null() const { return type_ == TypeId::kNull; }
  /// For kInteger, kTimestamp and kBoolean.
  int64_t as_int64() const {
    int64_t v;
    std::memcpy(&v, bytes_, 8);
    return v;
  }
  double as_double() const {
    double v;
    std::memcpy(&v, bytes_, 8);
    return v;
  }
  bool as_bool() const { return as_int64() != 0; }
  StringRef as_string() const {
    StringRef s;
    std::memcpy(&s, bytes_, 16);
    return s;
  }
  /// Valid as long as this Datum and the bytes it borrows.
  std::string_view view() const {
    uint32_t n;
    std::memcpy(&n, bytes_, 4);
    if (n <= StringRef::kInlineBytes) return {reinterpret_cast<const char*>(bytes_) + 4, n};
    const char* p;
    std::memcpy(&p, bytes_ + 8, sizeof(p));
    return {p, n};
  }

 private:
  static Datum from_bits(TypeId type, int64_t v) {
    Datum d;
    d.type_ = type;
    std::memcpy(d.bytes_, &v, 8);
    return d;
  }

  TypeId type_ = TypeId::kNull;
  alignas(8) unsigned char bytes_[16] = {};
};
static_assert(sizeof(Datum) == 24);

class Value {
 public:
  Value() = default;
  /// Copies the bytes that `d` borrows.
  explicit Value(const Datum& d) : datum_(d) {
    if (layout_of(d.type()) == Layout::kString && !d.is_null() && !d.as_string().is_inline()) {
      std::string_view v = d.view();
      bytes_ = std::shared_ptr<char[]>(new char[v.size()]);
      std::memcpy(bytes_.get(), v.data(), v.size());
      datum_ = Datum::string(d.type(), StringRef(bytes_.get(), static_cast<uint32_t>(v.size())));
    }
  }
  static Value integer(int64_t v) { return Value(Datum::integer(v)); }
  static Value floating(double v) { return Value(Datum::floating(v)); }
  static Value boolean(bool v) { return Value(Datum::boolean(v)); }
  static Value text(std::string_view s) { return Value(Datum::text(s)); }

  TypeId type() const { return datum_.type(); }
  bool is_null() const { return datum_.is_null(); }
  /// Borrows from this Value.
  const Datum& datum() const { return datum_; }

 private:
  Datum datum_;
  std::shared_ptr<char[]> bytes_;
};

}  // namespace orrery::types
