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

/// Names of hosts have no case.
bool same_host(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return tolower(static_cast<unsigned char>(x)) == tolower(static_cast<unsigned char>(y));
  });
}

HostAndPort split_host(std::string_view text, std::string_view port) {
  HostAndPort out{text, port};
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return {};
    out.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (text.starts_with(':')) out.port = text.substr(1);
    return out;
  }
  const size_t colon = text.find(':');
  // More than one: an IPv6 address without brackets.
  if (colon == std::string_view::npos || colon != text.rfind(':')) return out;
  out.host = text.substr(0, colon);
  if (colon + 1 < text.size()) out.port = text.substr(colon + 1);
  return out;
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

Status check_allowed_host(std::string_view entry) {
  const HostAndPort parts = split_host(entry, "");
  const bool port_fits =
      parts.port.size() <= 5 && parts.port.find_first_not_of("0123456789") == std::string_view::npos;
  const size_t star = parts.host.rfind('*');
  const bool star_fits = star == std::string_view::npos || parts.host == "*" ||
                         (star == 0 && parts.host.starts_with("*.") && parts.host.size() > 2);
  if (!parts.host.empty() && port_fits && star_fits && !entry.ends_with(':') &&
      parts.host.find_first_of("/@?# ") == std::string_view::npos) {
    return {};
  }
  return Error(ErrorCode::kInvalidArgument,
               "'" + std::string(entry) +
                   "' is no HOST or HOST:PORT (a name, an address, *.example.org or *)");
}

bool is_host_allowed(std::string_view host, std::string_view port,
                     const std::vector<std::string>& allowed) {
  for (const std::string& entry : allowed) {
    const HostAndPort parts = split_host(entry, "");
    if (!parts.port.empty() && parts.port != port) continue;
    if (parts.host == "*" || same_host(parts.host, host)) return true;
    if (!parts.host.starts_with("*.")) continue;
    const std::string_view suffix = parts.host.substr(1);
    if (host.size() > suffix.size() && same_host(host.substr(host.size() - suffix.size()), suffix)) {
      return true;
    }
  }
  return false;
}

bool is_host_named(std::string_view host, std::string_view port,
                   const std::vector<std::string>& allowed) {
  for (const std::string& entry : allowed) {
    const HostAndPort parts = split_host(entry, "");
    if ((parts.port.empty() || parts.port == port) && same_host(parts.host, host)) return true;
  }
  return false;
}

HostAndPort host_of_uri(std::string_view uri) {
  const size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view usual = same_host(uri.substr(0, scheme), "http") ? "80" : "443";
  uri.remove_prefix(scheme + 3);
  uri = uri.substr(0, std::min(uri.find_first_of("/?#"), uri.size()));
  if (const size_t user = uri.rfind('@'); user != std::string_view::npos) {
    uri.remove_prefix(user + 1);
  }
  return split_host(uri, usual);
}

Result<HttpReply> send_request(const HostOptions& options, OutgoingRequest request) {
  if (options.http_allowed_hosts.empty()) {
    return refused(request.uri, "this server lets modules make no HTTP requests");
  }
  const HostAndPort to = host_of_uri(request.uri);
  if (!is_host_allowed(to.host, to.port, options.http_allowed_hosts)) {
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
