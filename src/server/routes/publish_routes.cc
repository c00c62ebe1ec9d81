// Publishing: POST /v1/database, PUT /v1/database/:n, pre_publish, reset.
#include <algorithm>
#include <charconv>

#include "server/api.h"
#include "server/environment_header.h"

namespace orrery::server {
using host::DatabaseRecord;
using http::BodySize;
using http::Request;
using http::Responder;
using http::Response;

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kConfirmDefault = 5 * kMicrosPerSecond;
constexpr int64_t kConfirmMax = 300 * kMicrosPerSecond;

Response bad_request(std::string text) {
  return Response::text(400, std::move(text));
}

Response malformed_environment() {
  return bad_request("Malformed spacetime-environment header");
}

Response bad_query(std::string_view what) {
  return bad_request("Failed to deserialize query string: " + std::string(what));
}

struct DurationUnit {
  std::string_view name;
  int64_t micros;
};
constexpr DurationUnit kUnits[] = {
    {"us", 1},
    {"ms", 1000},
    {"msec", 1000},
    {"s", kMicrosPerSecond},
    {"sec", kMicrosPerSecond},
    {"secs", kMicrosPerSecond},
    {"second", kMicrosPerSecond},
    {"seconds", kMicrosPerSecond},
    {"m", 60 * kMicrosPerSecond},
    {"min", 60 * kMicrosPerSecond},
    {"mins", 60 * kMicrosPerSecond},
    {"minute", 60 * kMicrosPerSecond},
    {"minutes", 60 * kMicrosPerSecond},
    {"h", 3600 * kMicrosPerSecond},
    {"hour", 3600 * kMicrosPerSecond},
    {"hours", 3600 * kMicrosPerSecond},
};

/// "5s", "1m 30s", "250ms", "5min"; at most kConfirmMax.
std::optional<int64_t> parse_duration(std::string_view text) {
  int64_t total = 0;
  bool any = false;
  while (!(text = http::trim_blanks(text)).empty()) {
    uint32_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    size_t letters = 0;
    while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
    auto unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const DurationUnit& u) {
      return u.name == text.substr(0, letters);
    });
    if (unit == std::end(kUnits)) return std::nullopt;
    text.remove_prefix(letters);
    total = std::min(total + int64_t{number} * unit->micros, kConfirmMax);
    any = true;
  }
  return any ? std::optional<int64_t>(total) : std::nullopt;
}

struct PublishQuery {
  bool clear = false;
  bool break_clients = false;
  std::optional<types::Digest> token;
  int64_t confirm_micros = kConfirmDefault;
};

/// Nothing where it answered itself.
std::optional<PublishQuery> read_query(const Request& request, const Responder& respond) {
  PublishQuery out;
  auto refuse = [&](std::string_view what) -> std::optional<PublishQuery> {
    respond(bad_query(what));
    return std::nullopt;
  };
  if (const std::string* clear = request.parameter("clear")) {
    auto flag = parse_flag(*clear);
    if (!flag) return refuse("`clear` is true or false");
    out.clear = *flag;
  }
  if (const std::string* policy = request.parameter("policy")) {
    if (*policy != "Compatible" && *policy != "BreakClients") {
      return refuse("`policy` is Compatible or BreakClients");
    }
    out.break_clients = *policy == "BreakClients";
  }
  const std::string* type = request.parameter("host_type");
  if (type != nullptr && *type != "Wasm") {
    return refuse("not supported yet: `host_type` " + *type);
  }
  if (const std::string* timeout = request.parameter("update_confirmation_timeout")) {
    auto micros = parse_duration(*timeout);
    if (!micros) return refuse("`update_confirmation_timeout` is a duration such as 5s");
    out.confirm_micros = *micros;
  }
  // An access token may stand under the same name.
  if (const std::string* token = request.parameter("token")) {
    out.token = types::Digest::parse(*token);
  }
  for (std::string_view name : {"parent", "org", "organization"}) {
    if (request.parameter(name) != nullptr) {
      return refuse("not supported yet: `" + std::string(name) + "`");
    }
  }
  return out;
}

std::string success_json(const std::optional<std::string>& name, const types::Identity& identity,
                         std::string_view op) {
  return "{\"Success\":{\"domain\":" + (name ? json_text(*name) : "null") +
         ",\"database_identity\":\"" + identity.to_hex() + "\",\"op\":\"" + std::string(op) +
         "\"}}";
}

/// The program whose replacement by this one the publisher has seen the plan of. Nothing where it
/// answered itself.
std::optional<types::Digest> agreed_program(Api& api, const DatabaseRecord& record,
                                            const PublishQuery& query, const std::string& program,
                                            const Responder& respond) {
  auto database = api.open_database(record, respond);
  if (!database) return std::nullopt;
  auto old_program = types::Digest::parse(database->program_hash_hex());
  types::Digest new_program = types::program_digest(program);
  if (old_program &&
      *query.token == types::migration_token(record.identity, *old_program, new_program)) {
    return old_program;
  }
  respond(bad_request("Database update rejected: the migration token does not fit this change"));
  return std::nullopt;
}

/// On a worker: waits.
Response answer_when_durable(Api& api, const host::PublishReport& report, int64_t micros,
                             std::string answer) {
  auto database = api.host().database(report.identity.to_hex());
  if (!database || report.seq == 0) return Response::json(std::move(answer));
  struct Wait {
    Mutex mutex;
    ConditionVariable changed;
    std::optional<std::string> failure;  ///< "" where all is well
  };
  auto wait = std::make_shared<Wait>();
  (*database)->when_durable(report.seq, [wait](Status status) {
    LockGuard<Mutex> guard(wait->mutex);
    wait->failure = status ? "" : status.error().message();
    wait->changed.notify_all();
  });
  UniqueLock<Mutex> lock(wait->mutex);
  if (!wait->changed.wait_for(lock, std::chrono::microseconds(micros),
                              [&] { return wait->failure.has_value(); })) {
    return Response::text(504,
                          "Database update failed: timeout waiting for transaction confirmation");
  }
  if (wait->failure->empty()) return Response::json(std::move(answer));
  return Response::text(503,
                        "Database update failed: database crashed while waiting for transaction "
                        "confirmation: " +
                            *wait->failure);
}

/// The answer that tells a publisher which values the module must be given; nothing for other errors.
std::optional<Response> missing_environment(const Error& error) {
  const std::string& text = error.message();
  const size_t at = text.find(host::kMissingEnvironment);
  if (at == std::string::npos) return std::nullopt;
  std::string_view names = std::string_view(text).substr(at + host::kMissingEnvironment.size());
  std::string keys;
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(", "));
    names.remove_prefix(std::min(name.size() + 2, names.size()));
    keys += (keys.empty() ? "" : ",") + json_text(name);
  }
  return json_response(
      400, "{\"EnvironmentError\":{\"MissingRequiredEnvironment\":{\"keys\":[" + keys + "]}}}");
}

/// On a worker.
Response reset(Api& api, const std::optional<std::string>& name, const DatabaseRecord& record,
               const TokenHolder& who, std::string program,
               host::EnvironmentUpdate environment) {
  if (who.identity != record.owner) return not_allowed(who, record, "reset database");
  if (record.locked) {
    return Response::text(403,
                          "Database is locked and cannot be reset with --delete-data. Run "
                          "`spacetime unlock` first.");
  }
  Status done = api.host().reset(record.identity.to_hex(), std::move(program), who.identity,
                                 std::move(environment));
  if (!done) {
    if (auto missing = missing_environment(done.error())) return *std::move(missing);
  }
  return done ? Response::json(success_json(name, record.identity, "updated"))
              : Response::text(500, done.error().message());
}

Response publish_refused(const Error& error, const std::optional<std::string>& name,
                         bool is_update) {
  if (error.code() == ErrorCode::kReadOnly && name) {
    return json_response(401, "{\"PermissionDenied\":{\"name\":" + json_text(*name) + "}}");
  }
  if (auto missing = missing_environment(error)) return *std::move(missing);
  if (!is_update) return Response::text(500, error.message());
  std::string text = error.message();
  if (!text.starts_with("Database update rejected")) text = "Database update rejected: " + text;
  return bad_request(std::move(text));
}

/// On a worker.
void publish(Api& api, Request request, const TokenHolder& who, const PublishQuery& query,
             const Responder& respond) {
  std::string target = request.captures.empty() ? "" : request.captures[0];
  std::optional<std::string> name;
  if (!target.empty() && !types::Identity::parse(target)) name = target;
  std::optional<DatabaseRecord> existing;
  if (!target.empty()) {
    auto record = api.host().find(target);
    if (record) existing = std::move(*record);
  }
  std::optional<host::EnvironmentUpdate> environment = read_environment_headers(request.headers);
  if (!environment) {
    respond(malformed_environment());
    return;
  }
  if (existing && query.clear) {
    respond(reset(api, name, *existing, who, std::move(request.body), *std::move(environment)));
    return;
  }
  if (existing && who.identity != existing->owner) {
    respond(not_allowed(who, *existing, "update database"));
    return;
  }
  host::PublishRequest publish;
  publish.name_or_identity = target;
  publish.owner = who.identity;
  if (query.break_clients) {
    if (!query.token) {
      respond(
          bad_request("Migration policy is set to `BreakClients`, but no migration token was "
                      "provided."));
      return;
    }
    if (existing) {
      publish.replaces = agreed_program(api, *existing, query, request.body, respond);
      if (!publish.replaces) return;
    }
    publish.clients = host::ClientBreak::kAllow;
  }
  publish.program = std::move(request.body);
  publish.environment = *std::move(environment);
  auto report = api.host().publish(std::move(publish));
  if (!report) {
    respond(publish_refused(report.error(), name, existing.has_value()));
    return;
  }
  respond(
      answer_when_durable(api, *report, query.confirm_micros,
                          success_json(name, report->identity, existing ? "updated" : "created")));
}

void begin_publish(Api& api, Request request, const TokenHolder& who, const Responder& respond) {
  auto query = read_query(request, respond);
  if (!query) return;
  if (request.captures.empty()) {
    if (query->clear) {
      respond(bad_request("Clear database requires database name or identity"));
      return;
    }
  } else if (!types::Identity::parse(request.captures[0])) {
    if (Status valid = host::check_database_name(request.captures[0]); !valid) {
      respond(bad_request("Invalid URL: " + valid.error().message()));
      return;
    }
  }
  auto shared = std::make_shared<Request>(std::move(request));
  api.block(respond, [&api, shared, who, query = *query, respond] {
    publish(api, std::move(*shared), who, query, respond);
  });
}

/// On a worker.
void plan(Api& api, const std::string& program, const DatabaseRecord& record, host::PlanStyle style,
          const Responder& respond) {
  auto database = api.open_database(record, respond);
  if (!database) return;
  auto plan = api.host().plan_publish(record.identity.to_hex(), program, style);
  if (plan) {
    auto old_program = types::Digest::parse(database->program_hash_hex());
    types::Digest token = types::migration_token(
        record.identity, old_program.value_or(types::Digest{}), types::program_digest(program));
    respond(Response::json("{\"AutoMigrate\":{\"migrate_plan\":" + json_text(plan->text) +
                           ",\"break_clients\":" + (plan->breaks_clients ? "true" : "false") +
                           ",\"token\":\"" + token.to_hex() +
                           "\",\"major_version_upgrade\":false}}"));
  } else if (plan.error().code() == ErrorCode::kInvalidArgument) {
    respond(Response::json("{\"ManualMigrate\":{\"reason\":" + json_text(plan.error().message()) +
                           ",\"major_version_upgrade\":false}}"));
  } else {
    respond(Response::text(500, plan.error().message()));
  }
}

void pre_publish(Api& api, Request request, const TokenHolder& who, const DatabaseRecord& record,
                 const Responder& respond) {
  if (who.identity != record.owner) {
    respond(not_allowed(who, record, "update database"));
    return;
  }
  host::PlanStyle style = host::PlanStyle::kAnsiColor;
  if (const std::string* asked = request.parameter("style")) {
    if (*asked != "NoColor" && *asked != "AnsiColor") {
      respond(bad_query("`style` is AnsiColor or NoColor"));
      return;
    }
    if (*asked == "NoColor") style = host::PlanStyle::kPlain;
  }
  auto program = std::make_shared<std::string>(std::move(request.body));
  api.block(respond, [&api, program, record, style, respond] {
    plan(api, *program, record, style, respond);
  });
}

}  // namespace

void add_publish_routes(Api& api, http::Router& router) {
  // Whoever has no token gets an identity, which then owns the database.
  auto handler = api.with_identity(Api::Need::kOptional, Api::IdentityHeaders::kYes,
                                   [&api](Request request, TokenHolder who, Responder respond) {
                                     begin_publish(api, std::move(request), who, respond);
                                   });
  router.add("POST", "/v1/database", handler, BodySize::kProgram);
  router.add("PUT", "/v1/database/:n", handler, BodySize::kProgram);
  router.add("POST", "/v1/database/:n/pre_publish",
             api.with_database([&api](Request request, TokenHolder who, DatabaseRecord record,
                                      Responder respond) {
               pre_publish(api, std::move(request), who, record, respond);
             }),
             BodySize::kProgram);
  router.add("PUT", "/v1/database/:n/reset",
             api.with_database([&api](Request request, TokenHolder who, DatabaseRecord record,
                                      Responder respond) {
               std::optional<std::string> name;
               if (!types::Identity::parse(request.captures[0])) name = request.captures[0];
               auto environment = read_environment_headers(request.headers);
               if (!environment) return respond(malformed_environment());
               auto program = std::make_shared<std::string>(std::move(request.body));
               api.block(respond, [&api, program, name, who, record, respond,
                                   environment = *std::move(environment)] {
                 respond(reset(api, name, record, who, std::move(*program), environment));
               });
             }),
             BodySize::kProgram);
}

}  // namespace orrery::server
