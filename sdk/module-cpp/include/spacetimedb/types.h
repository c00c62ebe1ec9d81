// SPACETIMEDB_STRUCT, SPACETIMEDB_ENUM and the empty types: how the application's own types get an encoding and a place in
// the module's typespace. The macros belong at global scope, after the type.
#pragma once

#include "spacetimedb/bsatn.h"
#include "spacetimedb/for_each.h"

namespace SpacetimeDB::detail {

/// What SPACETIMEDB_STRUCT says about a type: kName, kFields, kFixed, kInOrder and each(io, value).
template <class T>
struct StructOf;
template <class T>
concept Registered = requires { StructOf<T>::kName; };

/// Whether the fields stand in memory as listed, without gaps.
constexpr bool no_gaps(std::initializer_list<size_t> offsets, std::initializer_list<size_t> sizes) {
  size_t next = 0;
  const size_t* size = sizes.begin();
  for (const size_t offset : offsets) {
    if (offset != next) return false;
    next += *size++;
  }
  return true;
}
constexpr bool all(std::initializer_list<bool> values) {
  for (const bool value : values) {
    if (!value) return false;
  }
  return true;
}
constexpr bool same_text(const char* a, const char* b) {
  for (; *a != 0 && *a == *b; ++a, ++b) {
  }
  return *a == *b;
}
/// The position of a field among those that SPACETIMEDB_STRUCT lists; -1 when it is not listed.
template <class T>
constexpr int column_of(const char* field) {
  int column = 0;
  for (const Element& each : StructOf<T>::kFields) {
    if (each.name != nullptr && same_text(each.name, field)) return column;
    ++column;
  }
  return -1;
}

template <class T>
struct StructTraits {
  static constexpr int32_t kFixed = StructOf<T>::kFixed;
  static constexpr bool kBitwise = StructOf<T>::kBitwiseFields && std::is_trivially_copyable_v<T> &&
                                   static_cast<size_t>(kFixed) == sizeof(T);
  static const TypeDesc desc;

  static void write(Writer& out, const T& value) {
    if constexpr (kFixed >= 0) {
      store(out.claim(kFixed), value);
    } else {
      StructOf<T>::each(out, value);
    }
  }
  static void read(Reader& in, T& value) {
    if constexpr (kFixed >= 0) {
      load(in.take(kFixed), value);
    } else {
      StructOf<T>::each(in, value);
    }
  }
  static void store(uint8_t* at, const T& value) {
    if constexpr (kBitwise) {
      __builtin_memcpy(at, &value, sizeof(T));
    } else {
      bsatn::RawWriter io{at};
      StructOf<T>::each(io, value);
    }
  }
  static void load(const uint8_t* at, T& value) {
    if constexpr (kBitwise) {
      __builtin_memcpy(static_cast<void*>(&value), at, sizeof(T));
    } else {
      bsatn::RawReader io{at};
      StructOf<T>::each(io, value);
    }
  }
};
template <class T>
constinit const TypeDesc StructTraits<T>::desc{TypeKind::kProduct, StructOf<T>::kCount, StructOf<T>::kFields,
                                               StructOf<T>::kName, ScopeOf<T>::value};

/// An enum without payloads: one byte.
template <class E>
struct EnumOf;
template <class E>
struct EnumTraits {
  static constexpr int32_t kFixed = 1;
  static constexpr bool kBitwise = false;
  static const TypeDesc desc;
  static void store(uint8_t* at, E value) { *at = static_cast<uint8_t>(value); }
  static void load(const uint8_t* at, E& value) {
    if (*at >= EnumOf<E>::kCount) bad_tag();
    value = static_cast<E>(*at);
  }
  static void write(Writer& out, E value) { out.write_u8(static_cast<uint8_t>(value)); }
  static void read(Reader& in, E& value) { load(in.take(1), value); }
};
template <class E>
constinit const TypeDesc EnumTraits<E>::desc{TypeKind::kSum, EnumOf<E>::kCount, EnumOf<E>::kVariants,
                                             EnumOf<E>::kName, ScopeOf<E>::value};

/// The elements of a sum whose payloads are the alternatives of a variant.
template <class Variant>
struct PayloadTypes;
template <class... T>
struct PayloadTypes<std::variant<T...>> {
  static constexpr const TypeDesc* kTypes[sizeof...(T)] = {&bsatn_traits<T>::desc...};
};
template <size_t kCount>
struct Elements {
  Element items[kCount];
};
template <class E, size_t... kIndex>
constexpr Elements<sizeof...(kIndex)> payload_elements(std::index_sequence<kIndex...>) {
  return {{{E::variant_names[kIndex], PayloadTypes<typename E::variant_type>::kTypes[kIndex]}...}};
}

/// An enum with payloads: a byte, then the payload.
template <class E>
struct PayloadEnumTraits {
  static constexpr int32_t kFixed = -1;
  static constexpr bool kBitwise = false;
  using Indexes = std::make_index_sequence<std::variant_size_v<typename E::variant_type>>;
  static const Elements<std::variant_size_v<typename E::variant_type>> elements;
  static const TypeDesc desc;
  static void write(Writer& out, const E& value) { write_variant(out, value.value, Indexes()); }
  static void read(Reader& in, E& value) { read_variant(in, value.value, Indexes()); }
};
template <class E>
constinit const Elements<std::variant_size_v<typename E::variant_type>> PayloadEnumTraits<E>::elements =
    payload_elements<E>(Indexes());
template <class E>
constinit const TypeDesc PayloadEnumTraits<E>::desc{TypeKind::kSum, std::variant_size_v<typename E::variant_type>,
                                                    elements.items, E::orrery_type_name, ScopeOf<E>::value};

}  // namespace SpacetimeDB::detail

#define ORRERY_CHECK_FIELD(field)                                                                      \
  static_assert(::SpacetimeDB::bsatn::Serializable<decltype(orrery_row::field)>,                       \
                "field '" #field "' of this SPACETIMEDB_STRUCT has a type that cannot be stored: use " \
                "a primitive, std::string, std::vector, std::optional or a registered struct or enum");
#define ORRERY_FIELD_ELEMENT(field) {#field, ::SpacetimeDB::detail::type_of<decltype(orrery_row::field)>()}
#define ORRERY_FIELD_SIZE(field) ::SpacetimeDB::detail::fixed_size<decltype(orrery_row::field)>()
#define ORRERY_FIELD_BITWISE(field) ::SpacetimeDB::detail::is_bitwise<decltype(orrery_row::field)>()
#define ORRERY_FIELD_OFFSET(field) __builtin_offsetof(orrery_row, field)
#define ORRERY_FIELD_SIZEOF(field) sizeof(orrery_row::field)
#define ORRERY_FIELD_IO(field) io(value.field);

/// SPACETIMEDB_STRUCT(Type, field...): the fields, in the order in which they are encoded.
#define SPACETIMEDB_STRUCT(Type, ...)                                                                      \
  template <>                                                                                              \
  struct SpacetimeDB::detail::StructOf<Type> {                                                             \
    using orrery_row = Type;                                                                               \
    ORRERY_EACH(ORRERY_CHECK_FIELD, __VA_ARGS__)                                                           \
    static constexpr const char* kName = #Type;                                                            \
    static constexpr ::SpacetimeDB::detail::Element kFields[] = {ORRERY_LIST(ORRERY_FIELD_ELEMENT, __VA_ARGS__)}; \
    static constexpr uint16_t kCount = sizeof(kFields) / sizeof(kFields[0]);                               \
    static constexpr int32_t kFixed = ::SpacetimeDB::detail::sum_fixed({ORRERY_LIST(ORRERY_FIELD_SIZE, __VA_ARGS__)}); \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Winvalid-offsetof\"")            \
    static constexpr bool kBitwiseFields =                                                                 \
        kFixed > 0 && ::SpacetimeDB::detail::all({ORRERY_LIST(ORRERY_FIELD_BITWISE, __VA_ARGS__)}) &&      \
        ::SpacetimeDB::detail::no_gaps({ORRERY_LIST(ORRERY_FIELD_OFFSET, __VA_ARGS__)},                    \
                                       {ORRERY_LIST(ORRERY_FIELD_SIZEOF, __VA_ARGS__)});                   \
    _Pragma("clang diagnostic pop")                                                                        \
    template <class Io, class Value>                                                                       \
    static void each(Io& io, Value& value) {                                                               \
      ORRERY_EACH(ORRERY_FIELD_IO, __VA_ARGS__)                                                            \
    }                                                                                                      \
  };                                                                                                       \
  template <>                                                                                              \
  struct SpacetimeDB::bsatn::bsatn_traits<Type> : ::SpacetimeDB::detail::StructTraits<Type> {};            \
  ORRERY_QUERY_COLUMNS(Type, __VA_ARGS__)

/// An empty type for payloads of enums (a variant cannot name a type twice); it has no name of its own in the schema.
#define SPACETIMEDB_UNIT_TYPE(Type)                                                              \
  struct Type {                                                                                  \
    bool operator==(const Type&) const = default;                                                \
  };                                                                                             \
  template <>                                                                                    \
  struct SpacetimeDB::bsatn::bsatn_traits<Type> : ::SpacetimeDB::detail::EmptyTraits<Type> {     \
    static constexpr const ::SpacetimeDB::detail::TypeDesc& desc = ::SpacetimeDB::detail::kUnitType; \
  };

/// An empty struct with a name in the schema.
#define SPACETIMEDB_UNIT_STRUCT(Type)                                                            \
  struct Type {                                                                                  \
    Type() = default;                                                                            \
    Type(std::monostate) {}                                                                      \
    operator std::monostate() const { return {}; }                                               \
    bool operator==(const Type&) const = default;                                                \
  };                                                                                             \
  template <>                                                                                    \
  struct SpacetimeDB::bsatn::bsatn_traits<Type> : ::SpacetimeDB::detail::EmptyTraits<Type> {     \
    static constexpr ::SpacetimeDB::detail::TypeDesc desc{::SpacetimeDB::detail::TypeKind::kProduct, 0, nullptr, #Type}; \
  };

/// SPACETIMEDB_ENUM(Name, A, B) or SPACETIMEDB_ENUM(Name, (A, TypeA), (B, TypeB)); the types of payloads differ.
#define SPACETIMEDB_ENUM(Name, ...) \
  ORRERY_CONCAT(ORRERY_ENUM_, ORRERY_IN_PARENS(ORRERY_FIRST(__VA_ARGS__)))(Name, __VA_ARGS__)
#define ORRERY_IN_PARENS(x) ORRERY_SECOND_OF(ORRERY_PARENS_PROBE x, 0, 0)
#define ORRERY_SECOND_OF(...) ORRERY_SECOND_OF_(__VA_ARGS__)
#define ORRERY_SECOND_OF_(a, b, ...) b
#define ORRERY_PARENS_PROBE(...) ~, 1

#define ORRERY_ENUM_NAME(name) name
#define ORRERY_ENUM_ELEMENT(name) {#name, &::SpacetimeDB::detail::kUnitType}
#define ORRERY_ENUM_0(Name, ...)                                                                                  \
  enum class Name : uint8_t { ORRERY_LIST(ORRERY_ENUM_NAME, __VA_ARGS__) };                                       \
  template <>                                                                                                     \
  struct SpacetimeDB::detail::EnumOf<Name> {                                                                      \
    static constexpr const char* kName = #Name;                                                                   \
    static constexpr ::SpacetimeDB::detail::Element kVariants[] = {ORRERY_LIST(ORRERY_ENUM_ELEMENT, __VA_ARGS__)}; \
    static constexpr uint16_t kCount = sizeof(kVariants) / sizeof(kVariants[0]);                                  \
  };                                                                                                              \
  template <>                                                                                                     \
  struct SpacetimeDB::bsatn::bsatn_traits<Name> : ::SpacetimeDB::detail::EnumTraits<Name> {};

#define ORRERY_PAYLOAD_NAME_(name, ...) #name
#define ORRERY_PAYLOAD_NAME(pair) ORRERY_PAYLOAD_NAME_ pair
#define ORRERY_PAYLOAD_TYPE_(name, ...) __VA_ARGS__
#define ORRERY_PAYLOAD_TYPE(pair) ORRERY_PAYLOAD_TYPE_ pair
#define ORRERY_ENUM_1(Name, ...)                                                                   \
  struct Name {                                                                                    \
    using variant_type = std::variant<ORRERY_LIST(ORRERY_PAYLOAD_TYPE, __VA_ARGS__)>;              \
    static constexpr const char* orrery_type_name = #Name;                                         \
    static constexpr const char* variant_names[] = {ORRERY_LIST(ORRERY_PAYLOAD_NAME, __VA_ARGS__)}; \
    variant_type value;                                                                            \
                                                                                                   \
    Name() = default;                                                                              \
    Name(const variant_type& v) : value(v) {}                                                      \
    Name(variant_type&& v) : value(std::move(v)) {}                                                \
    template <class T>                                                                             \
      requires(!std::is_same_v<std::decay_t<T>, Name> && std::is_constructible_v<variant_type, T>) \
    Name(T&& payload) : value(std::forward<T>(payload)) {}                                         \
    size_t index() const { return value.index(); }                                                 \
    const char* variant_name() const {                                                             \
      return index() < sizeof(variant_names) / sizeof(variant_names[0]) ? variant_names[index()] : "unknown"; \
    }                                                                                              \
  };                                                                                               \
  template <>                                                                                      \
  struct SpacetimeDB::bsatn::bsatn_traits<Name> : ::SpacetimeDB::detail::PayloadEnumTraits<Name> {};
