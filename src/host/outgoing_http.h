// What a module's HTTP request and response look like as BSATN, and whether a request may leave.
//
// A module gets texts that name the URL without its query. Stateless.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

/// What an entry of the list of allowed hosts must look like: HOST or HOST:PORT, where HOST is a
/// name, an address (IPv6 in brackets), "*.example.org" or "*".
Status check_allowed_host(std::string_view entry);
/// Whether a host (an IPv6 address without brackets) is in the list, by name or by a pattern.
bool is_host_allowed(std::string_view host, std::string_view port,
                     const std::vector<std::string>& allowed);
/// The same without patterns, which name nobody.
bool is_host_named(std::string_view host, std::string_view port,
                   const std::vector<std::string>& allowed);
struct HostAndPort {
  std::string_view host;  ///< empty where there is none; an IPv6 address without brackets
  std::string_view port;  ///< the usual one of the scheme where none is given
};
/// {"example.org", "8443"} of "https://user@example.org:8443/x?y".
HostAndPort host_of_uri(std::string_view uri);

/// Blocks. Errors are for the module to read.
Result<HttpReply> send_request(const HostOptions& options, OutgoingRequest request);

}  // namespace orrery::host
