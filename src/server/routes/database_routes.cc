// /v1/database/:n: what a database is, its names, its schema, its lock, its end.
#include "env/environment.h"
#include "schema/export.h"
#include "server/api.h"
#include "types/json.h"

namespace orrery::server {
using host::DatabaseRecord;
using http::Request;
using http::Responder;
using http::Response;

namespace {

std::string identity_json(const types::Identity& identity) {
  return "{\"__identity__\":\"" + u256_json(identity.to_hex()) + "\"}";
}

Response describe(const DatabaseRecord& record) {
  types::Identity program{record.initial_program.as_u256()};
  return Response::json("{\"database_identity\":" + identity_json(record.identity) +
                        ",\"owner_identity\":" + identity_json(record.owner) +
                        ",\"host_type\":{\"Wasm\":[]},\"initial_program\":\"" +
                        u256_json(program.to_hex()) + "\"}");
}

Response names_json(const DatabaseRecord& record) {
  std::string out = "{\"names\":[";
  for (const std::string& name : record.names) {
    if (out.back() != '[') out += ',';
    out += json_text(name);
  }
  return Response::json(out + "]}");
}

void add_name(Api& api, const Request& request, const TokenHolder& who,
              const DatabaseRecord& record, const Responder& respond) {
  std::string name = request.body;
  if (Status valid = host::check_database_name(name); !valid) {
    respond(Response::text(400, valid.error().message()));
    return;
  }
  api.block(respond, [&api, name, who, record, respond] {
    Status added = api.host().add_name(record.identity, name, who.identity);
    if (added) {
      respond(Response::json("{\"Success\":{\"domain\":" + json_text(name) +
                             ",\"database_identity\":\"" + record.identity.to_hex() + "\"}}"));
    } else if (added.error().code() == ErrorCode::kReadOnly) {
      respond(json_response(401, "{\"PermissionDenied\":{\"domain\":" + json_text(name) + "}}"));
    } else {
      respond(json_response(500, "{\"OtherError\":" + json_text(added.error().message()) + "}"));
    }
  });
}

/// Nothing where it answered itself.
std::optional<std::vector<std::string>> names_in(const std::string& body,
                                                 const Responder& respond) {
  auto refuse = [&](std::string text) -> std::optional<std::vector<std::string>> {
    respond(Response::text(400, std::move(text)));
    return std::nullopt;
  };
  auto json = types::JsonValue::parse(body);
  std::vector<std::string> out;
  static constexpr const char* kNoNames = "the request body is not a JSON array of names";
  if (!json || !json->is(types::JsonKind::kArray)) return refuse(kNoNames);
  for (const types::JsonValue& item : json->items()) {
    if (!item.is(types::JsonKind::kString)) return refuse(kNoNames);
    if (Status valid = host::check_database_name(item.as_string()); !valid) {
      return refuse("Error parsing `" + item.as_string() + "`: " + valid.error().message());
    }
    out.push_back(item.as_string());
  }
  return out;
}

Response names_refused(const Error& error) {
  std::string other = "{\"OtherError\":" + json_text(error.message()) + "}";
  switch (error.code()) {
    case ErrorCode::kTableNotFound:
      return json_response(404, "\"DatabaseNotFound\"");
    case ErrorCode::kReadOnly:
      return json_response(401, "{\"PermissionDeniedOnAny\":{\"domains\":[]}}");
    case ErrorCode::kUnique:
      return json_response(400, std::move(other));
    default:
      return json_response(500, std::move(other));
  }
}

void set_names(Api& api, const Request& request, const TokenHolder& who,
               const DatabaseRecord& record, const Responder& respond) {
  auto names = names_in(request.body, respond);
  if (!names) return;
  if (who.identity != record.owner) {
    respond(json_response(
        401, "{\"NotYourDatabase\":{\"database\":\"" + record.identity.to_hex() + "\"}}"));
    return;
  }
  for (const std::string& name : *names) {
    if (!api.host().find(name)) continue;
    std::string text = "Cannot rename to " + name + " because it already is in use.";
    respond(json_response(400, "{\"OtherError\":" + json_text(text) + "}"));
    return;
  }
  api.block(respond, [&api, names = std::move(*names), who, record, respond] {
    Status set = api.host().set_names(record.identity, names, who.identity);
    respond(set ? Response::json("\"Success\"") : names_refused(set.error()));
  });
}

void set_lock(Api& api, host::DatabaseLock lock, const TokenHolder& who, const DatabaseRecord& record,
              const Responder& respond) {
  if (who.identity != record.owner) {
    respond(not_allowed(who, record, "delete database"));
    return;
  }
  api.block(respond, [&api, lock, who, record, respond] {
    Status set = api.host().set_lock(record.identity.to_hex(), lock, who.identity);
    respond(set ? Response::empty(200) : error_response(set.error()));
  });
}

void remove(Api& api, const Request& request, const TokenHolder& who, const Responder& respond) {
  std::string name = request.captures[0];
  // A name that nobody has is an error, an identity without a database is not.
  if (types::Identity::parse(name) && !api.host().find(name)) {
    respond(Response::empty(200));
    return;
  }
  auto record = api.find(name, respond);
  if (!record) return;
  if (who.identity != record->owner) {
    respond(not_allowed(who, *record, "delete database"));
    return;
  }
  if (record->locked) {
    respond(Response::text(
        403, "Database is locked and cannot be deleted. Run `spacetime unlock` first."));
    return;
  }
  api.block(respond, [&api, name, who, respond] {
    Status removed = api.host().remove(name, who.identity);
    respond(removed ? Response::empty(200) : error_response(removed.error()));
  });
}

void print_schema(Api& api, const Request& request, const DatabaseRecord& record,
                  const Responder& respond) {
  const std::string* version = request.parameter("version");
  if (version == nullptr || (*version != "9" && *version != "10")) {
    respond(Response::text(400, "Failed to deserialize query string: `version` must be 9 or 10"));
    return;
  }
  auto database = api.open_database(record, respond);
  if (!database) return;
  auto json =
      schema::schema_json(*database->definition(),
                          *version == "9" ? schema::DefVersion::kV9 : schema::DefVersion::kV10);
  respond(json ? Response::json(std::move(*json)) : error_response(json.error()));
}

Response timestamp() {
  int64_t now = env::system_environment().clock->wall_nanos() / 1000;
  return Response::json("{\"__timestamp_micros_since_unix_epoch__\":" + std::to_string(now) + "}");
}

}  // namespace

void add_database_routes(Api& api, http::Router& router) {
  using Answer =
      void (*)(Api&, const Request&, const TokenHolder&, const DatabaseRecord&, const Responder&);
  auto add = [&](std::string_view method, std::string_view pattern, Answer answer) {
    router.add(method, pattern,
               api.with_database([&api, answer](Request request, TokenHolder who,
                                                DatabaseRecord record, Responder respond) {
                 answer(api, request, who, record, respond);
               }));
  };
  add("GET", "/v1/database/:n",
      [](Api&, const Request&, const TokenHolder&, const DatabaseRecord& record,
         const Responder& respond) { respond(describe(record)); });
  // An identity is its own answer, whether or not it is a database's.
  router.add("GET", "/v1/database/:n/identity",
             api.with_identity(Api::Need::kOptional, Api::IdentityHeaders::kYes,
                               [&api](Request request, TokenHolder, Responder respond) {
                                 auto identity = types::Identity::parse(request.captures[0]);
                                 if (!identity) {
                                   auto record = api.find(request.captures[0], respond);
                                   if (!record) return;
                                   identity = record->identity;
                                 }
                                 respond(Response::text(200, identity->to_hex()));
                               }));
  add("GET", "/v1/database/:n/names",
      [](Api&, const Request&, const TokenHolder&, const DatabaseRecord& record,
         const Responder& respond) { respond(names_json(record)); });
  add("GET", "/v1/database/:n/unstable/timestamp",
      [](Api&, const Request&, const TokenHolder&, const DatabaseRecord&,
         const Responder& respond) { respond(timestamp()); });
  add("GET", "/v1/database/:n/schema",
      [](Api& a, const Request& request, const TokenHolder&, const DatabaseRecord& record,
         const Responder& respond) { print_schema(a, request, record, respond); });
  add("POST", "/v1/database/:n/names", add_name);
  add("PUT", "/v1/database/:n/names", set_names);
  add("POST", "/v1/database/:n/lock",
      [](Api& a, const Request&, const TokenHolder& who, const DatabaseRecord& record,
         const Responder& respond) {
        set_lock(a, host::DatabaseLock::kLocked, who, record, respond);
      });
  add("POST", "/v1/database/:n/unlock",
      [](Api& a, const Request&, const TokenHolder& who, const DatabaseRecord& record,
         const Responder& respond) {
        set_lock(a, host::DatabaseLock::kUnlocked, who, record, respond);
      });
  router.add("DELETE", "/v1/database/:n",
             api.with_identity(Api::Need::kOptional, Api::IdentityHeaders::kYes,
                               [&api](Request request, TokenHolder who, Responder respond) {
                                 remove(api, request, who, respond);
                               }));
}

}  // namespace orrery::server
