#include "server/http/client_stream.h"

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <optional>

namespace orrery::server::http {
namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr auto kTurn = std::chrono::milliseconds(50);
constexpr int64_t kConnectMicrosMax = 15'000'000;
/// So that a long upload counts as something happening.
constexpr size_t kWriteBytesMax = 256 << 10;
}  // namespace

struct ClientStream::Impl {
  asio::io_context io;
  tcp::resolver resolver{io};
  tcp::socket socket{io};
  std::optional<ssl::context> context;
  std::optional<ssl::stream<tcp::socket&>> secure;
  std::array<char, 64 << 10> buffer;
  std::string shown;
  bool finished = false;
  error_code error;
  size_t bytes = 0;

  auto finish() {
    finished = false;
    return [this](const error_code& e, const auto&...) {
      error = e;
      finished = true;
    };
  }
  auto finish_transfer() {
    finished = false;
    return [this](const error_code& e, size_t n) {
      error = e;
      bytes = n;
      finished = true;
    };
  }

  Error failed(std::string_view what, std::string_view why) const {
    return Error(ErrorCode::kIo, std::string(what) + " " + shown + ": " + std::string(why));
  }

  /// Runs until the operation that was begun has ended.
  Status wait(const Patience& patience, std::string_view what) {
    auto deadline =
        std::chrono::steady_clock::now() + std::chrono::microseconds(patience.timeout_micros);
    bool cancelled = false;
    bool late = false;
    while (!finished) {
      io.restart();
      io.run_one_for(kTurn);
      if (finished || cancelled || late) continue;
      cancelled = patience.go_on && !patience.go_on();
      late = patience.timeout_micros != 0 && std::chrono::steady_clock::now() > deadline;
      if (cancelled || late) {
        error_code ignored;
        resolver.cancel();
        socket.close(ignored);
      }
    }
    if (cancelled) return Error(ErrorCode::kCancelled, "interrupted");
    if (late) return failed(what, "no answer in time");
    if (error) return failed(what, error.message());
    return {};
  }

  Status open(const Target& target, const Patience& given) {
    Patience patience = given;
    if (patience.timeout_micros == 0 || patience.timeout_micros > kConnectMicrosMax) {
      patience.timeout_micros = kConnectMicrosMax;
    }
    shown = target.host_header();
    tcp::resolver::results_type found;
    finished = false;
    resolver.async_resolve(target.host, target.port,
                           [&](const error_code& e, tcp::resolver::results_type results) {
                             error = e;
                             found = std::move(results);
                             finished = true;
                           });
    ORRERY_TRY(wait(patience, "cannot find"));
    asio::async_connect(socket, found, finish());
    ORRERY_TRY(wait(patience, "cannot connect to"));
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (!target.secure) return {};
    context.emplace(ssl::context::tls_client);
    context->set_default_verify_paths(ignored);
    secure.emplace(socket, *context);
    secure->set_verify_mode(ssl::verify_peer, ignored);
    secure->set_verify_callback(ssl::host_name_verification(target.host), ignored);
    SSL_set_tlsext_host_name(secure->native_handle(), target.host.c_str());
    secure->async_handshake(ssl::stream_base::client, finish());
    return wait(patience, "cannot make a secure connection to");
  }
};

ClientStream::ClientStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientStream::~ClientStream() = default;

Result<std::unique_ptr<ClientStream>> ClientStream::connect(const Target& target,
                                                            const Patience& patience) {
  auto impl = std::make_unique<Impl>();
  ORRERY_TRY(impl->open(target, patience));
  return std::unique_ptr<ClientStream>(new ClientStream(std::move(impl)));
}

Status ClientStream::write(std::string_view bytes, const Patience& patience) {
  while (!bytes.empty()) {
    std::string_view part = bytes.substr(0, kWriteBytesMax);
    asio::const_buffer buffer(part.data(), part.size());
    if (impl_->secure) {
      asio::async_write(*impl_->secure, buffer, impl_->finish_transfer());
    } else {
      asio::async_write(impl_->socket, buffer, impl_->finish_transfer());
    }
    ORRERY_TRY(impl_->wait(patience, "cannot send to"));
    bytes.remove_prefix(part.size());
  }
  return {};
}

Result<std::string_view> ClientStream::read_some(const Patience& patience) {
  impl_->bytes = 0;
  if (impl_->secure) {
    impl_->secure->async_read_some(asio::buffer(impl_->buffer), impl_->finish_transfer());
  } else {
    impl_->socket.async_read_some(asio::buffer(impl_->buffer), impl_->finish_transfer());
  }
  Status status = impl_->wait(patience, "cannot read from");
  if (!status) {
    bool ended = impl_->error == asio::error::eof || impl_->error == ssl::error::stream_truncated;
    if (!ended) return std::move(status).error();
    return std::string_view();
  }
  return std::string_view(impl_->buffer.data(), impl_->bytes);
}

}  // namespace orrery::server::http
