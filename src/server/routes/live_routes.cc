// GET /v1/database/:n/live: the upgrade to a WebSocket of live SELECTs.
#include "server/api.h"
#include "server/live/live_session.h"
#include "server/ws/handshake.h"

namespace orrery::server {
using host::DatabaseRecord;
using http::Request;
using http::Responder;
using http::Response;

namespace {

void live_selects(Api& api, const Request& request, const TokenHolder& who,
                  const DatabaseRecord& record, const Responder& respond) {
  if (Status valid = ws::check_upgrade(request); !valid) {
    respond(Response::text(400, valid.error().message()));
    return;
  }
  const std::string* offered = request.headers.find("sec-websocket-protocol");
  if (offered == nullptr || !http::list_has_token(*offered, live::kLiveProtocol)) {
    respond(Response::text(400, "no valid protocol selected"));
    return;
  }
  auto database = api.open_database(record, respond);
  if (!database) return;
  auto service = api.service_of(database);
  if (!service) {
    respond(Response::text(503, "the server is shutting down"));
    return;
  }
  live::LiveOptions options;
  options.token_payload = who.payload;
  options.requests_max = api.options().socket_requests_max;
  options.requests_per_second = api.options().socket_requests_per_second;
  options.queries_max = api.options().live_queries_max;
  options.patience_micros = api.options().live_patience_micros;
  host::Caller caller{who.identity, api.random_connection()};
  Response out = ws::upgrade_response(request, live::kLiveProtocol);
  out.upgrade = [service, caller, options](std::shared_ptr<ws::Socket> socket) {
    live::LiveSession::begin(service, std::move(socket), caller, options);
  };
  respond(std::move(out));
}

}  // namespace

void add_live_routes(Api& api, http::Router& router) {
  router.add("GET", "/v1/database/:n/live",
             api.with_database([&api](Request request, TokenHolder who, DatabaseRecord record,
                                      Responder respond) {
               live_selects(api, request, who, record, respond);
             }));
}

}  // namespace orrery::server
