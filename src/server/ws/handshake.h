// The opening handshake of a WebSocket (RFC 6455, section 4.2). Stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "server/http/message.h"

namespace orrery::server::ws {

/// kInvalidArgument says what the request lacks.
Status check_upgrade(const http::Request& request);
/// What Sec-WebSocket-Accept says to a client's key.
std::string accept_key(std::string_view client_key);
/// 101; the request must have passed check_upgrade(). Extensions are declined.
http::Response upgrade_response(const http::Request& request, std::string_view subprotocol);

}  // namespace orrery::server::ws
