// What a module's HTTP request and response look like as BSATN, and whether a request may leave.
//
// A module gets texts that name the URL without its query. Stateless.
#pragma once

#include <string_view>

#include "base/result.h"
#include "host/host_options.h"
#include "host/hosted_database.h"
#include "host/http_client.h"

namespace orrery::host {

inline constexpr int64_t kHttpTimeoutMicrosDefault = 30'000'000;
inline constexpr int64_t kHttpTimeoutMicrosMax = 180'000'000;

/// kDecode where `request` is no Request.
Result<OutgoingRequest> read_request(std::string_view request, std::string_view body);
/// BSATN Response, without the body.
std::string write_response(const IncomingResponse& response);

/// Whether a host name is in the list: exactly, by "*.example.org", or by "*".
bool is_host_allowed(std::string_view host, const std::vector<std::string>& allowed);
/// "example.org" of "https://user@example.org:8443/x?y"; empty where there is none.
std::string_view host_of_uri(std::string_view uri);

/// Blocks. Errors are for the module to read.
Result<HttpReply> send_request(const HostOptions& options, OutgoingRequest request);

}  // namespace orrery::host
