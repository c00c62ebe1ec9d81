// GET /v1/database/:n/stats: what a database does, for its owner. Counters count since it was
// opened; who wants rates asks twice.
#include "server/api.h"

namespace orrery::server {
using host::DatabaseRecord;
using http::Request;
using http::Responder;
using http::Response;

namespace {

void append_client(const Client& client, std::string* out) {
  const Client::Activity activity = client.activity();
  *out += "{\"identity\":\"" + client.caller().identity.to_hex();
  *out += "\",\"connection_id\":\"" + client.caller().connection.to_hex();
  *out += "\",\"protocol\":" + json_text(activity.protocol);
  *out += ",\"connected_micros\":" + std::to_string(activity.connected_micros);
  *out += ",\"subscriptions\":" + std::to_string(activity.subscriptions);
  *out += ",\"sent_bytes\":" + std::to_string(activity.sent_bytes) + "}";
}

/// On the lane.
std::string stats_json(DatabaseService& service) {
  std::string out = "{\"clients\":[";
  uint64_t subscriptions = 0;
  bool first = true;
  for (const auto& [id, client] : service.clients()) {
    if (!std::exchange(first, false)) out += ',';
    append_client(*client, &out);
    subscriptions += client->activity().subscriptions;
  }
  const host::DatabaseCounts counts = service.database().counts();
  out += "],\"transactions\":" + std::to_string(counts.transactions);
  out += ",\"reducer_calls\":" + std::to_string(counts.reducer_calls);
  out += ",\"rows_changed\":" + std::to_string(counts.rows_changed);
  out += ",\"subscriptions\":" + std::to_string(subscriptions);
  out += ",\"uptime_micros\":" + std::to_string(counts.uptime_micros);
  out += ",\"memory_bytes\":" + std::to_string(counts.memory_bytes) + "}";
  return out;
}

void stats(Api& api, const TokenHolder& who, const DatabaseRecord& record,
           const Responder& respond) {
  if (who.identity != record.owner) {
    respond(not_allowed(who, record, "view statistics"));
    return;
  }
  auto database = api.open_database(record, respond);
  if (!database) return;
  auto service = api.service_of(database);
  if (!service) {
    respond(Response::text(503, "the server is shutting down"));
    return;
  }
  database->post([service, respond] { respond(Response::json(stats_json(*service))); });
}

}  // namespace

void add_stats_routes(Api& api, http::Router& router) {
  router.add(
      "GET", "/v1/database/:n/stats",
      api.with_database([&api](Request, TokenHolder who, DatabaseRecord record,
                               Responder respond) { stats(api, who, record, respond); }));
}

}  // namespace orrery::server
