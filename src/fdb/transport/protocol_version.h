// FoundationDB's protocol versions: which are known, which of them can be spoken to.
//
// Thread-safety: as a value.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace orrery::fdb {

class ProtocolVersion {
 public:
  constexpr ProtocolVersion() = default;
  /// `number` as it stands in a message, with or without the flag of the object serializer.
  constexpr explicit ProtocolVersion(uint64_t number) : number_(number) {}

  constexpr uint64_t number() const { return number_; }
  /// Without flags: what versions are compared by.
  constexpr uint64_t value() const { return number_ & 0x0FFFFFFFFFFFFFFF; }
  constexpr bool has_object_serializer() const { return (number_ & kObjectSerializer) != 0; }
  constexpr bool is_valid() const { return number_ != 0; }
  /// Whether the two understand each other: the lowest 16 bits are a release's own matter.
  constexpr bool is_compatible_with(ProtocolVersion other) const {
    return has_object_serializer() && other.has_object_serializer() &&
           value() >> 16 == other.value() >> 16;
  }
  /// Whether the messages of transport itself mean in this version what they mean in ours.
  constexpr bool has_stable_interfaces() const { return value() >= 0x0FDB00B070010000; }
  /// Whether a peer of another version may stay connected; older ones expect to be hung up on.
  constexpr bool has_inexpensive_multi_version_client() const {
    return value() >= 0x0FDB00A551000000;
  }
  /// "7.3", or the number in hexadecimal digits where no release of it is known.
  std::string text() const;

  friend constexpr bool operator==(ProtocolVersion, ProtocolVersion) = default;

  static constexpr uint64_t kObjectSerializer = 0x1000000000000000;

 private:
  uint64_t number_ = 0;
};

inline constexpr ProtocolVersion kProtocol71{0x1FDB00B071010000};
inline constexpr ProtocolVersion kProtocol72{0x1FDB00B072000000};
inline constexpr ProtocolVersion kProtocol73{0x1FDB00B073000000};
inline constexpr ProtocolVersion kProtocol74{0x1FDB00B074000000};
/// What this client speaks.
inline constexpr ProtocolVersion kOurProtocol = kProtocol73;

}  // namespace orrery::fdb
