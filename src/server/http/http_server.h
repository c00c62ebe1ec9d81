// HttpServer: listens, reads requests, writes answers, hands sockets over to WebSocket sessions.
//
// Every connection lives on one of the io threads. Requests of one connection are answered one
// after the other. Limits: connections, header size, body size (asked of the Service), time for a
// request to arrive. All of Boost is behind this interface.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "server/http/message.h"
#include "server/ws/socket.h"

namespace orrery::server::http {

struct HttpOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;  ///< 0: any free one
  uint32_t io_threads = 2;
  uint32_t connections_max = 20'000;
  uint32_t header_bytes_max = 64 << 10;
  int64_t idle_micros = 75'000'000;      ///< between two requests of a connection
  int64_t receive_micros = 300'000'000;  ///< for one request to arrive
  ws::SocketLimits sockets;
};

struct HttpCounts {
  uint64_t connections_accepted = 0;
  uint64_t connections_refused = 0;
  uint64_t connections_open = 0;
};

class HttpServer {
 public:
  /// `service` must outlive the server.
  static Result<std::unique_ptr<HttpServer>> start(const HttpOptions& options, Service& service);
  /// As stop().
  ~HttpServer();

  uint16_t port() const;
  HttpCounts counts() const;
  /// No new connections; those without a request under way are closed.
  void stop_accepting();
  /// Waits up to `grace_micros` for answers under way and for sockets to close, then cuts them
  /// off. Blocks; not on an io thread.
  void stop(int64_t grace_micros);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace orrery::server::http
