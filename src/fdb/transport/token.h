// Token: the 128 bits by which a process finds what a frame is for.
//
// Thread-safety: as a value.
#pragma once

#include <cstdint>

namespace orrery::fdb {

struct Token {
  uint64_t first = 0;
  uint64_t second = 0;

  /// Set where many frames may come for the token: a server's endpoint, or a stream of replies.
  static constexpr uint64_t kStreamFlag = 1;
  /// Of every well-known endpoint, whose number is `second`.
  static constexpr uint64_t kWellKnown = ~uint64_t{0};

  constexpr bool is_stream() const { return (first & kStreamFlag) != 0; }
  constexpr bool is_well_known() const { return first == kWellKnown; }
  /// The token of method `index` of the interface whose method 0 this is.
  constexpr Token adjusted(uint32_t index) const {
    return {first + (uint64_t{index} << 32),
            (second & 0xFFFFFFFF00000000) |
                static_cast<uint32_t>(static_cast<uint32_t>(second) + index)};
  }

  friend constexpr bool operator==(const Token&, const Token&) = default;
};

/// The well-known endpoints that a client sends to or receives at.
enum class WellKnown : uint8_t {
  kEndpointNotFound = 0,
  kPing = 1,
  kUnauthorizedEndpoint = 2,
  kGetLeader = 3,
  kOpenDatabase = 4,
  kProtocolInfo = 10,
  kDescriptorMutable = 12,
};

constexpr Token well_known(WellKnown endpoint) {
  return {Token::kWellKnown, static_cast<uint64_t>(endpoint)};
}

}  // namespace orrery::fdb
