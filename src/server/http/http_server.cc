#include "server/http/http_server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <unordered_set>
#include <vector>

#include "server/http/io_loop.h"
#include "server/ws/connection.h"

namespace orrery::server::http {
namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using Parser = beast::http::request_parser<beast::http::string_body>;

namespace {

std::chrono::microseconds micros(int64_t n) {
  return std::chrono::microseconds(n);
}

std::string endpoint_text(const tcp::endpoint& endpoint) {
  return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

/// Header values and names that would break the message apart are left out.
bool is_plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

enum class BodyForm : uint8_t { kNone, kLength, kChunked, kUntilClose };

std::string head_of(const Response& response, BodyForm form, size_t body_bytes, bool keep_alive) {
  std::string out = "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  for (const auto& [name, value] : response.headers.fields()) {
    if (name.empty() || !is_plain(name) || !is_plain(value)) continue;
    // How the body is framed is decided here alone.
    if (equal_ignoring_case(name, "content-length") ||
        equal_ignoring_case(name, "transfer-encoding") ||
        (equal_ignoring_case(name, "connection") && response.status != 101)) {
      continue;
    }
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (form == BodyForm::kLength) out += "content-length: " + std::to_string(body_bytes) + "\r\n";
  if (form == BodyForm::kChunked) out += "transfer-encoding: chunked\r\n";
  if (!keep_alive && response.status != 101) out += "connection: close\r\n";
  out += "\r\n";
  return out;
}

std::string hex_of(size_t n) {
  char text[17];
  auto end = std::to_chars(text, text + sizeof(text), n, 16).ptr;
  return {text, end};
}

}  // namespace

struct HttpServer::Impl {
  struct Connection;
  struct Loop {
    std::shared_ptr<IoLoop> io = std::make_shared<IoLoop>();
    // Of the loop's thread.
    std::unordered_set<Connection*> connections;
    std::unordered_set<ws::Connection*> sockets;
  };

  Impl(const HttpOptions& o, Service& s) : options(o), service(s) {}

  const HttpOptions options;
  Service& service;
  std::vector<std::shared_ptr<Loop>> loops;
  std::unique_ptr<tcp::acceptor> acceptor;
  std::unique_ptr<asio::steady_timer> retry;
  uint16_t port = 0;
  size_t next_loop = 0;
  std::atomic<bool> stopping{false};
  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> open{0};
  bool stopped = false;

  void accept();
  void take(tcp::socket socket, const std::shared_ptr<Loop>& loop);
  void on_every_loop(const std::function<void(Loop&)>& task);
};

/// One client, from accept to close or to the hand-over to a WebSocket.
struct HttpServer::Impl::Connection : std::enable_shared_from_this<Connection> {
  Connection(Impl& s, std::shared_ptr<Loop> l, tcp::socket socket)
      : server(s), loop(std::move(l)), stream(std::move(socket)), event(loop->io->io) {
    loop->connections.insert(this);
    server.open.fetch_add(1, std::memory_order_relaxed);
  }
  ~Connection() {
    loop->connections.erase(this);
    if (!handed_over) server.open.fetch_sub(1, std::memory_order_relaxed);
  }

  /// Filled by whoever answers, from any thread.
  struct Slot {
    Mutex mutex;
    std::optional<Response> response;
  };

  asio::awaitable<void> serve();
  asio::awaitable<bool> receive(Request* request, bool* keep_alive);
  asio::awaitable<std::optional<Response>> answer(Request request);
  asio::awaitable<bool> send(Response response, bool head_only, bool keep_alive);
  asio::awaitable<bool> send_stream(const std::shared_ptr<BodyStream>& body, BodyForm form);
  asio::awaitable<void> watch_for_end(std::shared_ptr<BodyStream> body);
  asio::awaitable<void> refuse(uint16_t status, std::string text);
  asio::awaitable<bool> wait_for_event();
  void hand_over(Response response);
  /// From any thread. The loop's thread is to be the one that lets go of the connection.
  static void signal(const std::weak_ptr<Connection>& weak) {
    auto self = weak.lock();
    if (self == nullptr) return;
    asio::io_context& io = self->loop->io->io;
    asio::post(io, [self = std::move(self)] {
      self->signalled = true;
      self->event.cancel();
    });
  }
  void cut() {
    cut_off = true;
    event.cancel();
    error_code ignored;
    stream.socket().close(ignored);
  }

  Impl& server;
  const std::shared_ptr<Loop> loop;
  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  asio::steady_timer event;
  bool signalled = false;
  bool busy = false;  ///< between a request's first byte and the end of its answer
  bool cut_off = false;
  bool handed_over = false;
  bool http_1_0 = false;
  bool close_wanted = false;
};

asio::awaitable<bool> HttpServer::Impl::Connection::wait_for_event() {
  while (!signalled && !cut_off) {
    event.expires_at(asio::steady_timer::time_point::max());
    error_code ignored;
    co_await event.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  signalled = false;
  co_return !cut_off;
}

asio::awaitable<void> HttpServer::Impl::Connection::refuse(uint16_t status, std::string text) {
  co_await send(Response::text(status, std::move(text)), false, false);
}

/// Reads one request; false where there is none any more, or it was refused.
asio::awaitable<bool> HttpServer::Impl::Connection::receive(Request* request, bool* keep_alive) {
  Parser parser;
  parser.header_limit(server.options.header_bytes_max);
  parser.body_limit(boost::none);
  error_code error;
  stream.expires_after(micros(server.options.idle_micros));
  co_await beast::http::async_read_header(stream, buffer, parser,
                                          asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    if (error == beast::http::error::header_limit) {
      co_await refuse(431, "the request's header is too long");
    } else if (error.category() == make_error_code(beast::http::error::bad_method).category() &&
               error != beast::http::error::end_of_stream &&
               error != beast::http::error::partial_message) {
      co_await refuse(400, "malformed request: " + error.message());
    }
    co_return false;
  }
  busy = true;
  const auto& head = parser.get();
  http_1_0 = head.version() < 11;
  *keep_alive = head.keep_alive();
  auto text = [](auto view) { return std::string_view(view.data(), view.size()); };
  request->method = text(head.method_string());
  request->target = text(head.target());
  request->version_minor = static_cast<uint8_t>(head.version() % 10);
  for (const auto& field : head)
    request->headers.add(text(field.name_string()), text(field.value()));
  if (!split_target(request->target, &request->path, &request->query)) {
    co_await refuse(400, "malformed request target");
    co_return false;
  }
  error_code no_peer;
  request->peer = endpoint_text(stream.socket().remote_endpoint(no_peer));
  uint64_t limit = server.service.body_bytes_max(request->method, request->path);
  auto length = parser.content_length();
  if (length && *length > limit) {
    co_await refuse(413, "length limit exceeded");
    co_return false;
  }
  parser.body_limit(limit);
  stream.expires_after(micros(server.options.receive_micros));
  if (!parser.is_done()) {
    const std::string* expects = request->headers.find("expect");
    if (expects != nullptr && equal_ignoring_case(*expects, "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(stream, asio::buffer(kContinue.data(), kContinue.size()),
                                 asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return false;
    }
    co_await beast::http::async_read(stream, buffer, parser,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (error == beast::http::error::body_limit) {
      co_await refuse(413, "length limit exceeded");
    } else if (error.category() == make_error_code(beast::http::error::bad_method).category() &&
               error && error != beast::http::error::end_of_stream &&
               error != beast::http::error::partial_message) {
      co_await refuse(400, "malformed request: " + error.message());
    }
    if (error) co_return false;
  }
  request->body = std::move(parser.get().body());
  co_return true;
}

asio::awaitable<std::optional<Response>> HttpServer::Impl::Connection::answer(Request request) {
  auto slot = std::make_shared<Slot>();
  server.service.handle(std::move(request),
                        Responder([slot, weak = weak_from_this()](Response response) {
                          {
                            LockGuard<Mutex> guard(slot->mutex);
                            slot->response = std::move(response);
                          }
                          signal(weak);
                        }));
  while (true) {
    {
      LockGuard<Mutex> guard(slot->mutex);
      if (slot->response) co_return std::move(slot->response);
    }
    if (!co_await wait_for_event()) co_return std::nullopt;
  }
}

asio::awaitable<bool> HttpServer::Impl::Connection::send(Response response, bool head_only,
                                                         bool keep_alive) {
  std::string_view body =
      response.shared_body ? std::string_view(*response.shared_body) : response.body;
  BodyForm form = BodyForm::kLength;
  if (response.stream) form = http_1_0 ? BodyForm::kUntilClose : BodyForm::kChunked;
  if (response.status == 204 || response.status == 304 || response.status < 200) {
    form = BodyForm::kNone;
    body = "";
  }
  if (form == BodyForm::kUntilClose) keep_alive = false;
  std::string head = head_of(response, form, body.size(), keep_alive);
  if (head_only) body = "";
  stream.expires_after(micros(server.options.receive_micros));
  error_code error;
  std::array<asio::const_buffer, 2> buffers = {asio::buffer(head),
                                               asio::const_buffer(body.data(), body.size())};
  co_await asio::async_write(stream, buffers, asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    if (response.stream) response.stream->reader_gone();
    co_return false;
  }
  if (response.stream) {
    if (head_only) {
      response.stream->reader_gone();
      co_return keep_alive;
    }
    bool whole = co_await send_stream(response.stream, form);
    response.stream->reader_gone();
    // What the client sent meanwhile was read to see whether it is still there.
    (void)whole;
    co_return false;
  }
  co_return keep_alive;
}

/// A client that goes away while nothing is written is noticed by reading.
asio::awaitable<void> HttpServer::Impl::Connection::watch_for_end(
    std::shared_ptr<BodyStream> body) {
  auto self = shared_from_this();
  std::array<char, 256> ignored_bytes;
  error_code error;
  while (!error) {
    co_await stream.socket().async_read_some(asio::buffer(ignored_bytes),
                                             asio::redirect_error(asio::use_awaitable, error));
  }
  body->reader_gone();
  close_wanted = true;
  signalled = true;
  event.cancel();
}

asio::awaitable<bool> HttpServer::Impl::Connection::send_stream(
    const std::shared_ptr<BodyStream>& body, BodyForm form) {
  asio::co_spawn(loop->io->io, watch_for_end(body), asio::detached);
  while (true) {
    auto taken = body->take([weak = weak_from_this()] { signal(weak); });
    if (close_wanted || cut_off) co_return false;
    if (taken.bytes.empty() && !taken.finished) {
      stream.expires_never();
      if (!co_await wait_for_event()) co_return false;
      continue;
    }
    std::string out;
    if (form == BodyForm::kChunked) {
      if (!taken.bytes.empty()) {
        out = hex_of(taken.bytes.size()) + "\r\n" + taken.bytes + "\r\n";
      }
      if (taken.finished) out += "0\r\n\r\n";
    } else {
      out = std::move(taken.bytes);
    }
    stream.expires_after(micros(server.options.receive_micros));
    error_code error;
    co_await asio::async_write(stream, asio::buffer(out),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return false;
    if (taken.finished) co_return true;
  }
}

void HttpServer::Impl::Connection::hand_over(Response response) {
  auto bytes = buffer.data();
  std::string early(static_cast<const char*>(bytes.data()), bytes.size());
  stream.expires_never();
  handed_over = true;
  auto gone = [&server = server, loop = std::weak_ptr(loop)](ws::Connection* socket) {
    server.open.fetch_sub(1, std::memory_order_relaxed);
    if (auto alive = loop.lock()) alive->sockets.erase(socket);
  };
  auto key = std::make_shared<ws::Connection*>(nullptr);
  auto socket =
      std::make_shared<ws::Connection>(loop->io, stream.release_socket(), std::move(early),
                                       server.options.sockets, [gone, key] { gone(*key); });
  *key = socket.get();
  loop->sockets.insert(socket.get());
  response.upgrade(socket);
}

asio::awaitable<void> HttpServer::Impl::Connection::serve() {
  auto self = shared_from_this();
  bool keep_alive = true;
  while (keep_alive && !cut_off && !server.stopping) {
    busy = false;
    Request request;
    if (!co_await receive(&request, &keep_alive)) break;
    stream.expires_never();
    bool head_only = request.method == "HEAD";
    auto response = co_await answer(std::move(request));
    if (!response) break;
    if (response->status == 101 && response->upgrade) {
      std::string head = head_of(*response, BodyForm::kNone, 0, true);
      error_code error;
      stream.expires_after(micros(server.options.receive_micros));
      co_await asio::async_write(stream, asio::buffer(head),
                                 asio::redirect_error(asio::use_awaitable, error));
      if (!error && !cut_off) hand_over(std::move(*response));
      co_return;
    }
    if (server.stopping) keep_alive = false;
    keep_alive = co_await send(std::move(*response), head_only, keep_alive);
  }
  error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  if (busy && !cut_off) {
    // The client may still be sending: closing with bytes unread would reset the connection, and
    // the answer could be lost.
    std::array<char, 4096> rest;
    error_code error;
    stream.expires_after(std::chrono::seconds(2));
    for (size_t total = 0; !error && total < (8u << 20);) {
      total += co_await stream.async_read_some(asio::buffer(rest),
                                               asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void HttpServer::Impl::take(tcp::socket socket, const std::shared_ptr<Loop>& loop) {
  auto connection = std::make_shared<Connection>(*this, loop, std::move(socket));
  asio::co_spawn(
      loop->io->io, [connection] { return connection->serve(); },
      [connection](const std::exception_ptr& error) {
        // Only a lack of memory gets here; it costs this connection.
        (void)error;
      });
}

void HttpServer::Impl::accept() {
  auto loop = loops[next_loop++ % loops.size()];
  acceptor->async_accept(loop->io->io, [this, loop](error_code error, tcp::socket socket) {
    if (stopping) return;
    if (error) {
      // No descriptors left, mostly: wait for some to be closed.
      retry->expires_after(std::chrono::milliseconds(50));
      retry->async_wait([this](error_code cancelled) {
        if (!cancelled && !stopping) accept();
      });
      return;
    }
    if (open.load(std::memory_order_relaxed) >= options.connections_max) {
      refused.fetch_add(1, std::memory_order_relaxed);
    } else {
      accepted.fetch_add(1, std::memory_order_relaxed);
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      auto shared = std::make_shared<tcp::socket>(std::move(socket));
      asio::post(loop->io->io, [this, loop, shared] { take(std::move(*shared), loop); });
    }
    accept();
  });
}

void HttpServer::Impl::on_every_loop(const std::function<void(Loop&)>& task) {
  Mutex mutex;
  ConditionVariable changed;
  size_t left = loops.size();
  for (auto& loop : loops) {
    asio::post(loop->io->io, [&, loop] {
      task(*loop);
      LockGuard<Mutex> guard(mutex);
      --left;
      changed.notify_one();
    });
  }
  UniqueLock<Mutex> lock(mutex);
  changed.wait(lock, [&] { return left == 0; });
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpOptions& options,
                                                      Service& service) {
  auto impl = std::make_unique<Impl>(options, service);
  error_code error;
  auto address = asio::ip::make_address(options.address, error);
  if (error) {
    return Error(ErrorCode::kInvalidArgument, "not an address to listen on: " + options.address);
  }
  for (uint32_t i = 0; i < std::max(options.io_threads, 1u); ++i) {
    impl->loops.push_back(std::make_shared<Impl::Loop>());
  }
  asio::io_context& first = impl->loops[0]->io->io;
  impl->acceptor = std::make_unique<tcp::acceptor>(first);
  impl->retry = std::make_unique<asio::steady_timer>(first);
  tcp::endpoint endpoint(address, options.port);
  impl->acceptor->open(endpoint.protocol(), error);
  if (!error) impl->acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) impl->acceptor->bind(endpoint, error);
  if (!error) impl->acceptor->listen(1024, error);
  if (error) {
    return Error(ErrorCode::kIo,
                 "cannot listen on " + endpoint_text(endpoint) + ": " + error.message());
  }
  impl->port = impl->acceptor->local_endpoint(error).port();
  impl->accept();
  for (auto& loop : impl->loops) {
    loop->io->thread = Thread([io = loop->io] { io->io.run(); });
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  stop(0);
}

uint16_t HttpServer::port() const {
  return impl_->port;
}

HttpCounts HttpServer::counts() const {
  return {impl_->accepted.load(), impl_->refused.load(), impl_->open.load()};
}

void HttpServer::stop_accepting() {
  if (impl_->stopping.exchange(true)) return;
  impl_->on_every_loop([this](Impl::Loop& loop) {
    if (&loop == impl_->loops[0].get()) {
      error_code ignored;
      impl_->acceptor->close(ignored);
      impl_->retry->cancel();
    }
    for (Impl::Connection* connection : loop.connections) {
      if (!connection->busy) connection->cut();
    }
  });
}

void HttpServer::stop(int64_t grace_micros) {
  if (impl_->stopped) return;
  impl_->stopped = true;
  stop_accepting();
  auto deadline = std::chrono::steady_clock::now() + micros(grace_micros);
  while (impl_->open.load() != 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  impl_->on_every_loop([](Impl::Loop& loop) {
    for (Impl::Connection* connection : loop.connections) connection->cut();
    for (ws::Connection* socket : loop.sockets) socket->drop("the server stops");
  });
  for (auto& loop : impl_->loops) loop->io->work.reset();
  for (auto& loop : impl_->loops) loop->io->thread.join();
}

}  // namespace orrery::server::http
