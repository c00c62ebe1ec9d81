// Descriptions of C++ structs for FoundationDB's serialization, and what kind of value a type is on the wire.
//
// A struct that travels as a table names its members in the order in which FoundationDB serializes them:
//
//   struct KeySelector {
//     std::string_view key;
//     bool or_equal = false;
//     int32_t offset = 0;
//     using WireFields = Fields<&KeySelector::key, &KeySelector::or_equal, &KeySelector::offset>;
//   };
//
// Everything else (layouts, writer, reader) is computed from that at compile time. Other descriptions a type may have:
//   WireStruct  as WireFields, for a struct that lies inline in its parent, without a vtable (Uid, Tag);
//   WireForm    another described type that stands for it on the wire, with to_wire() and from_wire();
//   kOutOfLine  a constant, for a table whose code is not to be repeated wherever it occurs;
//   wire_bytes() and assign_wire_bytes(), for a type that travels as a run of bytes.
// Types of other folders specialise Description.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace orrery::fdb::wire {

/// A list of pointers to members.
template <auto... kMembers>
struct Fields {
  static constexpr size_t kCount = sizeof...(kMembers);
};

template <class T>
class Vector;

/// What the members of a table are; specialised for types that cannot say it themselves.
template <class T>
struct Description {};
template <class T>
  requires requires { typename T::WireFields; }
struct Description<T> {
  using Fields = typename T::WireFields;
};
template <class A, class B>
struct Description<std::pair<A, B>> {
  using Fields = wire::Fields<&std::pair<A, B>::first, &std::pair<A, B>::second>;
};

template <class T>
concept StructLike = requires { typename T::WireStruct; };
template <class T>
concept HasWireForm = requires { typename T::WireForm; };
template <class T>
concept DescribedTable = requires { typename Description<T>::Fields; };
/// Tables that other types hold many of, on no hot path: one copy of the code that writes and reads them is enough.
template <class T>
concept OutOfLine = requires { T::kOutOfLine; };
template <class T>
concept BlobLike = requires(const T& value) {
  { value.wire_bytes() } -> std::same_as<std::string_view>;
};

enum class Kind : uint8_t {
  kScalar,  // inline in the parent
  kStruct,  // inline in the parent, of several scalars
  kBlob,    // length and bytes
  kVector,  // count and elements
  kTable,   // an object with a vtable
  kUnion,   // a tag and an offset: std::optional, std::variant
};

namespace internal {

template <class T>
struct VectorTraits : std::false_type {};
template <class T>
struct VectorTraits<Vector<T>> : std::true_type {
  using Element = T;
};
template <class T, size_t kSize>
struct VectorTraits<std::array<T, kSize>> : std::true_type {
  using Element = T;
};

template <class T>
struct UnionTraits : std::false_type {};
template <class T>
struct UnionTraits<std::optional<T>> : std::true_type {
  static constexpr size_t kAlternatives = 1;
};
template <class... T>
struct UnionTraits<std::variant<T...>> : std::true_type {
  static constexpr size_t kAlternatives = sizeof...(T);
};

}  // namespace internal

template <class T>
using ElementOf = typename internal::VectorTraits<T>::Element;

template <class T>
consteval Kind kind_of() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return Kind::kScalar;
  } else if constexpr (StructLike<T>) {
    return Kind::kStruct;
  } else if constexpr (std::is_same_v<T, std::string_view> || BlobLike<T>) {
    return Kind::kBlob;
  } else if constexpr (internal::VectorTraits<T>::value) {
    return Kind::kVector;
  } else if constexpr (internal::UnionTraits<T>::value) {
    return Kind::kUnion;
  } else {
    static_assert(DescribedTable<T> || HasWireForm<T>, "the type has no description for the wire");
    return Kind::kTable;
  }
}

template <class T>
inline constexpr Kind kKind = kind_of<T>();
/// Whether a value's bytes stand in its parent, or in the elements of a vector.
template <class T>
inline constexpr bool kInline = kKind<T> == Kind::kScalar || kKind<T> == Kind::kStruct;

template <class Pointer>
struct MemberOf;
template <class Class, class Member>
struct MemberOf<Member Class::*> {
  using type = Member;
};
template <auto kMember>
using MemberType = typename MemberOf<decltype(kMember)>::type;

}  // namespace orrery::fdb::wire
