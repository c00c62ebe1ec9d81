// Layouts of tables, computed at compile time: where each member lies in its object, and the vtables of a message.
//
// A vtable is u16s: its own size in bytes, the object's size (with the 4 bytes at its start that point back to the
// vtable, without padding at its end), then the offset of each slot in the object. Slots are given places by size,
// largest first, in the order of the members among equals. A union takes two slots, everything else one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "fdb/wire/fields.h"

namespace orrery::fdb::wire {

constexpr size_t align_up(size_t value, size_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

struct Slot {
  uint16_t size = 0;
  uint16_t align = 1;
};

namespace internal {

constexpr uint16_t scalar_align(size_t size) {
  return size <= 2 ? static_cast<uint16_t>(size) : static_cast<uint16_t>(size <= 4 ? 4 : 8);
}

template <class FieldList>
struct StructLayout;
template <auto... kMembers>
struct StructLayout<Fields<kMembers...>> {
  static constexpr size_t kCount = sizeof...(kMembers);
  static constexpr std::array<uint16_t, kCount> kSizes = {sizeof(MemberType<kMembers>)...};
  static constexpr uint16_t kAlign = std::max({scalar_align(sizeof(MemberType<kMembers>))...});
  static constexpr std::array<uint16_t, kCount + 1> kOffsets = [] {
    std::array<uint16_t, kCount + 1> offsets{};
    size_t cursor = 0;
    for (size_t i = 0; i < kCount; ++i) {
      cursor = align_up(cursor, kSizes[i]);
      offsets[i] = static_cast<uint16_t>(cursor);
      cursor += kSizes[i];
    }
    offsets[kCount] = static_cast<uint16_t>(align_up(cursor, kAlign));
    return offsets;
  }();
  static constexpr uint16_t kSize = kOffsets[kCount];
};

}  // namespace internal

/// The slot of a member that is no union.
template <class T>
consteval Slot slot_of() {
  if constexpr (kKind<T> == Kind::kScalar) {
    return {sizeof(T), internal::scalar_align(sizeof(T))};
  } else if constexpr (kKind<T> == Kind::kStruct) {
    using Struct = internal::StructLayout<typename T::WireStruct>;
    return {Struct::kSize, Struct::kAlign};
  } else {
    return {4, 4};
  }
}

/// The layout of the objects whose members have the types M.
template <class... M>
struct LayoutOf {
  static constexpr size_t kFields = sizeof...(M);
  static constexpr size_t kSlots = (size_t{0} + ... + (kKind<M> == Kind::kUnion ? 2 : 1));

  /// The first slot of each member.
  static constexpr std::array<uint16_t, kFields + 1> kFirstSlot = [] {
    std::array<uint16_t, kFields + 1> first{};
    size_t i = 0;
    ((first[i + 1] = static_cast<uint16_t>(first[i] + (kKind<M> == Kind::kUnion ? 2 : 1)), ++i), ...);
    return first;
  }();

  static constexpr std::array<Slot, kSlots + 1> kSlot = [] {
    std::array<Slot, kSlots + 1> slots{};
    [[maybe_unused]] size_t i = 0;
    [[maybe_unused]] auto add = [&]<class Member>(std::type_identity<Member>) {
      if constexpr (kKind<Member> == Kind::kUnion) {
        slots[i++] = {1, 1};
        slots[i++] = {4, 4};
      } else {
        slots[i++] = slot_of<Member>();
      }
    };
    (add(std::type_identity<M>()), ...);
    return slots;
  }();

  static constexpr std::array<uint16_t, kSlots + 2> kVtable = [] {
    std::array<uint16_t, kSlots + 2> vtable{};
    size_t cursor = 0;
    for (size_t size = 16; size > 0; --size) {
      for (size_t i = 0; i < kSlots; ++i) {
        if (kSlot[i].size != size) continue;
        cursor = align_up(cursor, kSlot[i].align);
        vtable[i + 2] = static_cast<uint16_t>(cursor + 4);
        cursor += size;
      }
    }
    vtable[0] = static_cast<uint16_t>(2 * kSlots + 4);
    vtable[1] = static_cast<uint16_t>(cursor + 4);
    return vtable;
  }();

  static constexpr size_t kSize = kVtable[1];
  /// What the byte behind the first four of an object is aligned to.
  static constexpr size_t kAlign = [] {
    size_t align = 4;
    for (const Slot& slot : kSlot) align = std::max<size_t>(align, slot.align);
    return align;
  }();

  static constexpr size_t offset(size_t slot) { return kVtable[slot + 2]; }
};

namespace internal {

template <class FieldList>
struct LayoutOfFields;
template <auto... kMembers>
struct LayoutOfFields<Fields<kMembers...>> {
  using type = LayoutOf<MemberType<kMembers>...>;
};

template <class T>
struct TableOf {
  using type = T;
};
template <HasWireForm T>
struct TableOf<T> {
  using type = typename T::WireForm;
};

}  // namespace internal

/// The type whose members travel for T.
template <class T>
using TableOf = typename internal::TableOf<T>::type;
template <class T>
using FieldsOf = typename Description<TableOf<T>>::Fields;
template <class T>
using Layout = typename internal::LayoutOfFields<FieldsOf<T>>::type;

/// The distinct vtables of everything that a message may hold, one behind the other.
class VtableBlock {
 public:
  template <class T>
  constexpr void add_type() {
    if constexpr (kKind<T> == Kind::kTable) {
      add_vtable(Layout<T>::kVtable);
      add_members(FieldsOf<T>());
    } else if constexpr (kKind<T> == Kind::kVector) {
      add_type<ElementOf<T>>();
    } else if constexpr (kKind<T> == Kind::kUnion) {
      add_alternatives(static_cast<T*>(nullptr));
    }
  }
  template <size_t kWords>
  constexpr void add_vtable(const std::array<uint16_t, kWords>& vtable) {
    if (find(vtable) < used_) return;
    for (uint16_t word : vtable) words_[used_++] = word;
  }
  /// The index of the vtable's first word; used() where there is none.
  template <size_t kWords>
  constexpr size_t find(const std::array<uint16_t, kWords>& vtable) const {
    for (size_t at = 0; at < used_; at += words_[at] / 2) {
      if (words_[at] != vtable[0]) continue;
      size_t same = 0;
      while (same < kWords && words_[at + same] == vtable[same]) ++same;
      if (same == kWords) return at;
    }
    return used_;
  }
  constexpr size_t used() const { return used_; }
  constexpr uint16_t word(size_t i) const { return words_[i]; }

 private:
  template <auto... kMembers>
  constexpr void add_members(Fields<kMembers...>) {
    (add_type<MemberType<kMembers>>(), ...);
  }
  template <class T>
  constexpr void add_alternatives(std::optional<T>*) {
    add_type<T>();
  }
  template <class... T>
  constexpr void add_alternatives(std::variant<T...>*) {
    (add_type<T>(), ...);
  }

  std::array<uint16_t, 1024> words_{};
  size_t used_ = 0;
};

}  // namespace orrery::fdb::wire
