#include "server/http/target.h"

#include <algorithm>

#include "server/http/message.h"

namespace orrery::server::http {

std::string Target::shown() const {
  return (secure ? "https://" : "http://") + host + path.substr(0, path.find('?'));
}

std::string Target::host_header() const {
  bool usual = port == (secure ? "443" : "80");
  std::string name = host.find(':') != std::string::npos ? "[" + host + "]" : host;
  return usual ? name : name + ":" + port;
}

Result<Target> parse_target(std::string_view uri) {
  Target out;
  auto bad = [] { return Error(ErrorCode::kInvalidArgument, "not an http or https URI"); };
  uri = uri.substr(0, uri.find('#'));
  size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) return bad();
  std::string_view name = uri.substr(0, scheme);
  out.secure = equal_ignoring_case(name, "https");
  if (!out.secure && !equal_ignoring_case(name, "http")) return bad();
  std::string_view rest = uri.substr(scheme + 3);
  size_t end = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, end);
  out.path = end == std::string_view::npos ? "/" : std::string(rest.substr(end));
  if (out.path.starts_with('?')) out.path.insert(0, "/");
  if (size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  size_t colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad();
    out.host = authority.substr(1, close - 1);
    colon = close + 1 < authority.size() ? close + 1 : std::string_view::npos;
  } else {
    out.host = authority.substr(0, colon);
  }
  out.port = colon == std::string_view::npos ? (out.secure ? "443" : "80")
                                             : std::string(authority.substr(colon + 1));
  bool plain = std::all_of(out.path.begin(), out.path.end(),
                           [](char c) { return static_cast<unsigned char>(c) > 0x20; });
  if (out.host.empty() || out.port.empty() || !plain ||
      out.port.find_first_not_of("0123456789") != std::string::npos) {
    return bad();
  }
  return out;
}

}  // namespace orrery::server::http
