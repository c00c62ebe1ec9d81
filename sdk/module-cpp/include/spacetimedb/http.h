// HTTP as modules see it: requests that procedures and handlers send, requests that handlers answer.
#pragma once

#include "spacetimedb/result.h"
#include "spacetimedb/time.h"

namespace SpacetimeDB {

struct HttpMethod {
  std::string value;

  explicit HttpMethod(std::string name) : value(std::move(name)) {}
  static HttpMethod get() { return HttpMethod("GET"); }
  static HttpMethod head() { return HttpMethod("HEAD"); }
  static HttpMethod post() { return HttpMethod("POST"); }
  static HttpMethod put() { return HttpMethod("PUT"); }
  static HttpMethod del() { return HttpMethod("DELETE"); }
  static HttpMethod http_delete() { return HttpMethod("DELETE"); }
  static HttpMethod connect() { return HttpMethod("CONNECT"); }
  static HttpMethod options() { return HttpMethod("OPTIONS"); }
  static HttpMethod trace() { return HttpMethod("TRACE"); }
  static HttpMethod patch() { return HttpMethod("PATCH"); }
};

enum class HttpVersion : uint8_t { Http09, Http10, Http11, Http2, Http3 };

struct HttpHeader {
  std::string name;
  std::vector<uint8_t> value;
  bool is_sensitive = false;

  HttpHeader(std::string header, const std::string& text, bool sensitive = false)
      : name(std::move(header)), value(text.begin(), text.end()), is_sensitive(sensitive) {}
  HttpHeader(std::string header, const char* text, bool sensitive = false)
      : HttpHeader(std::move(header), std::string(text), sensitive) {}
  HttpHeader(std::string header, std::vector<uint8_t> bytes, bool sensitive = false)
      : name(std::move(header)), value(std::move(bytes)), is_sensitive(sensitive) {}
};

struct HttpBody {
  std::vector<uint8_t> bytes;

  static HttpBody empty() { return {}; }
  static HttpBody from_string(std::string_view text) { return {std::vector<uint8_t>(text.begin(), text.end())}; }
  std::vector<uint8_t> to_bytes() const { return bytes; }
  std::string to_string_utf8_lossy() const { return std::string(bytes.begin(), bytes.end()); }
  bool is_empty() const { return bytes.empty(); }
};

struct HttpRequest {
  std::string uri;
  HttpMethod method = HttpMethod::get();
  std::vector<HttpHeader> headers = {};
  HttpBody body = {};
  HttpVersion version = HttpVersion::Http11;
  std::optional<TimeDuration> timeout = {};
};

struct HttpResponse {
  uint16_t status_code = 200;
  HttpVersion version = HttpVersion::Http11;
  std::vector<HttpHeader> headers = {};
  HttpBody body = {};
};

class HttpClient {
 public:
  /// The response, or the text of what went wrong. Refused inside a transaction.
  Outcome<HttpResponse> get(const std::string& uri, std::optional<TimeDuration> timeout = std::nullopt);
  Outcome<HttpResponse> send(const HttpRequest& request);
};

#ifdef SPACETIMEDB_UNSTABLE_FEATURES

struct HandlerContext;

/// Which handler answers which path. A router is a value: each member gives a new one.
class Router {
 public:
  using Handler = HttpResponse (*)(HandlerContext, HttpRequest);
  struct RouteSpec {
    std::string method;  // empty: any
    std::string path;
    std::string handler_name;
  };

  Router get(std::string path, Handler handler) const { return with("GET", std::move(path), handler); }
  Router head(std::string path, Handler handler) const { return with("HEAD", std::move(path), handler); }
  Router options(std::string path, Handler handler) const { return with("OPTIONS", std::move(path), handler); }
  Router put(std::string path, Handler handler) const { return with("PUT", std::move(path), handler); }
  Router delete_(std::string path, Handler handler) const { return with("DELETE", std::move(path), handler); }
  Router post(std::string path, Handler handler) const { return with("POST", std::move(path), handler); }
  Router patch(std::string path, Handler handler) const { return with("PATCH", std::move(path), handler); }
  Router any(std::string path, Handler handler) const { return with("", std::move(path), handler); }
  /// The routes of another router below a path.
  Router nest(const std::string& path, const Router& other) const;
  Router merge(const Router& other) const;
  const std::vector<RouteSpec>& routes() const { return routes_; }

 private:
  Router with(const char* method, std::string path, Handler handler) const;
  void add(RouteSpec route);
  std::vector<RouteSpec> routes_;
};

#endif  // SPACETIMEDB_UNSTABLE_FEATURES

}  // namespace SpacetimeDB
