// The encoding of C++ values: bsatn_traits<T> for primitives, strings, vectors, optionals and variants, and the base for
// structs. A trait has kFixed (the encoded size, -1 when it varies), kBitwise (the encoding is the object representation),
// desc (the type description), write/read for streams and, where kFixed >= 0, store/load for raw places.
#pragma once

#include <cstring>
#include <initializer_list>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "spacetimedb/bsatn_io.h"
#include "spacetimedb/type_desc.h"

namespace SpacetimeDB {

template <class T>
class Option : public std::optional<T> {
 public:
  using std::optional<T>::optional;
  Option(const std::optional<T>& other) : std::optional<T>(other) {}
  Option(std::optional<T>&& other) : std::optional<T>(std::move(other)) {}
  static Option some(const T& value) { return Option(value); }
  static Option none() { return Option(std::nullopt); }
};
template <class T>
using Vec = std::vector<T>;

namespace bsatn {

template <class T>
concept Serializable = requires { bsatn_traits<T>::kFixed; };

}  // namespace bsatn

namespace detail {

using bsatn::bsatn_traits;
using bsatn::Reader;
using bsatn::Writer;

inline constexpr TypeDesc kUnitType{TypeKind::kProduct};

template <class T>
constexpr int32_t fixed_size() {
  if constexpr (bsatn::Serializable<T>) {
    return bsatn_traits<T>::kFixed;
  } else {
    return -1;
  }
}
template <class T>
constexpr bool is_bitwise() {
  if constexpr (bsatn::Serializable<T>) {
    return bsatn_traits<T>::kBitwise;
  } else {
    return false;
  }
}
/// The description of a type, null when it has none (a static_assert has then already said so).
template <class T>
constexpr const TypeDesc* type_of() {
  if constexpr (bsatn::Serializable<T>) {
    return &bsatn_traits<T>::desc;
  } else {
    return nullptr;
  }
}
constexpr int32_t sum_fixed(std::initializer_list<int32_t> sizes) {
  int32_t sum = 0;
  for (const int32_t size : sizes) {
    if (size < 0) return -1;
    sum += size;
  }
  return sum;
}

/// Values whose bytes in memory are their encoding.
template <class T>
struct BitwiseTraits {
  static constexpr int32_t kFixed = sizeof(T);
  static constexpr bool kBitwise = true;
  static void store(uint8_t* at, const T& value) { __builtin_memcpy(at, &value, sizeof(T)); }
  static void load(const uint8_t* at, T& value) { __builtin_memcpy(static_cast<void*>(&value), at, sizeof(T)); }
  static void write(Writer& out, const T& value) { store(out.claim(sizeof(T)), value); }
  static void read(Reader& in, T& value) { load(in.take(sizeof(T)), value); }
};
template <class T, TypeKind kKind>
struct ScalarTraits : BitwiseTraits<T> {
  static constexpr TypeDesc desc{kKind};
};

/// Types without bytes.
template <class T>
struct EmptyTraits {
  static constexpr int32_t kFixed = 0;
  static constexpr bool kBitwise = false;
  static void store(uint8_t*, const T&) {}
  static void load(const uint8_t*, T&) {}
  static void write(Writer&, const T&) {}
  static void read(Reader&, T&) {}
};

[[noreturn]] void bad_tag();

}  // namespace detail

namespace bsatn {

template <> struct bsatn_traits<int8_t> : detail::ScalarTraits<int8_t, detail::TypeKind::kI8> {};
template <> struct bsatn_traits<uint8_t> : detail::ScalarTraits<uint8_t, detail::TypeKind::kU8> {};
template <> struct bsatn_traits<int16_t> : detail::ScalarTraits<int16_t, detail::TypeKind::kI16> {};
template <> struct bsatn_traits<uint16_t> : detail::ScalarTraits<uint16_t, detail::TypeKind::kU16> {};
template <> struct bsatn_traits<int32_t> : detail::ScalarTraits<int32_t, detail::TypeKind::kI32> {};
template <> struct bsatn_traits<uint32_t> : detail::ScalarTraits<uint32_t, detail::TypeKind::kU32> {};
template <> struct bsatn_traits<int64_t> : detail::ScalarTraits<int64_t, detail::TypeKind::kI64> {};
template <> struct bsatn_traits<uint64_t> : detail::ScalarTraits<uint64_t, detail::TypeKind::kU64> {};
template <> struct bsatn_traits<float> : detail::ScalarTraits<float, detail::TypeKind::kF32> {};
template <> struct bsatn_traits<double> : detail::ScalarTraits<double, detail::TypeKind::kF64> {};

template <>
struct bsatn_traits<bool> {
  static constexpr int32_t kFixed = 1;
  static constexpr bool kBitwise = false;  // a byte other than 0 and 1 must not become a bool
  static constexpr detail::TypeDesc desc{detail::TypeKind::kBool};
  static void store(uint8_t* at, bool value) { *at = value ? 1 : 0; }
  static void load(const uint8_t* at, bool& value) { value = *at != 0; }
  static void write(Writer& out, bool value) { out.write_bool(value); }
  static void read(Reader& in, bool& value) { value = in.read_bool(); }
};

template <>
struct bsatn_traits<std::string> {
  static constexpr int32_t kFixed = -1;
  static constexpr bool kBitwise = false;
  static constexpr detail::TypeDesc desc{detail::TypeKind::kString};
  static void write(Writer& out, const std::string& value) { out.write_string(value); }
  static void read(Reader& in, std::string& value) { in.read_string(value); }
};

template <>
struct bsatn_traits<std::monostate> : detail::EmptyTraits<std::monostate> {
  static constexpr const detail::TypeDesc& desc = detail::kUnitType;
};

template <class T>
struct bsatn_traits<std::vector<T>> {
  static constexpr int32_t kFixed = -1;
  static constexpr bool kBitwise = false;
  static const detail::Element element;
  static const detail::TypeDesc desc;

  static void write(Writer& out, const std::vector<T>& value) {
    out.write_u32_le(static_cast<uint32_t>(value.size()));
    if constexpr (detail::is_bitwise<T>()) {
      out.write_bytes(value.data(), value.size() * sizeof(T));
    } else if constexpr (std::is_same_v<T, bool>) {
      for (const bool each : value) out.write_bool(each);
    } else {
      for (const T& each : value) out(each);
    }
  }
  static void read(Reader& in, std::vector<T>& value) {
    constexpr int32_t kSize = detail::fixed_size<T>();
    const uint32_t count = in.read_count(kSize < 0 ? 1 : static_cast<size_t>(kSize));
    if constexpr (std::is_same_v<T, bool>) {
      value.clear();
      value.reserve(count);
      for (uint32_t i = 0; i < count; ++i) value.push_back(in.read_bool());
    } else {
      value.resize(count);
      if constexpr (detail::is_bitwise<T>()) {
        if (count != 0) __builtin_memcpy(static_cast<void*>(value.data()), in.take(count * sizeof(T)), count * sizeof(T));
      } else {
        for (T& each : value) in(each);
      }
    }
  }
};
template <class T>
constinit const detail::Element bsatn_traits<std::vector<T>>::element{nullptr, &bsatn_traits<T>::desc};
template <class T>
constinit const detail::TypeDesc bsatn_traits<std::vector<T>>::desc{detail::TypeKind::kArray, 1, &element};

template <class T>
struct bsatn_traits<std::optional<T>> {
  static constexpr int32_t kFixed = -1;
  static constexpr bool kBitwise = false;
  static const detail::Element elements[2];
  static const detail::TypeDesc desc;

  static void write(Writer& out, const std::optional<T>& value) {
    out.write_u8(value.has_value() ? 0 : 1);
    if (value.has_value()) out(*value);
  }
  static void read(Reader& in, std::optional<T>& value) {
    const uint8_t tag = in.read_u8();
    if (tag > 1) detail::bad_tag();
    if (tag == 0) {
      in(value.emplace());
    } else {
      value.reset();
    }
  }
};
template <class T>
constinit const detail::Element bsatn_traits<std::optional<T>>::elements[2] = {{"some", &bsatn_traits<T>::desc},
                                                                               {"none", &detail::kUnitType}};
template <class T>
constinit const detail::TypeDesc bsatn_traits<std::optional<T>>::desc{detail::TypeKind::kSum, 2, elements};

template <class T>
struct bsatn_traits<Option<T>> : bsatn_traits<std::optional<T>> {};

template <Serializable T>
void serialize(Writer& out, const T& value) {
  out(value);
}
template <Serializable T>
T deserialize(Reader& in) {
  T value{};
  in(value);
  return value;
}
template <Serializable T>
std::vector<uint8_t> to_bytes(const T& value) {
  Writer out;
  out(value);
  return out.take_buffer();
}
template <Serializable T>
T from_bytes(const std::vector<uint8_t>& bytes) {
  Reader in(bytes);
  return deserialize<T>(in);
}

}  // namespace bsatn

namespace detail {

/// The encoding of a sum held in a std::variant: the index as a byte, then the alternative.
template <class Variant, size_t... kIndex>
void write_variant(Writer& out, const Variant& value, std::index_sequence<kIndex...>) {
  out.write_u8(static_cast<uint8_t>(value.index()));
  (void)((value.index() == kIndex ? (out(*std::get_if<kIndex>(&value)), true) : false) || ...);
}
template <class Variant, size_t... kIndex>
void read_variant(Reader& in, Variant& value, std::index_sequence<kIndex...>) {
  const uint8_t tag = in.read_u8();
  if (!((tag == kIndex ? (in(value.template emplace<kIndex>()), true) : false) || ...)) bad_tag();
}

}  // namespace detail
}  // namespace SpacetimeDB

using Unit = std::monostate;
