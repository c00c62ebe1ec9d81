// /v1/database/:n/route: requests that the module answers itself. Tokens mean nothing here.
#include "base/bytes.h"
#include "server/api.h"

namespace orrery::server {
using http::Request;
using http::Responder;
using http::Response;

namespace {

constexpr std::string_view kNoRoute = "Database has not registered a handler for this route";
constexpr uint8_t kExtensionMethod = 9;

/// The first of a list that proxies add to.
std::string_view forwarded(const Request& request, std::string_view name) {
  const std::string* value = request.headers.find(name);
  if (value == nullptr) return "";
  return http::trim_blanks(std::string_view(*value).substr(0, value->find(',')));
}

/// The URI that the client asked for, as far as proxies tell.
std::string external_uri(const Request& request) {
  if (!request.target.starts_with('/')) return request.target;
  std::string_view scheme = forwarded(request, "x-forwarded-proto");
  std::string_view authority = forwarded(request, "x-forwarded-host");
  const std::string* host = request.headers.find("host");
  if (authority.empty() && host != nullptr) authority = *host;
  if (authority.empty()) return request.target;
  return std::string(scheme.empty() ? "http" : scheme) + "://" + std::string(authority) +
         request.target;
}

/// BSATN of the ABI's Request.
std::string encode_request(const Request& request, const schema::HttpMethod& method) {
  ByteWriter out;
  out.write(static_cast<uint8_t>(method.kind));
  if (static_cast<uint8_t>(method.kind) == kExtensionMethod) out.write_prefixed(method.extension);
  out.write(static_cast<uint32_t>(request.headers.fields().size()));
  for (const auto& [name, value] : request.headers.fields()) {
    std::string lower = name;
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    out.write_prefixed(lower);
    out.write_prefixed(value);
  }
  out.write(uint8_t{1});  // no timeout
  out.write_prefixed(external_uri(request));
  out.write(static_cast<uint8_t>(request.version_minor == 0 ? 1 : 2));
  return std::move(out.buffer());
}

/// False where the bytes are no Response.
bool decode_response(std::string_view bytes, Response* response) {
  ByteReader in(bytes);
  uint32_t count = 0;
  if (!in.read(&count)) return false;
  for (uint32_t i = 0; i < count; ++i) {
    std::string_view name;
    std::string_view value;
    if (!in.read_prefixed(&name) || !in.read_prefixed(&value)) return false;
    response->headers.add(name, value);
  }
  uint8_t version = 0;
  return in.read(&version) && in.read(&response->status) && response->status >= 200 &&
         response->status <= 999;
}

void call_handler(Api& api, const Request& request, const Responder& respond) {
  auto record = api.find(request.captures[0], respond);
  if (!record) return;
  auto database = api.open_database(*record, respond);
  if (!database) return;
  std::string path = request.captures.size() > 1 ? request.captures[1] : "";
  schema::HttpMethod method = schema::HttpMethod::from_token(request.method);
  const schema::HttpRouteDef* route = database->definition()->match_route(method, path);
  if (route == nullptr) {
    respond(Response::text(404, std::string(kNoRoute)));
    return;
  }
  host::HttpCall call{encode_request(request, method), request.body};
  database->call_http_handler(
      route->handler_id, std::move(call), [database, respond](Result<host::HttpReply> reply) {
        if (!reply) {
          if (reply.error().code() == ErrorCode::kFunctionNotFound) {
            respond(Response::text(404, std::string(kNoRoute)));
            return;
          }
          const bool busy = reply.error().code() == ErrorCode::kLimit;
          respond(Response::text(busy ? 503 : 500, reply.error().message()));
          return;
        }
        Response out;
        if (!decode_response(reply->response, &out)) {
          respond(Response::text(500, "the module's answer is not an HTTP response"));
          return;
        }
        out.body = std::move(reply->body);
        respond(std::move(out));
      });
}

}  // namespace

void add_handler_routes(Api& api, http::Router& router) {
  auto handler = [&api](Request request, Responder respond) {
    call_handler(api, request, respond);
  };
  router.add("*", "/v1/database/:n/route", handler);
  router.add("*", "/v1/database/:n/route/*path", handler);
}

}  // namespace orrery::server
