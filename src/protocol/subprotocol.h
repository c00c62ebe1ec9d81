// Which of the client protocols a WebSocket speaks. Stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace orrery::protocol {

enum class Subprotocol : uint8_t { kV1Json, kV1Bsatn, kV2, kV3 };

/// "v2.bsatn.spacetimedb"
std::string_view subprotocol_name(Subprotocol protocol);
/// The newest of those that a Sec-WebSocket-Protocol header offers.
std::optional<Subprotocol> choose_subprotocol(std::string_view offered);

}  // namespace orrery::protocol
