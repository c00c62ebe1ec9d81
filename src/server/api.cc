#include "server/api.h"

#include "env/environment.h"
#include "types/json.h"

namespace orrery::server {
using http::Handler;
using http::Request;
using http::Responder;
using http::Response;

namespace {

constexpr std::string_view kApiPrefix = "/v1/";

/// Any page may use the API: who may do what is decided by tokens, never by cookies.
void add_cors(Response& response) {
  response.headers.set("access-control-allow-origin", "*");
  response.headers.set("access-control-expose-headers", "*");
  response.headers.add("vary",
                       "origin, access-control-request-method, access-control-request-headers");
}

Response preflight() {
  Response out;
  add_cors(out);
  out.headers.add("access-control-allow-methods", "*");
  out.headers.add("access-control-allow-headers", "authorization,accept,content-type");
  return out;
}

enum class HeaderToken : uint8_t { kNone, kFound, kMalformed };

HeaderToken bearer_token(const Request& request, std::string* token) {
  const std::string* header = request.headers.find("authorization");
  if (header == nullptr) return HeaderToken::kNone;
  size_t blank = header->find(' ');
  if (blank == std::string::npos ||
      !http::equal_ignoring_case(std::string_view(*header).substr(0, blank), "bearer")) {
    return HeaderToken::kMalformed;
  }
  *token = http::trim_blanks(std::string_view(*header).substr(blank + 1));
  return token->empty() ? HeaderToken::kMalformed : HeaderToken::kFound;
}

}  // namespace

Api::Api(ApiOptions options, host::Host& host, TokenAuthority& tokens, Metrics& metrics,
         WorkerPool& workers)
    : options_(std::move(options)),
      host_(host),
      tokens_(tokens),
      metrics_(metrics),
      requests_(metrics.metric(MetricKind::kCounter, "orrery_http_requests_total",
                               "Requests over HTTP, upgrades to WebSocket among them.")),
      workers_(workers) {
  add_server_routes(*this, router_);
  add_identity_routes(*this, router_);
  add_database_routes(*this, router_);
  add_publish_routes(*this, router_);
  add_call_routes(*this, router_);
  add_log_routes(*this, router_);
  add_handler_routes(*this, router_);
  add_subscribe_routes(*this, router_);
  add_live_routes(*this, router_);
  add_stats_routes(*this, router_);
  add_mcp_routes(*this, router_);
  add_console_routes(*this, router_);
  host_.on_closing([this](const std::shared_ptr<host::HostedDatabase>& database) {
    forget(database->identity());
  });
}

Api::~Api() {
  host_.on_closing(nullptr);
  close();
}

uint64_t Api::body_bytes_max(std::string_view method, std::string_view path) const {
  auto match = router_.match(method, path);
  return match.route != nullptr && match.route->body == http::BodySize::kProgram
             ? options_.program_bytes_max
             : options_.body_bytes_max;
}

void Api::handle(Request request, Responder respond) {
  requests_.add();
  if (request.path.starts_with(kApiPrefix)) {
    if (request.method == "OPTIONS") {
      respond(preflight());
      return;
    }
    respond.before_answer(add_cors);
  }
  auto match = router_.match(request.method, request.path);
  if (match.route == nullptr) {
    if (match.bad_escape) {
      respond(Response::text(400, "Invalid URL: the path is not percent-encoded UTF-8"));
      return;
    }
    Response out = Response::empty(match.allowed.empty() ? 404 : 405);
    if (!match.allowed.empty()) out.headers.add("allow", match.allowed);
    respond(std::move(out));
    return;
  }
  request.captures = std::move(match.captures);
  match.route->handler(std::move(request), std::move(respond));
}

void Api::close() {
  std::map<types::Identity, std::shared_ptr<DatabaseService>> services;
  {
    LockGuard<Mutex> guard(mutex_);
    closed_ = true;
    services.swap(services_);
    for (auto& [identity, weak] : streams_) {
      if (auto stream = weak.lock()) stream->finish();
    }
    streams_.clear();
  }
  for (auto& [identity, service] : services) {
    service->close(ws::kCloseAway, "the server is shutting down");
    ending_.push_back(std::move(service));
  }
}

void Api::finish() {
  for (const auto& service : ending_) service->finish();
  ending_.clear();
}

void Api::forget(const types::Identity& database) {
  std::shared_ptr<DatabaseService> service;
  {
    LockGuard<Mutex> guard(mutex_);
    auto it = services_.find(database);
    if (it != services_.end()) {
      service = std::move(it->second);
      services_.erase(it);
    }
    auto [begin, end] = streams_.equal_range(database);
    for (auto s = begin; s != end; ++s) {
      if (auto stream = s->second.lock()) stream->finish();
    }
    streams_.erase(begin, end);
  }
  if (service) service->close(ws::kCloseAway, "module exited");
}

void Api::keep_stream(const types::Identity& database,
                      const std::shared_ptr<http::BodyStream>& stream) {
  LockGuard<Mutex> guard(mutex_);
  if (closed_) {
    stream->finish();
    return;
  }
  std::erase_if(streams_, [](const auto& entry) { return entry.second.expired(); });
  streams_.emplace(database, stream);
}

std::shared_ptr<DatabaseService> Api::service_of(
    const std::shared_ptr<host::HostedDatabase>& database) {
  LockGuard<Mutex> guard(mutex_);
  if (closed_) return nullptr;
  auto& service = services_[database->identity()];
  if (service == nullptr || &service->database() != database.get()) {
    service = DatabaseService::start(database, metrics_, workers_);
  }
  return service;
}

types::ConnectionId Api::random_connection() const {
  uint8_t bytes[types::ConnectionId::kSize];
  types::ConnectionId out;
  while (out.is_zero()) {
    env::system_environment().random->fill(bytes);
    out = types::ConnectionId::from_bytes(bytes);
  }
  return out;
}

void Api::block(const Responder& respond, std::function<void()> task) {
  if (workers_.post(std::move(task)) != WorkerPool::Posted::kTaken) {
    respond(Response::text(503, "the server is too busy"));
  }
}

void Api::verify(Request request, std::string token, IdentityHeaders headers,
                 const Authenticated& handler, const Responder& respond) {
  auto who = tokens_.verify(token);
  if (!who) {
    respond(Response::text(401, who.error().message()));
    return;
  }
  if (headers == IdentityHeaders::kYes) {
    respond.before_answer([identity = who->identity.to_hex(), token = who->token](Response& r) {
      r.headers.set("spacetime-identity", identity);
      r.headers.set("spacetime-identity-token", token);
    });
  }
  handler(std::move(request), std::move(*who), respond);
}

Handler Api::with_identity(Need need, IdentityHeaders headers, Authenticated handler) {
  return [this, need, headers, handler = std::move(handler)](Request request, Responder respond) {
    std::string token;
    HeaderToken found = bearer_token(request, &token);
    if (found == HeaderToken::kMalformed) {
      respond(Response::text(400, "Authorization is invalid: malformed token"));
      return;
    }
    const std::string* parameter = request.parameter("token");
    // A publisher's agreement to a migration, a digest, stands under the same name.
    if (found == HeaderToken::kNone && parameter != nullptr && !types::Digest::parse(*parameter)) {
      token = *parameter;
      found = HeaderToken::kFound;
    }
    if (found == HeaderToken::kNone) {
      if (need == Need::kRequired) {
        respond(Response::text(401, "Authorization required"));
        return;
      }
      if (need == Need::kNobody) {
        handler(std::move(request), {}, respond);
        return;
      }
      auto who = tokens_.mint();
      if (!who) {
        respond(error_response(who.error()));
        return;
      }
      token = who->token;
    }
    if (tokens_.verify_cost(token) == TokenAuthority::Cost::kQuick) {
      verify(std::move(request), std::move(token), headers, handler, respond);
      return;
    }
    auto shared = std::make_shared<Request>(std::move(request));
    block(respond, [this, shared, token = std::move(token), headers, handler, respond] {
      verify(std::move(*shared), token, headers, handler, respond);
    });
  };
}

Handler Api::with_database(OnDatabase handler) {
  return with_identity(
      Need::kOptional, IdentityHeaders::kYes,
      [this, handler = std::move(handler)](Request request, TokenHolder who, Responder respond) {
        auto record = find(request.captures[0], respond);
        if (record) handler(std::move(request), std::move(who), std::move(*record), respond);
      });
}

std::optional<host::DatabaseRecord> Api::find(std::string_view name, const Responder& respond) {
  bool is_identity = types::Identity::parse(name).has_value();
  if (!is_identity) {
    if (Status valid = host::check_database_name(name); !valid) {
      respond(Response::text(400, "Invalid URL: " + valid.error().message()));
      return std::nullopt;
    }
  }
  auto record = host_.find(name);
  if (record) return std::move(*record);
  if (record.error().code() == ErrorCode::kTableNotFound) {
    respond(Response::text(
        404, is_identity ? "No such database." : "`" + std::string(name) + "` not found"));
  } else {
    respond(error_response(record.error()));
  }
  return std::nullopt;
}

std::shared_ptr<host::HostedDatabase> Api::open_database(const host::DatabaseRecord& record,
                                                         const Responder& respond) {
  auto database = host_.database(record.identity.to_hex());
  if (database) return std::move(*database);
  respond(error_response(database.error()));
  return nullptr;
}

http::Response error_response(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kTableNotFound:
    case ErrorCode::kFunctionNotFound:
      return Response::text(404, error.message());
    case ErrorCode::kReadOnly:
    case ErrorCode::kDbLocked:
      return Response::text(403, error.message());
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kDecode:
    case ErrorCode::kUnique:
      return Response::text(400, error.message());
    case ErrorCode::kNotSupported:
      return Response::text(501, error.message());
    default:
      return Response::text(500, error.message());
  }
}

http::Response not_allowed(const TokenHolder& who, const host::DatabaseRecord& record,
                           std::string_view what) {
  return Response::text(403, who.identity.to_hex() +
                                 " is not authorized to perform action on database " +
                                 record.identity.to_hex() + ": " + std::string(what));
}

http::Response json_response(uint16_t status, std::string body) {
  Response out = Response::json(std::move(body));
  out.status = status;
  return out;
}

std::optional<bool> parse_flag(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::string json_text(std::string_view text) {
  std::string out;
  types::append_json_string(text, &out);
  return out;
}

std::string u256_json(std::string_view hex) {
  size_t digit = hex.find_first_not_of('0');
  return "0x" + std::string(digit == std::string_view::npos ? "0" : hex.substr(digit));
}

}  // namespace orrery::server
