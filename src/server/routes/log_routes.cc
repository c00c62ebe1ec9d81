// GET /v1/database/:n/logs: the module's log, once or as it grows.
#include <charconv>
#include <limits>

#include "host/module_log.h"
#include "server/api.h"

namespace orrery::server {
using host::DatabaseRecord;
using http::Request;
using http::Responder;
using http::Response;

namespace {

Response log_response() {
  Response out;
  out.headers.add("content-type", "application/x-ndjson");
  out.headers.add("cache-control", "no-cache");
  return out;
}

/// On a worker.
void follow(Api& api, const std::shared_ptr<host::HostedDatabase>& database, uint64_t lines,
            const Responder& respond) {
  auto stream = std::make_shared<http::BodyStream>();
  auto following =
      database->log().follow(lines, [weak = std::weak_ptr(stream)](std::string_view line) {
        using Heard = host::ModuleLog::Heard;
        auto alive = weak.lock();
        if (alive == nullptr) return Heard::kNoMore;
        return alive->push(line) == http::BodyStream::Pushed::kTaken ? Heard::kGoOn
                                                                     : Heard::kNoMore;
      });
  if (!following) {
    respond(Response::text(503, "Logs are temporarily not available"));
    return;
  }
  if (!following->lines.empty()) (void)stream->push(following->lines);
  // The log must not be called from its followers. Where no worker has time for it, the follower
  // hears of it with the next record.
  stream->on_reader_gone([&api, database, id = following->id] {
    auto task = [database, id] { database->log().unfollow(id); };
    (void)api.workers().post(task);
  });
  api.keep_stream(database->identity(), stream);
  Response out = log_response();
  out.stream = stream;
  respond(std::move(out));
}

void logs(Api& api, const Request& request, const TokenHolder& who, const DatabaseRecord& record,
          const Responder& respond) {
  if (who.identity != record.owner) {
    respond(not_allowed(who, record, "view module logs"));
    return;
  }
  uint64_t lines = std::numeric_limits<uint64_t>::max();
  if (const std::string* asked = request.parameter("num_lines")) {
    uint32_t number = 0;
    auto [end, error] = std::from_chars(asked->data(), asked->data() + asked->size(), number);
    if (error != std::errc() || end != asked->data() + asked->size()) {
      respond(Response::text(
          400, "Failed to deserialize query string: `num_lines` is a number from 0 to 4294967295"));
      return;
    }
    lines = number;
  }
  bool follows = false;
  if (const std::string* asked = request.parameter("follow")) {
    auto flag = parse_flag(*asked);
    if (!flag) {
      respond(Response::text(400, "Failed to deserialize query string: `follow` is true or false"));
      return;
    }
    follows = *flag;
  }
  auto database = api.open_database(record, respond);
  if (!database) return;
  api.block(respond, [&api, database, lines, follows, respond] {
    if (follows) {
      follow(api, database, lines, respond);
      return;
    }
    auto text = database->log().tail(lines);
    if (!text) {
      respond(Response::text(503, "Logs are temporarily not available"));
      return;
    }
    Response out = log_response();
    out.body = std::move(*text);
    respond(std::move(out));
  });
}

}  // namespace

void add_log_routes(Api& api, http::Router& router) {
  router.add(
      "GET", "/v1/database/:n/logs",
      api.with_database([&api](Request request, TokenHolder who, DatabaseRecord record,
                               Responder respond) { logs(api, request, who, record, respond); }));
}

}  // namespace orrery::server
