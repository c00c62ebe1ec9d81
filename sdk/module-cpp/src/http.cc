// HTTP: requests to the host, calls of handlers, routers.
#ifndef SPACETIMEDB_UNSTABLE_FEATURES
#define SPACETIMEDB_UNSTABLE_FEATURES
#endif
#include "spacetimedb/http.h"

#include "call.h"
#include "registry_data.h"
#include "spacetimedb/abi.h"
#include "spacetimedb/contexts.h"

namespace SpacetimeDB {
namespace {

constexpr const char* kMethods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
constexpr uint8_t kExtension = 9;

void write_method(bsatn::Writer& out, const HttpMethod& method) {
  for (uint8_t i = 0; i < kExtension; ++i) {
    if (method.value == kMethods[i]) {
      out.write_u8(i);
      return;
    }
  }
  out.write_u8(kExtension);
  out.write_string(method.value);
}

HttpMethod read_method(bsatn::Reader& in) {
  const uint8_t tag = in.read_u8();
  if (tag > kExtension) detail::bad_tag();
  return HttpMethod(tag == kExtension ? in.read_string() : kMethods[tag]);
}

HttpVersion read_version(bsatn::Reader& in) {
  const uint8_t tag = in.read_u8();
  if (tag > static_cast<uint8_t>(HttpVersion::Http3)) detail::bad_tag();
  return static_cast<HttpVersion>(tag);
}

void write_headers(bsatn::Writer& out, const std::vector<HttpHeader>& headers) {
  out.write_u32_le(static_cast<uint32_t>(headers.size()));
  for (const HttpHeader& each : headers) {
    out.write_string(each.name);
    out(each.value);
  }
}

std::vector<HttpHeader> read_headers(bsatn::Reader& in) {
  constexpr size_t kHeaderMin = 8;
  std::vector<HttpHeader> headers;
  const uint32_t count = in.read_count(kHeaderMin);
  for (uint32_t i = 0; i < count; ++i) {
    std::string name = in.read_string();
    std::vector<uint8_t> value;
    in(value);
    headers.emplace_back(std::move(name), std::move(value));
  }
  return headers;
}

int32_t call_handler(const detail::HandlerDecl& handler, int64_t timestamp, uint32_t request_source,
                     uint32_t body_source, uint32_t response_sink, uint32_t body_sink) {
  const std::vector<uint8_t> bytes = detail::read_source(request_source);
  bsatn::Reader in(bytes);
  HttpRequest request;
  request.method = read_method(in);
  request.headers = read_headers(in);
  in(request.timeout);
  in.read_string(request.uri);
  request.version = read_version(in);
  request.body.bytes = detail::read_source(body_source);

  HandlerContext context{Timestamp(timestamp)};
  const HttpResponse response = handler.call(handler.function, context, std::move(request));
  bsatn::Writer out;
  write_headers(out, response.headers);
  out.write_u8(static_cast<uint8_t>(response.version));
  out.write_u16_le(response.status_code);
  detail::write_sink(response_sink, out.data(), out.size());
  detail::write_sink(body_sink, response.body.bytes.data(), response.body.bytes.size());
  return 0;
}

bool allowed_in_path(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '~' || c == '/';
}

void check_path(const std::string& path) {
  if (!path.empty() && path[0] != '/') detail::fail("the path of a route must begin with /", path.c_str());
  for (const char c : path) {
    if (!allowed_in_path(c)) {
      detail::fail("the path of a route may hold only lower-case letters, digits and -_~/", path.c_str());
    }
  }
}

std::string join_paths(const std::string& prefix, const std::string& path) {
  if (prefix == "/") return path;
  if (path == "/") return prefix;
  const size_t prefix_end = prefix.find_last_not_of('/');
  const size_t path_begin = path.find_first_not_of('/');
  return prefix.substr(0, prefix_end + 1) + "/" +
         (path_begin == std::string::npos ? std::string() : path.substr(path_begin));
}

}  // namespace

Outcome<HttpResponse> HttpClient::get(const std::string& uri, std::optional<TimeDuration> timeout) {
  HttpRequest request;
  request.uri = uri;
  request.timeout = timeout;
  return send(request);
}

Outcome<HttpResponse> HttpClient::send(const HttpRequest& request) {
  bsatn::Writer out;
  write_method(out, request.method);
  write_headers(out, request.headers);
  out(request.timeout);
  out.write_string(request.uri);
  out.write_u8(static_cast<uint8_t>(request.version));
  const uint8_t nothing = 0;
  const std::vector<uint8_t>& body = request.body.bytes;
  uint32_t sources[2] = {0, 0};
  const uint32_t status = detail::host::procedure_http_request(
      out.data(), out.size(), body.empty() ? &nothing : body.data(), body.size(), sources);
  if (status == StatusCode::HTTP_ERROR) {
    const std::vector<uint8_t> bytes = detail::read_source(sources[0]);
    bsatn::Reader in(bytes);
    return Err<HttpResponse>(in.read_string());
  }
  if (status == StatusCode::WOULD_BLOCK_TRANSACTION) {
    return Err<HttpResponse>("HTTP requests are blocked inside transactions; send them before the transaction");
  }
  if (status != StatusCode::OK) {
    return Err<HttpResponse>(std::string("HTTP request failed: ") + StatusCode::to_string(static_cast<uint16_t>(status)));
  }
  const std::vector<uint8_t> bytes = detail::read_source(sources[0]);
  bsatn::Reader in(bytes);
  HttpResponse response;
  response.headers = read_headers(in);
  response.version = read_version(in);
  response.status_code = in.read_u16_le();
  response.body.bytes = detail::read_source(sources[1]);
  return Ok(std::move(response));
}

Router Router::with(const char* method, std::string path, Handler handler) const {
  for (const detail::HandlerDecl* each : detail::registry().handlers) {
    if (each->function != reinterpret_cast<detail::AnyFunction>(handler)) continue;
    Router next = *this;
    next.add({method, std::move(path), each->name});
    return next;
  }
  detail::fail("a route leads to a function that is not an HTTP handler", path.c_str());
}

void Router::add(RouteSpec route) {
  check_path(route.path);
  for (const RouteSpec& each : routes_) {
    const bool same_method = each.method == route.method || each.method.empty() || route.method.empty();
    if (same_method && each.path == route.path) detail::fail("two routes have the same path", route.path.c_str());
  }
  routes_.push_back(std::move(route));
}

Router Router::nest(const std::string& path, const Router& other) const {
  check_path(path);
  for (const RouteSpec& each : routes_) {
    if (each.path.starts_with(path)) detail::fail("a nested router overlaps a route", each.path.c_str());
  }
  Router next = *this;
  for (const RouteSpec& each : other.routes_) next.add({each.method, join_paths(path, each.path), each.handler_name});
  return next;
}

Router Router::merge(const Router& other) const {
  Router next = *this;
  for (const RouteSpec& each : other.routes_) next.add(each);
  return next;
}

namespace detail {

void add_handler(const HandlerDecl& decl) {
  handler_dispatch = &call_handler;
  registry().handlers.push_back(&decl);
  if (decl.canonical != nullptr) registry().names.push_back({1, decl.name, decl.canonical});
}

void add_routes(const Router& router) {
  for (const Router::RouteSpec& each : router.routes()) {
    registry().routes.push_back({each.handler_name, each.method, each.path});
  }
}

}  // namespace detail
}  // namespace SpacetimeDB
