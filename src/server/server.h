// Server: everything that `orrery start` runs: the host with its databases, tokens, the API, the
// listener.
//
// start() blocks until all databases are open and the address is listened on. Thread-safe but for
// destruction.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "host/host_options.h"
#include "server/api.h"
#include "server/http/http_server.h"
#include "server/token_authority.h"

namespace orrery::server {

struct ServerOptions {
  http::HttpOptions http;
  ApiOptions api;
  host::HostOptions host;
  uint32_t worker_threads = 4;
  size_t worker_tasks_max = 1024;
  int64_t grace_micros = 5'000'000;  ///< for answers under way when the server stops
};

class Server {
 public:
  /// `tokens` is the server's from then on.
  static Result<std::unique_ptr<Server>> start(ServerOptions options,
                                               std::unique_ptr<TokenAuthority> tokens);
  /// On a host that is there already, for tests; it must outlive the server.
  static Result<std::unique_ptr<Server>> start_on(ServerOptions options, host::Host& host,
                                                  std::unique_ptr<TokenAuthority> tokens);
  /// As stop().
  ~Server();

  uint16_t port() const;
  /// No new requests, sockets are closed, answers under way get their time, databases close.
  void stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace orrery::server
