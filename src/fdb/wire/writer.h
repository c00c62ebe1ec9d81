// Writes messages: the mechanism behind encode() of message.h.
//
// A payload is laid out from its end towards its start: what a member refers to lies behind the object that holds the
// member, and of two members the later one's parts lie before those of the earlier one. Positions are distances from
// the end, known before the payload's length is. The same walk over the message runs twice: with Measure, which only
// counts, and with Write, which has the exact room. Neither allocates: offsets of a vector's elements wait in the part of
// the room that is not written yet.
//
//   u32 position of the root object, u32 file identifier, 0 to 7 zeros, vtables, objects and bytes
//
// Internal to wire/. Thread-safety: none needed, no state but the arguments.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "fdb/wire/fields.h"
#include "fdb/wire/layout.h"
#include "fdb/wire/vector.h"

namespace orrery::fdb::wire::internal {

static_assert(std::endian::native == std::endian::little, "values are copied to the wire as they lie in memory");

template <class T>
void store(char* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

/// Counts the bytes of a message.
class Measure {
 public:
  size_t cursor = 0;
  /// Where the word is that all empty blobs and vectors share; 0 while there is none.
  size_t empty = 0;

  template <class Layout>
  void open_object(size_t start) {
    cursor = start;
  }
  void put_empty(size_t start) { cursor = start; }
  void put_blob(size_t start, std::string_view) { cursor = start; }
  template <class T>
  void put_raw(size_t start, const T&) {
    cursor = start;
  }
};

/// Writes a message into room of just its size.
template <const auto& kVtables>
class Write {
 public:
  size_t cursor = 0;
  size_t empty = 0;

  /// `objects_start` is where the vtables end, as a distance from the payload's end.
  Write(char* end, size_t size, size_t objects_start)
      : end_(end), begin_(end - size), vtables_(objects_start + 2 * kVtables.used()) {}

  char* at(size_t distance) const { return end_ - distance; }

  /// Clears the room of an object and writes the way to its vtable.
  template <class Layout>
  void open_object(size_t start) {
    // What lies between the object and the bytes behind it, at most 7 bytes; the object itself overwrites the others.
    store<uint64_t>(at(cursor) - 8, 0);
    std::memset(at(start), 0, Layout::kSize);
    constexpr size_t kVtable = 2 * kVtables.find(Layout::kVtable);
    store<int32_t>(at(start), static_cast<int32_t>((vtables_ - kVtable) - start));
    cursor = start;
  }
  void put_empty(size_t start) {
    store<uint32_t>(at(cursor) - 4, 0);
    store<uint32_t>(at(start), 0);
    cursor = start;
  }
  void put_blob(size_t start, std::string_view bytes) {
    store<uint32_t>(at(cursor) - 4, 0);
    store<uint32_t>(at(start), static_cast<uint32_t>(bytes.size()));
    std::memcpy(at(start) + 4, bytes.data(), bytes.size());
    cursor = start;
  }
  template <class T>
  void put_raw(size_t start, const T& value);

  /// Clears what lies between a vector's last element and `cursor`, then moves to the vector's start.
  void open_vector(size_t start, size_t bytes, size_t count) {
    size_t behind = start - bytes;
    std::memset(at(behind), 0, behind - cursor);
    store<uint32_t>(at(start), static_cast<uint32_t>(count));
    cursor = start;
  }

  char* scratch() const { return begin_ + scratch_; }
  size_t scratch_used() const { return scratch_; }
  void set_scratch_used(size_t used) { scratch_ = used; }

 private:
  char* end_;
  char* begin_;
  size_t vtables_;
  /// How many bytes at the payload's start hold positions of elements whose vector is not placed yet. They are fewer
  /// than the bytes of the vectors that will be placed, so they never meet the part that is written.
  size_t scratch_ = 0;
};

template <class Out>
inline constexpr bool kWrites = !std::is_same_v<Out, Measure>;

template <class T, auto... kMembers>
void store_struct(char* to, const T& value, Fields<kMembers...>) {
  using Struct = StructLayout<typename T::WireStruct>;
  size_t i = 0;
  (store(to + Struct::kOffsets[i++], value.*kMembers), ...);
}

template <class T>
void store_inline(char* to, const T& value) {
  if constexpr (kKind<T> == Kind::kStruct) {
    // Between the members of a struct there may be room that has to be zero.
    if constexpr (!std::has_unique_object_representations_v<T>) std::memset(to, 0, slot_of<T>().size);
    store_struct(to, value, typename T::WireStruct());
  } else if constexpr (std::is_same_v<T, bool>) {
    store<uint8_t>(to, value ? 1 : 0);
  } else {
    store(to, value);
  }
}

template <const auto& kVtables>
template <class T>
void Write<kVtables>::put_raw(size_t start, const T& value) {
  store_inline(at(start), value);
  cursor = start;
}

template <class Out, class T>
size_t place(Out& out, const T& value);

template <class Out>
size_t place_empty(Out& out) {
  if (out.empty == 0) {
    size_t start = align_up(out.cursor + 4, 4);
    out.put_empty(start);
    out.empty = start;
  }
  return out.empty;
}

template <class Out>
size_t place_blob(Out& out, std::string_view bytes) {
  if (bytes.empty()) return place_empty(out);
  size_t start = align_up(out.cursor + bytes.size() + 4, 4);
  out.put_blob(start, bytes);
  return start;
}

/// Elements that stand in the vector itself.
template <class Out, class V>
size_t place_inline_vector(Out& out, const V& vector) {
  using T = ElementOf<V>;
  constexpr Slot kSlot = slot_of<T>();
  size_t bytes = vector.size() * kSlot.size;
  size_t start = align_up(out.cursor + bytes, std::max<size_t>(4, kSlot.align)) + 4;
  if constexpr (kWrites<Out>) {
    out.open_vector(start, 4 + bytes, vector.size());
    char* to = out.at(start) + 4;
    for (size_t i = 0; i < vector.size(); ++i) store_inline(to + i * kSlot.size, vector[i]);
  } else {
    out.cursor = start;
  }
  return start;
}

/// Elements that lie behind the vector, which holds the way to each.
template <class Out, class T>
size_t place_outer_vector(Out& out, const Vector<T>& vector) {
  size_t count = vector.size();
  if constexpr (kWrites<Out>) {
    size_t scratch = out.scratch_used();
    char* positions = out.scratch();
    out.set_scratch_used(scratch + 4 * count);
    for (size_t i = 0; i < count; ++i) {
      store(positions + 4 * i, static_cast<uint32_t>(place(out, vector[i])));
    }
    size_t start = align_up(out.cursor + 4 * count, 4) + 4;
    // The vector's room may overlap that of the positions, but each offset only what lies at or behind its position.
    char* offsets = out.at(start) + 4;
    for (size_t i = count; i-- > 0;) {
      uint32_t position = 0;
      std::memcpy(&position, positions + 4 * i, sizeof position);
      store(offsets + 4 * i, static_cast<uint32_t>(start - 4 - 4 * i) - position);
    }
    out.open_vector(start, 4 + 4 * count, count);
    out.set_scratch_used(scratch);
    return start;
  } else {
    for (size_t i = 0; i < count; ++i) place(out, vector[i]);
    out.cursor = align_up(out.cursor + 4 * count, 4) + 4;
    return out.cursor;
  }
}

/// Where a member's part outside the object lies, and the tag of a union.
struct Placed {
  size_t position = 0;
  uint8_t tag = 0;
};

template <class Out, class T>
Placed place_member(Out& out, const std::optional<T>& value) {
  if (!value) return {};
  return {place(out, *value), 1};
}
template <class Out, class... T>
Placed place_member(Out& out, const std::variant<T...>& value) {
  Placed placed;
  placed.tag = static_cast<uint8_t>(value.index() + 1);
  [[maybe_unused]] auto try_one = [&](const auto* alternative) {
    if (alternative != nullptr) placed.position = place(out, *alternative);
  };
  (try_one(std::get_if<T>(&value)), ...);
  return placed;
}
template <class Out, class T>
Placed place_member(Out& out, const T& value) {
  if constexpr (kInline<T>) return {};
  else return {place(out, value), 0};
}

template <class Layout, size_t kField, class Out, class T>
void store_member(Out& out, size_t start, const T& value, const Placed& placed) {
  constexpr size_t kSlot = Layout::kFirstSlot[kField];
  constexpr size_t kOffset = Layout::offset(kSlot);
  if constexpr (kInline<T>) {
    store_inline(out.at(start) + kOffset, value);
  } else if constexpr (kKind<T> == Kind::kUnion) {
    if (placed.tag == 0) return;
    constexpr size_t kWay = Layout::offset(kSlot + 1);
    store(out.at(start) + kOffset, placed.tag);
    store(out.at(start) + kWay, static_cast<uint32_t>(start - kWay - placed.position));
  } else {
    store(out.at(start) + kOffset, static_cast<uint32_t>(start - kOffset - placed.position));
  }
}

/// Where an object begins whose parts are placed.
template <class Layout, class Out>
size_t object_start(const Out& out) {
  return align_up(out.cursor + (Layout::kSize - 4), Layout::kAlign) + 4;
}

template <class Layout, size_t... kField, class Out, class... M>
size_t place_members(std::index_sequence<kField...>, Out& out, const M&... member) {
  // Braces: from left to right, which the places depend on.
  [[maybe_unused]] const std::array<Placed, sizeof...(M)> placed{place_member(out, member)...};
  size_t start = object_start<Layout>(out);
  out.template open_object<Layout>(start);
  if constexpr (kWrites<Out>) (store_member<Layout, kField>(out, start, member, placed[kField]), ...);
  return start;
}

template <class Out, class T, auto... kMembers>
size_t place_table(Out& out, const T& table, Fields<kMembers...>) {
  return place_members<Layout<T>>(std::make_index_sequence<sizeof...(kMembers)>(), out, table.*kMembers...);
}

template <class Out, class T>
[[gnu::noinline]] size_t place_table_out_of_line(Out& out, const T& table) {
  return place_table(out, table, FieldsOf<T>());
}

/// Places what a value consists of outside the object that holds it; returns where.
template <class Out, class T>
size_t place(Out& out, const T& value) {
  if constexpr (kInline<T>) {
    size_t start = out.cursor + slot_of<T>().size;
    out.put_raw(start, value);
    return start;
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    return place_blob(out, value);
  } else if constexpr (kKind<T> == Kind::kBlob) {
    return place_blob(out, value.wire_bytes());
  } else if constexpr (kKind<T> == Kind::kVector) {
    if (value.size() == 0) return place_empty(out);
    if constexpr (kInline<ElementOf<T>>) return place_inline_vector(out, value);
    else return place_outer_vector(out, value);
  } else if constexpr (HasWireForm<T>) {
    return place(out, value.to_wire());
  } else if constexpr (OutOfLine<T>) {
    return place_table_out_of_line(out, value);
  } else {
    return place_table(out, value, FieldsOf<T>());
  }
}

}  // namespace orrery::fdb::wire::internal
