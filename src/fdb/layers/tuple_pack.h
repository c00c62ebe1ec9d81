// Packing tuples: to keys that sort as the tuples do, byte for byte those of FoundationDB's
// bindings.
//
// pack(1, "a"sv, 2.5) takes what cannot fail and allocates only the key that it returns;
// pack(Tuple) takes everything. Errors of the latter: 2000 client_invalid_operation where a tuple
// holds a versionstamp that is incomplete (or, for pack_with_versionstamp, not exactly one), where
// it is nested deeper than kDepthMax, where a user's value has a code that is none of a user's, and
// where a stamp's offset does not fit. Thread-safety: functions without state.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "fdb/error.h"
#include "fdb/layers/key_range.h"
#include "fdb/layers/tuple.h"
#include "fdb/layers/tuple_code.h"

namespace orrery::fdb::tuple {

namespace detail {

inline char* put_byte(char* out, uint8_t byte) {
  *out = static_cast<char>(byte);
  return out + 1;
}

/// The low `size` bytes, big-endian.
inline char* put_big_endian(char* out, uint64_t bits, size_t size) {
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(bits >> (8 * (size - 1 - i)) & 0xff);
  return out + size;
}

constexpr size_t integer_bytes(uint64_t magnitude) {
  return (static_cast<size_t>(std::bit_width(magnitude)) + 7) / 8;
}

/// Of a string with its code, escapes and end.
size_t string_size(std::string_view bytes);
char* put_string(char* out, uint8_t code, std::string_view bytes);

inline size_t size_of(std::nullptr_t) {
  return 1;
}
inline size_t size_of(Null) {
  return 1;
}
inline size_t size_of(std::same_as<bool> auto) {
  return 1;
}
template <TupleInteger T>
constexpr size_t size_of(T value) {
  uint64_t bits = static_cast<uint64_t>(value);
  return 1 + integer_bytes(std::cmp_less(value, 0) ? 0 - bits : bits);
}
inline size_t size_of(float) {
  return 5;
}
inline size_t size_of(double) {
  return 9;
}
inline size_t size_of(std::string_view text) {
  return string_size(text);
}
inline size_t size_of(Bytes bytes) {
  return string_size(bytes.view);
}
inline size_t size_of(const OwnedBytes& bytes) {
  return string_size(bytes.bytes);
}
inline size_t size_of(const Uuid&) {
  return 17;
}

inline char* put(char* out, std::nullptr_t) {
  return put_byte(out, code::kNull);
}
inline char* put(char* out, Null) {
  return put_byte(out, code::kNull);
}
inline char* put(char* out, std::same_as<bool> auto value) {
  return put_byte(out, value ? code::kTrue : code::kFalse);
}
template <TupleInteger T>
char* put(char* out, T value) {
  uint64_t bits = static_cast<uint64_t>(value);
  if (std::cmp_less(value, 0)) {
    size_t size = integer_bytes(0 - bits);
    // The one's complement of the magnitude.
    return put_big_endian(put_byte(out, static_cast<uint8_t>(code::kZero - size)), bits - 1, size);
  }
  size_t size = integer_bytes(bits);
  return put_big_endian(put_byte(out, static_cast<uint8_t>(code::kZero + size)), bits, size);
}
inline char* put(char* out, float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  bits = (bits >> 31) != 0 ? ~bits : bits | uint32_t{1} << 31;
  return put_big_endian(put_byte(out, code::kFloat), bits, 4);
}
inline char* put(char* out, double value) {
  auto bits = std::bit_cast<uint64_t>(value);
  bits = (bits >> 63) != 0 ? ~bits : bits | uint64_t{1} << 63;
  return put_big_endian(put_byte(out, code::kDouble), bits, 8);
}
inline char* put(char* out, std::string_view text) {
  return put_string(out, code::kString, text);
}
inline char* put(char* out, Bytes bytes) {
  return put_string(out, code::kBytes, bytes.view);
}
inline char* put(char* out, const OwnedBytes& bytes) {
  return put_string(out, code::kBytes, bytes.bytes);
}
inline char* put(char* out, const Uuid& uuid) {
  std::memcpy(put_byte(out, code::kUuid), uuid.bytes.data(), uuid.bytes.size());
  return out + 17;
}

}  // namespace detail

/// What can be packed without a Tuple: null, integers, floating-point numbers, bools, texts, Bytes
/// and UUIDs.
template <class T>
concept Packable =
    requires(const T& value) { detail::size_of(value); } && !std::convertible_to<T, Tuple>;

/// What pack() gives, after `prefix`.
template <Packable... Ts>
std::string pack_after(std::string_view prefix, const Ts&... values) {
  const size_t size = (prefix.size() + ... + detail::size_of(values));
  std::string out;
  out.resize_and_overwrite(size, [&](char* begin, size_t) {
    if (!prefix.empty()) std::memcpy(begin, prefix.data(), prefix.size());
    [[maybe_unused]] char* at = begin + prefix.size();
    ((at = detail::put(at, values)), ...);
    return size;
  });
  return out;
}

template <Packable... Ts>
std::string pack(const Ts&... values) {
  return pack_after(std::string_view(), values...);
}

/// The keys of all longer tuples that begin with these values.
template <Packable... Ts>
KeyRange range(const Ts&... values) {
  std::string packed = pack(values...);
  return {.begin = packed + '\x00', .end = packed + '\xff'};
}

Result<std::string> pack(const Tuple& tuple, std::string_view prefix = {});
Result<KeyRange> range(const Tuple& tuple, std::string_view prefix = {});

/// For SetVersionstampedKey: the key and the offset of the incomplete versionstamp in it, 4 bytes,
/// little-endian (2 bytes below API version 520).
Result<std::string> pack_with_versionstamp(const Tuple& tuple, std::string_view prefix = {},
                                           int api_version = 730);
/// In the tuple and those in it.
size_t incomplete_versionstamps(const Tuple& tuple);

}  // namespace orrery::fdb::tuple
