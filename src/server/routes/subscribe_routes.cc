// GET /v1/database/:n/subscribe: the upgrade to a WebSocket.
#include "protocol/envelope.h"
#include "protocol/subprotocol.h"
#include "server/api.h"
#include "server/ws/handshake.h"
#include "server/ws/session.h"

namespace orrery::server {
using host::DatabaseRecord;
using http::Request;
using http::Responder;
using http::Response;

namespace {

struct SocketQuery {
  std::optional<types::ConnectionId> connection;
  protocol::Compression compression = protocol::Compression::kBrotli;
  ws::Updates updates = ws::Updates::kFull;
  std::optional<bool> confirmed;
};

/// Nothing where it answered itself.
std::optional<SocketQuery> read_query(const Request& request, const Responder& respond) {
  SocketQuery out;
  auto refuse = [&](std::string_view what) -> std::optional<SocketQuery> {
    respond(Response::text(400, "Failed to deserialize query string: " + std::string(what)));
    return std::nullopt;
  };
  if (const std::string* id = request.parameter("connection_id")) {
    out.connection = types::ConnectionId::parse(*id);
    if (!out.connection) return refuse("`connection_id` has 32 hex digits");
  }
  if (const std::string* name = request.parameter("compression")) {
    auto compression = protocol::compression_of_name(*name);
    if (!compression) return refuse("`compression` is None, Brotli or Gzip");
    out.compression = *compression;
  }
  if (const std::string* light = request.parameter("light")) {
    auto flag = parse_flag(*light);
    if (!flag) return refuse("`light` is true or false");
    out.updates = *flag ? ws::Updates::kLight : ws::Updates::kFull;
  }
  if (const std::string* confirmed = request.parameter("confirmed")) {
    out.confirmed = parse_flag(*confirmed);
    if (!out.confirmed) return refuse("`confirmed` is true or false");
  }
  if (out.connection && out.connection->is_zero()) {
    respond(Response::text(400, "Invalid connection ID: the all-zeros ConnectionId is reserved."));
    return std::nullopt;
  }
  return out;
}

void subscribe(Api& api, const Request& request, const TokenHolder& who, const Responder& respond) {
  auto query = read_query(request, respond);
  if (!query) return;
  if (Status valid = ws::check_upgrade(request); !valid) {
    respond(Response::text(400, valid.error().message()));
    return;
  }
  auto record = api.find(request.captures[0], respond);
  if (!record) return;
  const std::string* offered = request.headers.find("sec-websocket-protocol");
  auto chosen = offered == nullptr ? std::nullopt : protocol::choose_subprotocol(*offered);
  if (!chosen) {
    respond(Response::text(400, "no valid protocol selected"));
    return;
  }
  auto database = api.open_database(*record, respond);
  if (!database) return;
  auto service = api.service_of(database);
  if (!service) {
    respond(Response::text(503, "the server is shutting down"));
    return;
  }
  ws::SessionOptions options;
  options.protocol = *chosen;
  options.compression = query->compression;
  options.updates = query->updates;
  bool v1 = *chosen == protocol::Subprotocol::kV1Json || *chosen == protocol::Subprotocol::kV1Bsatn;
  options.reads = query->confirmed.value_or(!v1) ? ws::Reads::kConfirmed : ws::Reads::kAsCommitted;
  options.token = who.token;
  options.token_payload = who.payload;
  options.requests_max = api.options().socket_requests_max;
  options.messages_max = api.options().socket_messages_max;
  options.requests_per_second = api.options().socket_requests_per_second;
  host::Caller caller{who.identity,
                      query->connection ? *query->connection : api.random_connection()};
  Response out = ws::upgrade_response(request, protocol::subprotocol_name(*chosen));
  out.upgrade = [service, caller, options](std::shared_ptr<ws::Socket> socket) {
    ws::Session::begin(service, std::move(socket), caller, options);
  };
  respond(std::move(out));
}

}  // namespace

void add_subscribe_routes(Api& api, http::Router& router) {
  router.add("GET", "/v1/database/:n/subscribe",
             api.with_identity(Api::Need::kOptional, Api::IdentityHeaders::kYes,
                               [&api](Request request, TokenHolder who, Responder respond) {
                                 subscribe(api, request, who, respond);
                               }));
}

}  // namespace orrery::server
