#include "server/server.h"

#include "server/http/http_client.h"
#include "subscribe/bound_query.h"

namespace orrery::server {

struct Server::Parts {
  ServerOptions options;
  std::unique_ptr<http::HttpClient> http_client;  ///< of own_host, if modules may use HTTP
  std::unique_ptr<host::Host> own_host;
  host::Host* host = nullptr;
  std::unique_ptr<TokenAuthority> tokens;
  Metrics metrics;
  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<Api> api;
  std::unique_ptr<http::HttpServer> http;
  bool stopped = false;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options,
                                              std::unique_ptr<TokenAuthority> tokens) {
  if (!options.host.check_row_level_security) {
    options.host.check_row_level_security = subscribe::check_row_level_security;
  }
  std::unique_ptr<http::HttpClient> client;
  if (!options.host.http_allowed_hosts.empty() && options.host.http_client == nullptr) {
    client = std::make_unique<http::HttpClient>();
    options.host.http_client = client.get();
  }
  ORRERY_TRY_ASSIGN(std::unique_ptr<host::Host> host, host::Host::open(options.host));
  host::Host& borrowed = *host;
  ORRERY_TRY_ASSIGN(std::unique_ptr<Server> server,
                    start_on(std::move(options), borrowed, std::move(tokens)));
  server->parts_->own_host = std::move(host);
  server->parts_->http_client = std::move(client);
  return server;
}

Result<std::unique_ptr<Server>> Server::start_on(ServerOptions options, host::Host& host,
                                                 std::unique_ptr<TokenAuthority> tokens) {
  auto parts = std::make_unique<Parts>();
  parts->host = &host;
  parts->tokens = std::move(tokens);
  parts->workers = std::make_unique<WorkerPool>(options.worker_threads, options.worker_tasks_max);
  parts->api =
      std::make_unique<Api>(options.api, host, *parts->tokens, parts->metrics, *parts->workers);
  ORRERY_TRY_ASSIGN(parts->http, http::HttpServer::start(options.http, *parts->api));
  parts->options = std::move(options);
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::~Server() {
  stop();
}

uint16_t Server::port() const {
  return parts_->http->port();
}

void Server::stop() {
  if (parts_->stopped) return;
  parts_->stopped = true;
  parts_->http->stop_accepting();
  parts_->api->close();
  parts_->http->stop(parts_->options.grace_micros);
  // Databases end their last calls, which may still want workers.
  if (parts_->own_host) parts_->own_host->stop();
  parts_->workers->stop();
  parts_->api->finish();
  parts_->api.reset();
  parts_->own_host.reset();
}

}  // namespace orrery::server
