// Descriptions of types, made at compile time and read only when the module is asked to describe itself. Everything here is
// constant data with static lifetime; the library (src/describe.cc) turns it into the bytes of a module definition.
#pragma once

#include <cstddef>
#include <cstdint>

namespace SpacetimeDB {
namespace detail {

/// The tags of the type language on the wire; kNamed kinds become references into the typespace.
enum class TypeKind : uint8_t {
  kSum = 1,
  kProduct = 2,
  kArray = 3,
  kString = 4,
  kBool = 5,
  kI8 = 6,
  kU8 = 7,
  kI16 = 8,
  kU16 = 9,
  kI32 = 10,
  kU32 = 11,
  kI64 = 12,
  kU64 = 13,
  kI128 = 14,
  kU128 = 15,
  kI256 = 16,
  kU256 = 17,
  kF32 = 18,
  kF64 = 19,
};

struct TypeDesc;

/// A field of a product or a variant of a sum.
struct Element {
  const char* name;
  const TypeDesc* type;
};

/// A type. One with a name is placed in the typespace and referred to; one without is written out where it is used.
struct TypeDesc {
  TypeKind kind;
  uint16_t count = 0;
  const Element* elements = nullptr;  // kArray: one, without a name
  const char* name = nullptr;         // as written in the source, possibly qualified by C++ namespaces
  const char* scope = nullptr;        // of SPACETIMEDB_NAMESPACE, dots between the parts
};

/// The scope given by SPACETIMEDB_NAMESPACE.
template <class T>
struct ScopeOf {
  static constexpr const char* value = nullptr;
};

}  // namespace detail
}  // namespace SpacetimeDB

/// Gives the exported name of an enum a prefix: SPACETIMEDB_NAMESPACE(Color, "Paint") exports Paint.Color.
#define SPACETIMEDB_NAMESPACE(Type, prefix)     \
  template <>                                   \
  struct SpacetimeDB::detail::ScopeOf<Type> {   \
    static constexpr const char* value = prefix; \
  };
