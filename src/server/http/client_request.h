// One request to a server and its answer, over a connection of its own. For programs that talk to
// servers; what a server asks of others goes by HttpClient, which minds where it may go.
//
// Blocks; see client_stream.h for errors and how to end it. Redirects are not followed: an answer
// that is one comes back as it is, since requests here carry tokens. Stateless.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/http/client_stream.h"
#include "server/http/message.h"

namespace orrery::server::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string_view body;
  /// Pieces of the body of an answer with status 2xx, as they come; none: they are collected.
  std::function<void(std::string_view)> on_body;
};
struct ClientResponse {
  uint16_t status = 0;
  Headers headers;
  std::string body;
};

Result<ClientResponse> send_request(const ClientRequest& request, const Patience& patience);

/// The head of a request as it goes over the wire, with the empty line.
std::string request_head(const ClientRequest& request, const Target& target);

}  // namespace orrery::server::http
