// The server itself: ping, health, metrics, energy.
#include "server/api.h"

namespace orrery::server {
using http::Request;
using http::Responder;
using http::Response;

namespace {

/// Nobody is charged here; what clients ask about their account is answered with nothing on it.
Response balance() {
  return Response::json("{\"balance\":\"0\"}");
}

bool has_identity(const Request& request, const Responder& respond) {
  if (types::Identity::parse(request.captures[0])) return true;
  respond(Response::text(400, "Invalid URL: not an identity"));
  return false;
}

}  // namespace

void add_server_routes(Api& api, http::Router& router) {
  router.add(
      "GET", "/v1/ping",
      api.with_identity(Api::Need::kNobody, Api::IdentityHeaders::kNo,
                        [](Request, TokenHolder, Responder respond) { respond(Response::empty(200)); }));
  router.add("GET", "/v1/health", [&api](Request, Responder respond) {
    respond(
        Response::json("{\"nodes\":[0],\"package_name\":\"orrery\",\"schedulable\":true,"
                       "\"version\":" +
                       json_text(api.options().version) + "}"));
  });
  router.add("GET", "/v1/metrics", [&api](Request, Responder respond) {
    Response out = Response::text(200, api.metrics().to_text());
    out.headers.set("content-type", "text/plain; version=0.0.4; charset=utf-8");
    respond(std::move(out));
  });
  router.add("GET", "/v1/prometheus/sd_config", [](Request, Responder respond) {
    respond(Response::json("[{\"targets\":[],\"labels\":{}}]"));
  });
  router.add("GET", "/v1/energy/:id", [](Request request, Responder respond) {
    if (has_identity(request, respond)) respond(balance());
  });
  router.add("PUT", "/v1/energy/:id",
             api.with_identity(
                 Api::Need::kRequired, Api::IdentityHeaders::kNo,
                 [](Request, TokenHolder, Responder respond) { respond(Response::empty(401)); }));
  router.add(
      "POST", "/v1/energy/:id",
      api.with_identity(Api::Need::kRequired, Api::IdentityHeaders::kNo,
                        [](Request, TokenHolder, Responder respond) { respond(balance()); }));
}

}  // namespace orrery::server
