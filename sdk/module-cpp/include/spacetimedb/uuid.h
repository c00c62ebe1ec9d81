// Uuid: 128 bits, printed as 8-4-4-4-12 hexadecimal digits, most significant first.
#pragma once

#include "spacetimedb/identity.h"
#include "spacetimedb/time.h"

namespace SpacetimeDB {

class Uuid {
 public:
  enum class Version { Nil, V4, V7, Max };

  constexpr Uuid() = default;
  explicit constexpr Uuid(u128 value) : value_(value) {}
  constexpr Uuid(uint64_t high, uint64_t low) : value_(high, low) {}
  static constexpr Uuid nil() { return {}; }
  static constexpr Uuid max() { return {~uint64_t{0}, ~uint64_t{0}}; }
  static constexpr Uuid from_u128(u128 value) { return Uuid(value); }
  static constexpr Uuid from_u64(uint64_t high, uint64_t low) { return {high, low}; }
  static Uuid from_bytes_be(const std::array<uint8_t, 16>& bytes);
  /// Version 4: all bits but version and variant are taken from the bytes.
  static Uuid from_random_bytes_v4(const std::array<uint8_t, 16>& random_bytes);
  /// Version 7: milliseconds, then a 31-bit counter (which is advanced), then random bits.
  static Uuid from_counter_v7(uint32_t& counter, const Timestamp& now, const std::array<uint8_t, 4>& random_bytes);
  static std::optional<Uuid> parse_str(std::string_view text);

  constexpr u128 as_u128() const { return value_; }
  std::array<uint8_t, 16> to_bytes_be() const;
  std::optional<Version> get_version() const;
  int32_t get_counter() const;
  std::string to_string() const;

  constexpr bool operator==(const Uuid&) const = default;
  constexpr std::strong_ordering operator<=>(const Uuid&) const = default;

 private:
  u128 value_;
};

namespace bsatn {

template <>
struct bsatn_traits<Uuid> : detail::BitwiseTraits<Uuid> {
  static constexpr detail::Element element{"__uuid__", &bsatn_traits<u128>::desc};
  static constexpr detail::TypeDesc desc{detail::TypeKind::kProduct, 1, &element};
};

}  // namespace bsatn
}  // namespace SpacetimeDB
