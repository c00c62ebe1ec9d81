// Messages of FoundationDB 7.3 as bytes and back.
//
// A message is a described struct (fields.h) with a file identifier, `static constexpr uint32_t kFileId`. A request has
// a member `reply` and names what it is answered with, `using Reply = ...`. Where kIsRoot is declared true, the struct
// itself is the payload's root object, not what the root refers to.
//
// Strings and vectors of a decoded message refer to the payload, which the caller keeps. decode() and encode() allocate
// nothing but the room that OutBuffer needs. Errors: error::serialization_failed for a payload that is malformed or
// another message. Thread-safety: free functions on the caller's data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/assert.h"
#include "fdb/error.h"
#include "fdb/wire/fields.h"
#include "fdb/wire/layout.h"
#include "fdb/wire/out_buffer.h"
#include "fdb/wire/reader.h"
#include "fdb/wire/types.h"
#include "fdb/wire/vector.h"
#include "fdb/wire/writer.h"

namespace orrery::fdb::wire {

/// A reply as it travels: an error or a value.
template <class M>
using ErrorOr = std::variant<ErrorCode, M>;

/// The identifier of ErrorOr<M>.
constexpr uint32_t reply_file_id(uint32_t file_id) {
  return (file_id < (1u << 24) ? 2u << 24 : 2u << 28) | file_id;
}

/// The identifier that a payload begins with; 0 for what is none.
inline uint32_t payload_file_id(std::string_view payload) {
  return payload.size() < 8 ? 0 : internal::load<uint32_t>(payload.data() + 4);
}

namespace internal {

template <class M>
struct MessageTraits {
  static constexpr uint32_t kFileId = M::kFileId;
  static constexpr bool kIsRoot = requires { M::kIsRoot; };
};
template <class M>
struct MessageTraits<ErrorOr<M>> {
  static constexpr uint32_t kFileId = reply_file_id(M::kFileId);
  static constexpr bool kIsRoot = false;
};

/// Every vtable that a payload of M needs, and the root's.
template <class M>
inline constexpr VtableBlock kVtables = [] {
  VtableBlock block;
  if constexpr (!MessageTraits<M>::kIsRoot) block.add_vtable(LayoutOf<M>::kVtable);
  block.add_type<M>();
  return block;
}();

template <class M>
inline constexpr auto kVtableWords = [] {
  std::array<uint16_t, kVtables<M>.used()> words{};
  for (size_t i = 0; i < words.size(); ++i) words[i] = kVtables<M>.word(i);
  return words;
}();

template <class M, class Out>
size_t place_root(Out& out, const M& message) {
  if constexpr (MessageTraits<M>::kIsRoot) {
    return place(out, message);
  } else {
    return place_members<LayoutOf<M>>(std::index_sequence<0>(), out, message);
  }
}

template <class M>
constexpr size_t payload_size(size_t objects) {
  return align_up(8 + sizeof(kVtableWords<M>) + objects, 8);
}

}  // namespace internal

/// The bytes that encode() will write.
template <class M>
size_t encoded_size(const M& message) {
  internal::Measure measure;
  return internal::payload_size<M>(internal::place_root(measure, message));
}

/// Appends `room_in_front` unset bytes and the message to `out`; returns the size of the message alone. A message is
/// shorter than 4 GiB: requests are bounded by the client's limits long before.
template <class M>
size_t encode(const M& message, OutBuffer& out, size_t room_in_front = 0) {
  using Traits = internal::MessageTraits<M>;
  constexpr const auto& kVtableWords = internal::kVtableWords<M>;
  internal::Measure measure;
  size_t objects = internal::place_root(measure, message);
  size_t size = internal::payload_size<M>(objects);
  ORRERY_ASSERT(size <= UINT32_MAX);
  char* payload = out.append(room_in_front + size) + room_in_front;
  internal::Write<internal::kVtables<M>> write(payload + size, size, objects);
  size_t root = internal::place_root(write, message);
  ORRERY_ASSERT(root == objects);
  char* vtables = write.at(objects) - sizeof kVtableWords;
  std::memcpy(vtables, kVtableWords.data(), sizeof kVtableWords);
  std::memset(payload + 8, 0, static_cast<size_t>(vtables - payload) - 8);
  internal::store(payload, static_cast<uint32_t>(size - root));
  internal::store(payload + 4, Traits::kFileId);
  return size;
}

/// Appends the answer that a server gives: `message`, or below an error.
template <class M>
size_t encode_reply(const M& message, OutBuffer& out, size_t room_in_front = 0) {
  return encode(ErrorOr<M>(message), out, room_in_front);
}
template <class M>
size_t encode_error_reply(Error error, OutBuffer& out, size_t room_in_front = 0) {
  return encode(ErrorOr<M>(ErrorCode{static_cast<uint16_t>(error.code())}), out, room_in_front);
}

/// Reads a payload into `message`, which has its defaults.
template <class M>
Status decode_into(std::string_view payload, M& message) {
  using Traits = internal::MessageTraits<M>;
  if (payload.size() < 8 || payload.size() > UINT32_MAX) return fail(error::serialization_failed);
  if (payload_file_id(payload) != Traits::kFileId) return fail(error::serialization_failed);
  internal::Reader reader(payload, internal::Depth::kWhole);
  size_t root = internal::load<uint32_t>(payload.data());
  bool read = false;
  if constexpr (Traits::kIsRoot) {
    read = reader.read_value(root, message);
  } else {
    read = reader.read_root(root, message);
  }
  if (!read) return fail(error::serialization_failed);
  return {};
}

template <class M>
Result<M> decode(std::string_view payload) {
  Result<M> message;
  if (Status status = decode_into(payload, *message); !status) message = fail(status.error());
  return message;
}

/// Reads an answer; an error that the server answered with is the Result's error.
template <class M>
Result<M> decode_reply(std::string_view payload) {
  Result<M> reply;
  ErrorCode remote;
  uint8_t tag = 0;
  if (payload.size() >= 8 && payload.size() <= UINT32_MAX &&
      payload_file_id(payload) == reply_file_id(M::kFileId)) {
    internal::Reader reader(payload, internal::Depth::kWhole);
    tag = reader.read_reply(internal::load<uint32_t>(payload.data()), remote, *reply);
  }
  if (tag == 2) [[likely]]
    return reply;
  // An error without a code says that the server failed, not how.
  if (tag == 1) reply = fail(remote.code == 0 ? error::unknown_error : Error(remote.code));
  else reply = fail(error::serialization_failed);
  return reply;
}

}  // namespace orrery::fdb::wire
