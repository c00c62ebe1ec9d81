#include "server/http/http_client.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "host/outgoing_http.h"
#include "server/http/message.h"
#include "server/http/target.h"

namespace orrery::server::http {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using RawRequest = beast::http::request<beast::http::string_body>;
using RawParser = beast::http::response_parser<beast::http::string_body>;

namespace {

Error io_error(std::string text) {
  return Error(ErrorCode::kIo, std::move(text));
}

bool is_inside(const asio::ip::address& address) {
  if (address.is_v6()) {
    const auto& v6 = address.to_v6();
    if (v6.is_v4_mapped()) return is_inside(asio::ip::make_address_v4(asio::ip::v4_mapped, v6));
    auto bytes = v6.to_bytes();
    return v6.is_loopback() || v6.is_unspecified() || v6.is_link_local() || v6.is_multicast() ||
           (bytes[0] & 0xFE) == 0xFC;
  }
  auto b = address.to_v4().to_bytes();
  return b[0] == 0 || b[0] == 10 || b[0] == 127 || b[0] >= 224 || (b[0] == 169 && b[1] == 254) ||
         (b[0] == 172 && b[1] >= 16 && b[1] < 32) || (b[0] == 192 && b[1] == 168) ||
         (b[0] == 100 && b[1] >= 64 && b[1] < 128);
}

/// A name that the outside controls must not lead inside, nor must a pattern.
bool may_connect(const asio::ip::address& address, const Target& target,
                 const std::vector<std::string>& allowed) {
  if (!is_inside(address)) return true;
  if (host::is_host_named(address.to_string(), target.port, allowed)) return true;
  return address.is_loopback() && target.host == "localhost" &&
         host::is_host_named(target.host, target.port, allowed);
}

struct Exchange {
  Target target;
  RawRequest request;
  const std::vector<std::string>& allowed;
  uint64_t bytes_max;
  std::string problem;  ///< "" where all went well
  RawParser parser;
};

template <class Stream>
asio::awaitable<error_code> exchange_on(Stream& stream, Exchange& exchange) {
  error_code error;
  co_await beast::http::async_write(stream, exchange.request,
                                    asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return error;
  beast::flat_buffer buffer;
  if (exchange.request.method_string() == "HEAD") exchange.parser.skip(true);
  exchange.parser.body_limit(exchange.bytes_max);
  co_await beast::http::async_read(stream, buffer, exchange.parser,
                                   asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

asio::awaitable<void> run(asio::io_context& io, Exchange& exchange,
                          std::chrono::steady_clock::time_point deadline) {
  error_code error;
  tcp::resolver resolver(io);
  auto found = co_await resolver.async_resolve(exchange.target.host, exchange.target.port,
                                               asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    exchange.problem = "cannot resolve the host name: " + error.message();
    co_return;
  }
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry : found) {
    if (may_connect(entry.endpoint().address(), exchange.target, exchange.allowed)) {
      endpoints.push_back(entry.endpoint());
    }
  }
  if (endpoints.empty()) {
    exchange.problem = "the host's address is not allowed";
    co_return;
  }
  beast::tcp_stream plain(io);
  plain.expires_at(deadline);
  co_await plain.async_connect(endpoints, asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    exchange.problem = "cannot connect: " + error.message();
    co_return;
  }
  if (!exchange.target.secure) {
    error = co_await exchange_on(plain, exchange);
  } else {
    ssl::context context(ssl::context::tls_client);
    context.set_default_verify_paths(error);
    beast::ssl_stream<beast::tcp_stream> secure(std::move(plain), context);
    secure.set_verify_mode(ssl::verify_peer, error);
    secure.set_verify_callback(ssl::host_name_verification(exchange.target.host), error);
    SSL_set_tlsext_host_name(secure.native_handle(), exchange.target.host.c_str());
    co_await secure.async_handshake(ssl::stream_base::client,
                                    asio::redirect_error(asio::use_awaitable, error));
    if (!error) error = co_await exchange_on(secure, exchange);
  }
  if (error == beast::error::timeout) {
    exchange.problem = "timed out";
  } else if (error) {
    exchange.problem = error.message();
  }
}

/// One request, no redirects.
Status perform(Exchange& exchange, std::chrono::steady_clock::time_point deadline) {
  asio::io_context io;
  asio::co_spawn(io, run(io, exchange, deadline), [&](const std::exception_ptr& problem) {
    if (problem) exchange.problem = "out of memory";
  });
  io.run_until(deadline + std::chrono::seconds(1));
  if (!io.stopped()) exchange.problem = "timed out";
  if (exchange.problem.empty()) return {};
  return io_error("error sending request for url (" + exchange.target.shown() +
                  "): " + exchange.problem);
}

/// Headers that belong to the connection, or are made here.
bool is_own_header(std::string_view name) {
  for (std::string_view own : {"host", "connection", "content-length", "transfer-encoding",
                               "keep-alive", "te", "trailer", "upgrade", "expect"}) {
    if (equal_ignoring_case(name, own)) return true;
  }
  return false;
}

RawRequest make_request(const host::OutgoingRequest& request, const Target& target,
                        std::string_view method, bool same_host) {
  RawRequest out;
  out.version(11);
  out.method_string({method.data(), method.size()});
  out.target(target.path);
  out.set(beast::http::field::host, target.host_header());
  out.set(beast::http::field::connection, "close");
  for (const auto& [name, value] : request.headers) {
    if (is_own_header(name)) continue;
    // What was meant for one host is not told to another.
    if (!same_host &&
        (equal_ignoring_case(name, "authorization") || equal_ignoring_case(name, "cookie"))) {
      continue;
    }
    out.insert(name, value);
  }
  if (method == request.method) out.body() = request.body;
  out.prepare_payload();
  return out;
}

/// Where a redirect leads; "" where the answer is none.
std::string redirect_of(const RawParser& parser, const Target& from) {
  switch (parser.get().result_int()) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      break;
    default:
      return "";
  }
  std::string to(parser.get()[beast::http::field::location]);
  if (to.empty() || to.find("://") != std::string::npos) return to;
  std::string base = (from.secure ? "https://" : "http://") + from.host + ":" + from.port;
  if (to.starts_with("//")) return (from.secure ? "https:" : "http:") + to;
  if (to.starts_with('/')) return base + to;
  return base + from.path.substr(0, from.path.rfind('/') + 1) + to;
}

Result<host::IncomingResponse> follow(const host::OutgoingRequest& request,
                                      const std::vector<std::string>& allowed, uint64_t bytes_max) {
  auto deadline =
      std::chrono::steady_clock::now() + std::chrono::microseconds(request.timeout_micros);
  std::string uri = request.uri;
  std::string method = request.method;
  std::string first_host;
  for (int i = 0; i <= HttpClient::kRedirectsMax; ++i) {
    ORRERY_TRY_ASSIGN(Target target, parse_target(uri));
    if (!host::is_host_allowed(target.host, target.port, allowed)) {
      return io_error("error sending request for url (" + target.shown() +
                      "): the host is not allowed");
    }
    if (i == 0) first_host = target.host;
    Exchange exchange{target,  make_request(request, target, method, target.host == first_host),
                      allowed, bytes_max,
                      {},      {}};
    ORRERY_TRY(perform(exchange, deadline));
    std::string next = redirect_of(exchange.parser, target);
    if (next.empty()) {
      host::IncomingResponse out;
      auto& message = exchange.parser.get();
      out.code = static_cast<uint16_t>(message.result_int());
      out.version = message.version() < 11 ? 1 : 2;
      for (const auto& field : message) {
        out.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
      }
      out.body = std::move(message.body());
      return out;
    }
    unsigned status = exchange.parser.get().result_int();
    if (status == 303 || ((status == 301 || status == 302) && method == "POST")) method = "GET";
    uri = std::move(next);
  }
  return io_error("too many redirects");
}

}  // namespace

Result<host::IncomingResponse> HttpClient::send(const host::OutgoingRequest& request,
                                                const std::vector<std::string>& allowed_hosts) {
  return follow(request, allowed_hosts, kResponseBytesMax);
}

Result<std::string> fetch_document(std::string_view url, uint64_t bytes_max,
                                   const std::vector<std::string>& allowed_hosts) {
  host::OutgoingRequest request;
  request.method = "GET";
  request.uri = std::string(url);
  request.headers.emplace_back("accept", "application/json");
  request.timeout_micros = 10'000'000;
  ORRERY_TRY_ASSIGN(host::IncomingResponse answer,
                    follow(request, allowed_hosts, bytes_max));
  if (answer.code != 200) {
    return io_error("the issuer answered with status " + std::to_string(answer.code));
  }
  return std::move(answer.body);
}

}  // namespace orrery::server::http
