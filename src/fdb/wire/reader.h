// Reads messages: the mechanism behind decode() of message.h.
//
// Payloads come from the network and are not trusted: every position is checked before it is followed. Members that the
// sender did not write keep their defaults, slots that are not known here are passed over. Recursion is bounded by the
// types, which cannot contain themselves. Elements of vectors are checked once, when the message is decoded, and made
// again whenever they are asked for; they may be as many as the payload has bytes, so that elements which lie over each
// other cost no more than honest ones.
//
// Internal to wire/ but for read_element(). Thread-safety: a Reader belongs to one call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "fdb/wire/fields.h"
#include "fdb/wire/layout.h"
#include "fdb/wire/vector.h"

namespace orrery::fdb::wire::internal {

template <class T>
T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Whether the elements of vectors are checked, too.
enum class Depth : uint8_t { kWhole, kWithoutElements };

template <class T, auto... kMembers>
void load_struct(const char* from, T& value, Fields<kMembers...>) {
  using Struct = StructLayout<typename T::WireStruct>;
  size_t i = 0;
  ((value.*kMembers = load<MemberType<kMembers>>(from + Struct::kOffsets[i++])), ...);
}

template <class T>
void load_inline(const char* from, T& value) {
  if constexpr (kKind<T> == Kind::kStruct) {
    load_struct(from, value, typename T::WireStruct());
  } else if constexpr (std::is_same_v<T, bool>) {
    value = *from != 0;
  } else {
    value = load<T>(from);
  }
}

/// An object whose vtable was checked: both lie in the payload.
struct Object {
  size_t position = 0;
  size_t size = 0;
  const char* vtable = nullptr;
  size_t slots = 0;

  /// 0 where the sender has no such slot or left it out.
  size_t offset(size_t slot) const {
    return slot < slots ? load<uint16_t>(vtable + 4 + 2 * slot) : 0;
  }
};

class Reader {
 public:
  Reader(std::string_view payload, Depth depth)
      : data_(payload.data()), size_(payload.size()), elements_left_(payload.size()), depth_(depth) {}

  const char* at(size_t position) const { return data_ + position; }
  std::string_view payload() const { return {data_, size_}; }
  bool has(size_t position, size_t bytes) const {
    return position <= size_ && bytes <= size_ - position;
  }

  bool open(size_t position, Object& object) const {
    if (!has(position, 4)) return false;
    int64_t vtable = static_cast<int64_t>(position) - load<int32_t>(at(position));
    if (vtable < 0 || !has(static_cast<size_t>(vtable), 4)) return false;
    const char* words = at(static_cast<size_t>(vtable));
    size_t vtable_size = load<uint16_t>(words);
    object.size = load<uint16_t>(words + 2);
    if (vtable_size < 4 || vtable_size % 2 != 0 || object.size < 4) return false;
    if (!has(static_cast<size_t>(vtable), vtable_size) || !has(position, object.size)) return false;
    object.position = position;
    object.vtable = words;
    object.slots = vtable_size / 2 - 2;
    return true;
  }

  /// The position that the offset at `slot_position` leads to.
  size_t follow(size_t slot_position) const {
    return slot_position + load<uint32_t>(at(slot_position));
  }

  template <class T>
  bool read_value(size_t position, T& value);
  template <class T>
  bool read_table(size_t position, T& table) {
    return read_members(position, table, FieldsOf<T>());
  }
  template <class T>
  [[gnu::noinline]] bool read_table_out_of_line(size_t position, T& table) {
    return read_members(position, table, FieldsOf<T>());
  }
  /// Reads the one member of a root object.
  template <class T>
  bool read_root(size_t position, T& value) {
    Object object;
    return open(position, object) && read_member<LayoutOf<T>, 0>(object, value);
  }
  /// Reads the root of an answer: returns 1 and the error, 2 and the value, or 0 where it is malformed.
  template <class E, class M>
  uint8_t read_reply(size_t position, E& error, M& value) {
    using Root = LayoutOf<std::variant<E, M>>;
    Object object;
    if (!open(position, object)) return 0;
    size_t tag_offset = object.offset(Root::kFirstSlot[0]);
    size_t way = object.offset(Root::kFirstSlot[0] + 1);
    if (tag_offset < 4 || tag_offset >= object.size || way < 4 || way + 4 > object.size) return 0;
    uint8_t tag = load<uint8_t>(at(position + tag_offset));
    size_t target = follow(position + way);
    if (tag == 1) return read_value(target, error) ? tag : 0;
    if (tag == 2) return read_value(target, value) ? tag : 0;
    return 0;
  }

 private:
  template <class T, auto... kMembers>
  bool read_members(size_t position, T& table, Fields<kMembers...>) {
    Object object;
    if (!open(position, object)) return false;
    return [&]<size_t... kField>(std::index_sequence<kField...>) {
      return (read_member<Layout<T>, kField>(object, table.*kMembers) && ...);
    }(std::make_index_sequence<sizeof...(kMembers)>());
  }

  template <class Layout, size_t kField, class T>
  bool read_member(const Object& object, T& value) {
    constexpr size_t kSlot = Layout::kFirstSlot[kField];
    size_t offset = object.offset(kSlot);
    if (offset == 0) return true;
    constexpr size_t kSize = Layout::kSlot[kSlot].size;
    if (offset < 4 || offset + kSize > object.size) return false;
    if constexpr (kInline<T>) {
      load_inline(at(object.position + offset), value);
      return true;
    } else if constexpr (kKind<T> == Kind::kUnion) {
      uint8_t tag = load<uint8_t>(at(object.position + offset));
      if (tag == 0) return true;
      size_t way = object.offset(kSlot + 1);
      if (way < 4 || way + 4 > object.size) return false;
      return read_alternative(tag, follow(object.position + way), value);
    } else {
      return read_value(follow(object.position + offset), value);
    }
  }

  template <class T>
  bool read_alternative(uint8_t tag, size_t position, std::optional<T>& value) {
    return tag == 1 && read_value(position, value.emplace());
  }
  template <class... T>
  bool read_alternative(uint8_t tag, size_t position, std::variant<T...>& value) {
    return [&]<size_t... kIndex>(std::index_sequence<kIndex...>) {
      return ((tag == kIndex + 1 && read_value(position, value.template emplace<kIndex>())) || ...);
    }(std::index_sequence_for<T...>());
  }

  template <class T>
  bool read_vector(size_t position, Vector<T>& vector);
  template <class T, size_t kCount>
  bool read_vector(size_t position, std::array<T, kCount>& vector);

  const char* data_;
  size_t size_;
  size_t elements_left_;
  Depth depth_;
};

/// How many bytes an element takes in the vector itself.
template <class T>
consteval size_t element_stride() {
  return slot_of<T>().size;
}

template <class T>
bool Reader::read_vector(size_t position, Vector<T>& vector) {
  if (!has(position, 4)) return false;
  size_t count = load<uint32_t>(at(position));
  size_t elements = position + 4;
  if (count > (size_ - elements) / element_stride<T>()) return false;
  vector = Vector<T>::in_payload(payload(), elements, count);
  if constexpr (!kInline<T>) {
    if (depth_ == Depth::kWithoutElements) return true;
    if (count > elements_left_) return false;
    elements_left_ -= count;
    for (size_t i = 0; i < count; ++i) {
      T element{};
      if (!read_value(follow(elements + 4 * i), element)) return false;
    }
  }
  return true;
}

template <class T, size_t kCount>
bool Reader::read_vector(size_t position, std::array<T, kCount>& vector) {
  static_assert(kInline<T>);
  if (!has(position, 4 + kCount * element_stride<T>())) return false;
  if (load<uint32_t>(at(position)) != kCount) return false;
  for (size_t i = 0; i < kCount; ++i) load_inline(at(position + 4 + i * element_stride<T>()), vector[i]);
  return true;
}

template <class T>
bool Reader::read_value(size_t position, T& value) {
  if constexpr (kInline<T>) {
    if (!has(position, slot_of<T>().size)) return false;
    load_inline(at(position), value);
    return true;
  } else if constexpr (kKind<T> == Kind::kBlob) {
    if (!has(position, 4)) return false;
    size_t bytes = load<uint32_t>(at(position));
    if (!has(position + 4, bytes)) return false;
    std::string_view blob(at(position + 4), bytes);
    if constexpr (std::is_same_v<T, std::string_view>) {
      value = blob;
      return true;
    } else {
      return value.assign_wire_bytes(blob);
    }
  } else if constexpr (kKind<T> == Kind::kVector) {
    return read_vector(position, value);
  } else if constexpr (HasWireForm<T>) {
    typename T::WireForm form;
    return read_table(position, form) && value.from_wire(form);
  } else if constexpr (OutOfLine<T>) {
    return read_table_out_of_line(position, value);
  } else {
    return read_table(position, value);
  }
}

}  // namespace orrery::fdb::wire::internal

namespace orrery::fdb::wire {

template <class T>
T read_element(std::string_view payload, size_t position, size_t index) {
  internal::Reader reader(payload, internal::Depth::kWithoutElements);
  T element{};
  position += index * internal::element_stride<T>();
  if constexpr (kInline<T>) {
    internal::load_inline(reader.at(position), element);
  } else {
    // What fails here would have failed when the message was decoded.
    if (!reader.read_value(reader.follow(position), element)) element = T{};
  }
  return element;
}

}  // namespace orrery::fdb::wire
