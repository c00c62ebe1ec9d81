// The clients of wire_client_for_test.h.
#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "server/http/message.h"
#include "server/wire_client_for_test.h"

namespace orrery::server {
namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

tcp::socket connect(asio::io_context& io, uint16_t port) {
  tcp::socket socket(io);
  error_code error;
  socket.connect({asio::ip::address_v4::loopback(), port}, error);
  if (!error) {
    timeval limit{60, 0};
    setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    socket.set_option(tcp::no_delay(true), error);
  }
  return socket;
}

template <class Message>
WireAnswer answer_of(const Message& message) {
  WireAnswer out;
  out.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    out.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  out.body = message.body();
  return out;
}

}  // namespace

std::string WireAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (http::equal_ignoring_case(key, name)) return value;
  }
  return "";
}

WireAnswer wire_request(uint16_t port, std::string_view method, std::string_view target,
                        const WireHeaders& headers, std::string_view body) {
  asio::io_context io;
  tcp::socket socket = connect(io, port);
  beast::http::request<beast::http::string_body> request;
  request.method_string({method.data(), method.size()});
  request.target({target.data(), target.size()});
  request.version(11);
  request.set(beast::http::field::host, "test");
  for (const auto& [name, value] : headers) request.insert(name, value);
  request.body() = std::string(body);
  request.prepare_payload();
  error_code error;
  beast::http::write(socket, request, error);
  beast::flat_buffer buffer;
  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(boost::none);
  if (method == "HEAD") parser.skip(true);
  beast::http::read(socket, buffer, parser, error);
  if (error) return {};
  return answer_of(parser.get());
}

std::string wire_raw(uint16_t port, std::string_view bytes) {
  WireSocket socket(port);
  socket.write(bytes);
  std::string out;
  while (true) {
    std::string piece = socket.read_some();
    if (piece.empty()) return out;
    out += piece;
  }
}

struct WireSocket::Impl {
  asio::io_context io;
  tcp::socket socket{io};
  std::string rest;
};

WireSocket::WireSocket(uint16_t port) : impl_(std::make_unique<Impl>()) {
  impl_->socket = connect(impl_->io, port);
}
WireSocket::~WireSocket() = default;

void WireSocket::write(std::string_view bytes) {
  error_code error;
  asio::write(impl_->socket, asio::const_buffer(bytes.data(), bytes.size()), error);
}

std::string WireSocket::read_some() {
  if (!impl_->rest.empty()) return std::exchange(impl_->rest, "");
  char bytes[4096];
  error_code error;
  size_t n = impl_->socket.read_some(asio::buffer(bytes), error);
  return {bytes, error ? 0 : n};
}

std::string WireSocket::read_until(std::string_view end) {
  std::string out;
  while (out.find(end) == std::string::npos) {
    std::string piece = read_some();
    if (piece.empty()) return out;
    out += piece;
  }
  size_t at = out.find(end) + end.size();
  impl_->rest = out.substr(at);
  out.resize(at);
  return out;
}

struct WireWebSocket::Impl {
  asio::io_context io;
  beast::websocket::stream<tcp::socket> stream{io};
  beast::websocket::response_type response;
  bool connected = false;
};

WireWebSocket::WireWebSocket(uint16_t port, std::string_view target, std::string_view subprotocols,
                             const WireHeaders& headers, WireAnswer* answer)
    : impl_(std::make_unique<Impl>()) {
  impl_->stream.next_layer() = connect(impl_->io, port);
  impl_->stream.read_message_max(256 << 20);
  impl_->stream.set_option(
      beast::websocket::stream_base::decorator([&](beast::websocket::request_type& request) {
        if (!subprotocols.empty()) {
          request.set(beast::http::field::sec_websocket_protocol, std::string(subprotocols));
        }
        for (const auto& [name, value] : headers) request.insert(name, value);
      }));
  error_code error;
  impl_->stream.handshake(impl_->response, "test", std::string(target), error);
  impl_->connected = !error;
  if (answer != nullptr) *answer = answer_of(impl_->response);
}
WireWebSocket::~WireWebSocket() = default;

bool WireWebSocket::connected() const {
  return impl_->connected;
}

std::string WireWebSocket::subprotocol() const {
  return std::string(impl_->response[beast::http::field::sec_websocket_protocol]);
}

bool WireWebSocket::send(std::string_view message) {
  error_code error;
  impl_->stream.binary(true);
  impl_->stream.write(asio::const_buffer(message.data(), message.size()), error);
  return !error;
}

bool WireWebSocket::send_text(std::string_view message) {
  error_code error;
  impl_->stream.text(true);
  impl_->stream.write(asio::const_buffer(message.data(), message.size()), error);
  return !error;
}

bool WireWebSocket::ping() {
  error_code error;
  impl_->stream.ping("are you there", error);
  return !error;
}

WireWebSocket::Received WireWebSocket::receive() {
  Received out;
  beast::flat_buffer buffer;
  error_code error;
  impl_->stream.read(buffer, error);
  if (error) {
    out.closed = true;
    out.code = impl_->stream.reason().code;
    out.reason = std::string(impl_->stream.reason().reason.c_str());
    return out;
  }
  out.text = impl_->stream.got_text();
  auto data = buffer.cdata();
  out.payload.assign(static_cast<const char*>(data.data()), data.size());
  return out;
}

void WireWebSocket::close() {
  error_code error;
  impl_->stream.close(beast::websocket::close_code::normal, error);
}

void WireWebSocket::cut() {
  error_code error;
  impl_->stream.next_layer().close(error);
}

}  // namespace orrery::server
