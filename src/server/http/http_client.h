// HttpClient: requests of the server to others: what modules' procedures ask for, and the keys of
// those who issue tokens. http and https (certificates are checked against the system's).
//
// Addresses inside the machine or the local network are asked for only where the list of allowed
// hosts names them (localhost too): neither a pattern nor a name that the outside controls must lead
// there. Thread-safe;
// every call blocks and has a connection of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/http_client.h"

namespace orrery::server::http {

class HttpClient final : public host::HttpClient {
 public:
  static constexpr uint64_t kResponseBytesMax = 32 << 20;
  static constexpr int kRedirectsMax = 10;

  Result<host::IncomingResponse> send(const host::OutgoingRequest& request,
                                      const std::vector<std::string>& allowed_hosts) override;
};

/// The document at an https address, at most `bytes_max` of it; kIo where there is none. Asks
/// nobody but the allowed hosts.
Result<std::string> fetch_document(std::string_view url, uint64_t bytes_max,
                                   const std::vector<std::string>& allowed_hosts);

}  // namespace orrery::server::http
