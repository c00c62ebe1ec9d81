// Api: the routes of a server and what they need: the host, tokens, live queries, workers.
//
// Requests come in on io threads; whatever may block goes to the worker pool or to a database's
// lane. What the routes answer is in the files of routes/.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.h"
#include "host/host.h"
#include "server/database_service.h"
#include "server/http/router.h"
#include "server/metrics.h"
#include "server/token_authority.h"
#include "server/worker_pool.h"
#include "server/ws/socket.h"

namespace orrery::server {

struct ApiOptions {
  uint64_t body_bytes_max = 2 << 20;
  uint64_t program_bytes_max = 512 << 20;
  uint32_t socket_requests_max = 16'384;
  uint32_t socket_messages_max = 16'384;
  uint32_t socket_requests_per_second = 0;
  /// How long the client of a live socket may leave unread what was sent to it.
  int64_t live_patience_micros = 10'000'000;
  uint32_t live_queries_max = 64;  ///< of one socket
  std::string version;
};

class Api final : public http::Service {
 public:
  /// All but the options must outlive it.
  Api(ApiOptions options, host::Host& host, TokenAuthority& tokens, Metrics& metrics,
      WorkerPool& workers);
  ~Api() override;

  uint64_t body_bytes_max(std::string_view method, std::string_view path) const override;
  void handle(http::Request request, http::Responder respond) override;
  /// Ends all sockets and streams; upgrades are refused from now on.
  void close();
  /// After close(), when no socket and no worker is left: waits until the lanes have done what was
  /// asked of them before, which still uses what this borrows.
  void finish();

  // --- for the routes ---------------------------------------------------------------------
  const ApiOptions& options() const { return options_; }
  host::Host& host() { return host_; }
  TokenAuthority& tokens() { return tokens_; }
  Metrics& metrics() { return metrics_; }
  WorkerPool& workers() { return workers_; }
  types::ConnectionId random_connection() const;

  enum class Need : uint8_t {
    kOptional,  ///< who has no token gets one
    kRequired,  ///< 401 without a token
    kNobody,    ///< without a token goes on as nobody; a wrong one is refused all the same
  };
  enum class IdentityHeaders : uint8_t { kNo, kYes };
  using Authenticated =
      std::function<void(http::Request request, TokenHolder who, http::Responder respond)>;
  /// Checks the token, answers where it is wrong, else goes on.
  http::Handler with_identity(Need need, IdentityHeaders headers, Authenticated handler);
  /// The same for a path whose first capture names a database; answers 404 where there is none.
  using OnDatabase = std::function<void(http::Request request, TokenHolder who,
                                        host::DatabaseRecord record, http::Responder respond)>;
  http::Handler with_database(OnDatabase handler);
  /// Runs on a worker; answers 503 where there is no room.
  void block(const http::Responder& respond, std::function<void()> task);

  /// Nothing where it answered itself.
  std::optional<host::DatabaseRecord> find(std::string_view name, const http::Responder& respond);
  std::shared_ptr<host::HostedDatabase> open_database(const host::DatabaseRecord& record,
                                                      const http::Responder& respond);
  std::shared_ptr<DatabaseService> service_of(
      const std::shared_ptr<host::HostedDatabase>& database);
  /// Finished when the database closes.
  void keep_stream(const types::Identity& database,
                   const std::shared_ptr<http::BodyStream>& stream);

 private:
  void forget(const types::Identity& database);
  void verify(http::Request request, std::string token, IdentityHeaders headers,
              const Authenticated& handler, const http::Responder& respond);

  const ApiOptions options_;
  host::Host& host_;
  TokenAuthority& tokens_;
  Metrics& metrics_;
  Metric& requests_;
  WorkerPool& workers_;
  http::Router router_;

  Mutex mutex_;
  bool closed_ = false;
  std::map<types::Identity, std::shared_ptr<DatabaseService>> services_;
  std::vector<std::shared_ptr<DatabaseService>> ending_;
  std::multimap<types::Identity, std::weak_ptr<http::BodyStream>> streams_;
};

// routes/*.cc; called once, by Api's constructor.
void add_server_routes(Api& api, http::Router& router);
void add_identity_routes(Api& api, http::Router& router);
void add_database_routes(Api& api, http::Router& router);
void add_publish_routes(Api& api, http::Router& router);
void add_call_routes(Api& api, http::Router& router);
void add_log_routes(Api& api, http::Router& router);
void add_handler_routes(Api& api, http::Router& router);
void add_subscribe_routes(Api& api, http::Router& router);
void add_live_routes(Api& api, http::Router& router);
void add_stats_routes(Api& api, http::Router& router);
void add_mcp_routes(Api& api, http::Router& router);
void add_console_routes(Api& api, http::Router& router);

// --- answers ---------------------------------------------------------------------------------

/// The status that an error of the host has over HTTP, with its message.
http::Response error_response(const Error& error);
/// 403 for whoever is not the owner.
http::Response not_allowed(const TokenHolder& who, const host::DatabaseRecord& record,
                           std::string_view what);
http::Response json_response(uint16_t status, std::string body);
/// "true" and "false"; nothing for anything else.
std::optional<bool> parse_flag(std::string_view text);
std::string json_text(std::string_view text);
/// 0x and hex digits without leading zeros.
std::string u256_json(std::string_view hex);

}  // namespace orrery::server
