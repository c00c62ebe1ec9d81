// /v1/identity: new identities, tokens, who owns what.
#include "server/api.h"

namespace orrery::server {
using http::Request;
using http::Responder;
using http::Response;

namespace {

constexpr int64_t kSocketTokenSeconds = 60;

void create(Api& api, const Responder& respond) {
  auto who = api.tokens().mint();
  if (!who) {
    respond(error_response(who.error()));
    return;
  }
  respond(Response::json("{\"identity\":\"" + who->identity.to_hex() +
                         "\",\"token\":" + json_text(who->token) + "}"));
}

void socket_token(Api& api, const TokenHolder& who, const Responder& respond) {
  auto token = api.tokens().sign_again(who, kSocketTokenSeconds);
  respond(token ? Response::json("{\"token\":" + json_text(*token) + "}")
                : error_response(token.error()));
}

void databases(Api& api, const Request& request, const Responder& respond) {
  auto owner = types::Identity::parse(request.captures[0]);
  if (!owner) {
    respond(Response::text(400, "Invalid URL: not an identity"));
    return;
  }
  std::string out = "{\"identities\":[";
  for (const types::Identity& database : api.host().databases_of(*owner)) {
    if (out.back() != '[') out += ',';
    out += "\"" + database.to_hex() + "\"";
  }
  respond(Response::json(out + "]}"));
}

}  // namespace

void add_identity_routes(Api& api, http::Router& router) {
  router.add("POST", "/v1/identity", [&api](Request, Responder respond) { create(api, respond); });
  router.add("GET", "/v1/identity/public-key", [&api](Request, Responder respond) {
    Response out;
    out.headers.add("content-type", "application/pem-certificate-chain");
    out.body = api.tokens().public_key_pem();
    respond(std::move(out));
  });
  router.add("POST", "/v1/identity/websocket-token",
             api.with_identity(Api::Need::kRequired, Api::IdentityHeaders::kNo,
                               [&api](Request, TokenHolder who, Responder respond) {
                                 socket_token(api, who, respond);
                               }));
  router.add("GET", "/v1/identity/:id/verify",
             api.with_identity(Api::Need::kRequired, Api::IdentityHeaders::kNo,
                               [](Request request, TokenHolder who, Responder respond) {
                                 auto asked = types::Identity::parse(request.captures[0]);
                                 bool same = asked && *asked == who.identity;
                                 respond(Response::empty(same ? 204 : 400));
                               }));
  router.add("GET", "/v1/identity/:id/databases",
             [&api](Request request, Responder respond) { databases(api, request, respond); });
}

}  // namespace orrery::server
