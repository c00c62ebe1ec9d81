// HttpClient: requests that procedures make to the outside. The server brings one; without it, or
// where HostOptions does not allow the host asked for, procedures get an error answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace orrery::host {

struct OutgoingRequest {
  std::string method;
  std::string uri;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int64_t timeout_micros = 30'000'000;
};
struct IncomingResponse {
  uint16_t code = 0;
  uint8_t version = 2;  ///< as the ABI numbers them: 0 HTTP/0.9, 1 1.0, 2 1.1, 3 2, 4 3
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Blocks. Follows redirects; asks `allowed` about every host name and every address that it is
  /// about to connect to. Errors carry a text for the module, without the URI's query.
  virtual Result<IncomingResponse> send(const OutgoingRequest& request,
                                        const std::vector<std::string>& allowed_hosts) = 0;
};

}  // namespace orrery::host
