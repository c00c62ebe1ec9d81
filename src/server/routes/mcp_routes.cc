// POST /v1/mcp, POST /v1/database/:n/mcp: the API as tools for language models (JSON-RPC 2.0, Model
// Context Protocol 2025-06-18). A tool is carried out by the route that does the same.
#include "server/api.h"
#include "types/json.h"

namespace orrery::server {
using http::Request;
using http::Responder;
using http::Response;
using types::JsonKind;
using types::JsonValue;

namespace {

constexpr int kInvalidRequest = -32600;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;

std::string result_json(const std::string& id, const std::string& result) {
  return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":" + result + "}";
}

std::string error_json(const std::string& id, int code, std::string_view message) {
  return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"error\":{\"code\":" + std::to_string(code) +
         ",\"message\":" + json_text(message) + "}}";
}

std::string tool_result(std::string_view text, bool failed) {
  return "{\"content\":[{\"type\":\"text\",\"text\":" + json_text(text) +
         "}],\"isError\":" + (failed ? "true" : "false") + "}";
}

std::string initialize_json(std::string_view version) {
  return R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"orrery","version":)" +
         json_text(version) +
         R"(},"instructions":"get_schema shows a database's tables and reducers, sql runs a query, call invokes a reducer. All of it runs with your identity."})";
}

struct Property {
  const char* name;
  const char* type;
  const char* description;
  bool required;
};

std::string tool_json(std::string_view name, std::string_view description, bool reads_only,
                      std::initializer_list<Property> properties, bool host_wide) {
  std::string listed;
  std::string required;
  auto add = [&](const Property& p) {
    if (!listed.empty()) listed += ',';
    listed += json_text(p.name) + ":{\"type\":" + json_text(p.type) +
              ",\"description\":" + json_text(p.description) + "}";
    if (!p.required) return;
    if (!required.empty()) required += ',';
    required += json_text(p.name);
  };
  if (host_wide) add({"database", "string", "The name or identity of the database.", true});
  for (const Property& p : properties) add(p);
  std::string out = "{\"name\":" + json_text(name) + ",\"description\":" + json_text(description) +
                    ",\"inputSchema\":{\"type\":\"object\",\"properties\":{" + listed + "}";
  if (!required.empty()) out += ",\"required\":[" + required + "]";
  out += std::string("},\"annotations\":{\"readOnlyHint\":") + (reads_only ? "true" : "false") +
         ",\"destructiveHint\":" + (reads_only ? "false" : "true") + ",\"openWorldHint\":false}}";
  return out;
}

std::string tools_json(bool host_wide) {
  std::string out = "{\"tools\":[";
  if (host_wide) {
    out += tool_json("list_databases", "The databases that you own on this host.", true, {}, false);
    out += ',';
  }
  out += tool_json("ping", "Echoes a message.", true,
                   {{"message", "string", "What to echo.", false}}, false);
  out += ',';
  out += tool_json("get_schema", "The tables, types and reducers of a database, as JSON.", true, {},
                   host_wide);
  out += ',';
  out += tool_json("sql", "Runs one SQL statement and gives the rows as JSON.", false,
                   {{"sql", "string", "The statement.", true},
                    {"confirmed", "boolean", "Wait until what was read is durable.", false}},
                   host_wide);
  out += ',';
  out += tool_json("call", "Calls a reducer.", false,
                   {{"reducer", "string", "Its name.", true},
                    {"args", "array", "Its arguments in order.", false}},
                   host_wide);
  return out + "]}";
}

const std::string* text_member(const JsonValue* object, std::string_view name) {
  const JsonValue* found = object == nullptr ? nullptr : object->find(name);
  return found != nullptr && found->is(JsonKind::kString) ? &found->as_string() : nullptr;
}

struct Rpc {
  std::string id;
  std::string database;  ///< "" for the whole host
  TokenHolder who;
};

/// Lets another route do the work and makes a tool's result of its answer.
void delegate(Api& api, const Rpc& rpc, Request request, std::string success,
              const Responder& respond) {
  request.headers.add("authorization", "Bearer " + rpc.who.token);
  api.handle(std::move(request), Responder([rpc, success, respond](Response answer) {
               bool ok = answer.status == 200;
               std::string text = ok && !success.empty() ? success : answer.body;
               if (text.empty()) {
                 text = "request failed with HTTP " + std::to_string(answer.status);
               }
               respond(Response::json(result_json(rpc.id, tool_result(text, !ok))));
             }));
}

std::string databases_json(Api& api, const types::Identity& owner) {
  std::string out = "{\"databases\":[";
  for (const host::DatabaseRecord& record : api.host().databases()) {
    if (record.owner != owner) continue;
    if (out.back() != '[') out += ',';
    out += "{\"identity\":\"" + record.identity.to_hex() + "\",\"names\":[";
    for (const std::string& name : record.names) {
      if (out.back() != '[') out += ',';
      out += json_text(name);
    }
    out += "]}";
  }
  return out + "]}";
}

void call_tool(Api& api, const Rpc& rpc, const JsonValue* params, const Responder& respond) {
  auto refuse = [&](std::string_view message) {
    respond(Response::json(error_json(rpc.id, kInvalidParams, message)));
  };
  auto succeed = [&](std::string_view text) {
    respond(Response::json(result_json(rpc.id, tool_result(text, false))));
  };
  const std::string* tool = text_member(params, "name");
  if (tool == nullptr) return refuse("missing tool name");
  const JsonValue* arguments = params->find("arguments");
  if (*tool == "ping") {
    const std::string* message = text_member(arguments, "message");
    return succeed(message == nullptr ? "pong" : "pong: " + *message);
  }
  if (*tool == "list_databases" && rpc.database.empty()) {
    return succeed(databases_json(api, rpc.who.identity));
  }
  if (*tool != "get_schema" && *tool != "sql" && *tool != "call") {
    return refuse("unknown tool: " + *tool);
  }
  const std::string* named = text_member(arguments, "database");
  std::string database = rpc.database;
  if (database.empty() && named != nullptr) database = *named;
  if (database.empty() || database.find_first_of("/%?") != std::string::npos) {
    return refuse("database argument must be the name or identity of a database");
  }
  Request request;
  request.path = "/v1/database/" + database;
  request.method = "POST";
  if (*tool == "get_schema") {
    request.method = "GET";
    request.path += "/schema";
    request.query.emplace_back("version", "9");
    return delegate(api, rpc, std::move(request), "", respond);
  }
  if (*tool == "sql") {
    const std::string* sql = text_member(arguments, "sql");
    if (sql == nullptr) return refuse("sql argument must be a string");
    const JsonValue* confirmed = arguments->find("confirmed");
    if (confirmed != nullptr && confirmed->is(JsonKind::kBool)) {
      request.query.emplace_back("confirmed", confirmed->as_bool() ? "true" : "false");
    }
    request.path += "/sql";
    request.body = *sql;
    return delegate(api, rpc, std::move(request), "", respond);
  }
  const std::string* reducer = text_member(arguments, "reducer");
  if (reducer == nullptr || reducer->find_first_of("/%?") != std::string::npos) {
    return refuse("reducer argument must be the name of a reducer");
  }
  const JsonValue* args = arguments->find("args");
  bool none = args == nullptr || args->is(JsonKind::kNull);
  if (!none && !args->is(JsonKind::kArray)) return refuse("args must be a JSON array");
  request.path += "/call/" + *reducer;
  request.headers.add("content-type", "application/json");
  request.body = none ? "[]" : args->to_string();
  delegate(api, rpc, std::move(request), "reducer '" + *reducer + "' committed", respond);
}

void answer(Api& api, const Request& request, const TokenHolder& who, const Responder& respond) {
  auto message = JsonValue::parse(request.body);
  if (!message) {
    respond(Response::text(400, "Failed to parse the request body as JSON"));
    return;
  }
  const JsonValue* id = message->find("id");
  if (id == nullptr) {
    // A notification.
    respond(Response::empty(202));
    return;
  }
  Rpc rpc{id->to_string(), request.captures.empty() ? "" : request.captures[0], who};
  bool host_wide = rpc.database.empty();
  const std::string* method = text_member(&*message, "method");
  if (method == nullptr) {
    respond(Response::json(error_json(rpc.id, kInvalidRequest, "invalid request: missing method")));
  } else if (*method == "initialize") {
    respond(Response::json(result_json(rpc.id, initialize_json(api.options().version))));
  } else if (*method == "ping") {
    respond(Response::json(result_json(rpc.id, "{}")));
  } else if (*method == "tools/list") {
    respond(Response::json(result_json(rpc.id, tools_json(host_wide))));
  } else if (*method == "tools/call") {
    call_tool(api, rpc, message->find("params"), respond);
  } else {
    respond(Response::json(error_json(rpc.id, kMethodNotFound, "method not found: " + *method)));
  }
}

}  // namespace

void add_mcp_routes(Api& api, http::Router& router) {
  auto handler = api.with_identity(Api::Need::kOptional, Api::IdentityHeaders::kYes,
                                   [&api](Request request, TokenHolder who, Responder respond) {
                                     answer(api, request, who, respond);
                                   });
  router.add("POST", "/v1/mcp", handler);
  router.add("POST", "/v1/database/:n/mcp", handler);
}

}  // namespace orrery::server
