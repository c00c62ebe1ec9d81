#include "host/outgoing_http.h"

#include <algorithm>

#include "base/bytes.h"

namespace orrery::host {
namespace {

constexpr std::string_view kMethods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                         "CONNECT", "OPTIONS", "TRACE", "PATCH"};
constexpr uint8_t kExtensionMethod = 9;
constexpr uint8_t kVersions = 5;

Error malformed() { return Error(ErrorCode::kDecode, "malformed HTTP request"); }

std::string_view without_query(std::string_view uri) {
  return uri.substr(0, std::min(uri.find_first_of("?#"), uri.size()));
}

Error refused(std::string_view uri, std::string_view why) {
  return Error(ErrorCode::kNotSupported, "error: request to " + std::string(without_query(uri)) +
                                             " refused: " + std::string(why));
}

}  // namespace

Result<OutgoingRequest> read_request(std::string_view request, std::string_view body) {
  OutgoingRequest out;
  ByteReader in(request);
  uint8_t method = 0;
  std::string_view text;
  if (!in.read(&method)) return malformed();
  if (method == kExtensionMethod) {
    if (!in.read_prefixed(&text)) return malformed();
    out.method = text;
  } else if (method < std::size(kMethods)) {
    out.method = kMethods[method];
  } else {
    return malformed();
  }
  uint32_t headers = 0;
  if (!in.read(&headers)) return malformed();
  for (uint32_t i = 0; i < headers; ++i) {
    std::string_view value;
    if (!in.read_prefixed(&text) || !in.read_prefixed(&value)) return malformed();
    out.headers.emplace_back(text, value);
  }
  uint8_t has_timeout = 0;
  if (!in.read(&has_timeout) || has_timeout > 1) return malformed();
  out.timeout_micros = kHttpTimeoutMicrosDefault;
  if (has_timeout == 0 && !in.read(&out.timeout_micros)) return malformed();
  out.timeout_micros = std::clamp<int64_t>(out.timeout_micros, 0, kHttpTimeoutMicrosMax);
  uint8_t version = 0;
  if (!in.read_prefixed(&text) || !in.read(&version) || version >= kVersions) return malformed();
  out.uri = text;
  out.body = body;
  return out;
}

std::string write_response(const IncomingResponse& response) {
  ByteWriter out;
  out.write(static_cast<uint32_t>(response.headers.size()));
  for (const auto& [name, value] : response.headers) {
    out.write_prefixed(name);
    out.write_prefixed(value);
  }
  out.write(response.version);
  out.write(response.code);
  return std::move(out.buffer());
}

bool is_host_allowed(std::string_view host, const std::vector<std::string>& allowed) {
  for (std::string_view entry : allowed) {
    if (entry == "*" || entry == host) return true;
    if (entry.starts_with("*.") && host.ends_with(entry.substr(1))) return true;
  }
  return false;
}

std::string_view host_of_uri(std::string_view uri) {
  const size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) return {};
  uri.remove_prefix(scheme + 3);
  uri = uri.substr(0, std::min(uri.find_first_of("/?#"), uri.size()));
  if (const size_t user = uri.rfind('@'); user != std::string_view::npos) {
    uri.remove_prefix(user + 1);
  }
  if (uri.starts_with("[")) return uri.substr(0, std::min(uri.find(']') + 1, uri.size()));
  return uri.substr(0, std::min(uri.find(':'), uri.size()));
}

Result<HttpReply> send_request(const HostOptions& options, OutgoingRequest request) {
  if (options.http_allowed_hosts.empty()) {
    return refused(request.uri, "this server lets modules make no HTTP requests");
  }
  const std::string_view host = host_of_uri(request.uri);
  if (!is_host_allowed(host, options.http_allowed_hosts)) {
    return refused(request.uri, "the host is not in the server's list");
  }
  if (options.http_client == nullptr) {
    return refused(request.uri, "this server has no HTTP client");
  }
  ORRERY_TRY_ASSIGN(IncomingResponse response,
                    options.http_client->send(request, options.http_allowed_hosts));
  HttpReply out;
  out.response = write_response(response);
  out.body = std::move(response.body);
  return out;
}

}  // namespace orrery::host
