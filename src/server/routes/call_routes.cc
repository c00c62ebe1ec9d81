// Calls and SQL over HTTP: each request is a connection of its own, with client_connected before
// and client_disconnected after.
#include "base/utf8.h"
#include "server/api.h"
#include "server/call_arguments.h"
#include "types/bsatn.h"
#include "types/sats_json.h"

namespace orrery::server {
using host::CallOutcome;
using host::CallStatus;
using host::DatabaseRecord;
using http::Request;
using http::Responder;
using http::Response;

namespace {

/// An answer to SQL with more bytes of rows is made by a worker.
constexpr size_t kRowBytesOnLaneMax = 64 << 10;
/// What a reducer's own error is answered with.
constexpr uint16_t kReducerFailed = 530;

struct Connected {
  std::shared_ptr<host::HostedDatabase> database;
  host::Caller caller;
};
using Finish = std::function<void(Response)>;

Response refused_connection(const CallOutcome& outcome) {
  switch (outcome.status) {
    case CallStatus::kUserError:
      return Response::text(403, outcome.message);
    case CallStatus::kOutOfEnergy:
    case CallStatus::kStopped:
      return Response::text(503, outcome.message);
    default:
      return Response::text(500, outcome.message);
  }
}

/// Connects, lets `work` make the answer, disconnects, answers.
void with_connection(Api& api, const DatabaseRecord& record, const TokenHolder& who,
                     const Responder& respond, std::function<void(const Connected&, Finish)> work) {
  auto database = api.open_database(record, respond);
  if (!database) return;
  Connected connected{database, {who.identity, api.random_connection()}};
  database->connect(connected.caller, who.payload,
                    [connected, respond, work = std::move(work)](const CallOutcome& outcome) {
                      if (outcome.status != CallStatus::kOk) {
                        respond(refused_connection(outcome));
                        return;
                      }
                      work(connected, [connected, respond](Response response) {
                        auto answer = std::make_shared<Response>(std::move(response));
                        connected.database->disconnect(
                            connected.caller, [connected, respond, answer](const CallOutcome&) {
                              // What client_disconnected has to say is in the log.
                              respond(std::move(*answer));
                            });
                      });
                    });
}

void add_costs(const CallOutcome& outcome, Response& response) {
  response.headers.add("spacetime-energy-used", std::to_string(outcome.energy));
  response.headers.add("spacetime-execution-duration-micros",
                       std::to_string(outcome.execution_micros));
}

Response reducer_response(const CallOutcome& outcome) {
  Response out;
  switch (outcome.status) {
    case CallStatus::kOk:
      out = Response::text(200, "");
      break;
    case CallStatus::kUserError:
    case CallStatus::kInternalError:
      out = Response::text(kReducerFailed, outcome.message);
      break;
    case CallStatus::kOutOfEnergy:
      out = Response::text(402, "Module energy budget exhausted.");
      break;
    case CallStatus::kNoSuchFunction:
      return Response::text(404, outcome.message);
    case CallStatus::kBadArguments:
    case CallStatus::kLifecycle:
      return Response::text(400, outcome.message);
    case CallStatus::kStopped:
      return Response::text(500, outcome.message);
  }
  add_costs(outcome, out);
  return out;
}

Response procedure_response(const schema::ModuleDef& definition, std::string_view name,
                            const CallOutcome& outcome) {
  switch (outcome.status) {
    case CallStatus::kOk:
      break;
    case CallStatus::kNoSuchFunction:
      return Response::text(404, outcome.message);
    case CallStatus::kBadArguments:
      return Response::text(400, outcome.message);
    case CallStatus::kOutOfEnergy:
      return Response::text(402, "Module energy budget exhausted.");
    default:
      return Response::text(500, outcome.message);
  }
  auto json = return_value_json(definition, name, outcome.value);
  if (!json) return error_response(json.error());
  Response out = Response::json(std::move(*json));
  out.headers.add("spacetime-execution-duration-micros", std::to_string(outcome.execution_micros));
  return out;
}

void call_function(const Connected& connected, const std::string& name, const std::string& json,
                   const Finish& finish) {
  auto definition = connected.database->definition();
  CallableKind kind = callable_kind(*definition, name);
  if (kind == CallableKind::kNone) {
    finish(Response::text(404, "no such reducer or procedure: `" + name + "`"));
    return;
  }
  auto arguments = arguments_from_json(*definition, name, json);
  if (!arguments) {
    finish(Response::text(400, arguments.error().message()));
    return;
  }
  if (kind == CallableKind::kReducer) {
    connected.database->call_reducer(
        connected.caller, name, std::move(*arguments),
        [finish](const CallOutcome& outcome) { finish(reducer_response(outcome)); });
    return;
  }
  connected.database->call_procedure(connected.caller, name, std::move(*arguments),
                                     [definition, name, finish](const CallOutcome& outcome) {
                                       finish(procedure_response(*definition, name, outcome));
                                     });
}

void call(Api& api, Request request, const TokenHolder& who, const DatabaseRecord& record,
          const Responder& respond) {
  const std::string* type = request.headers.find("content-type");
  std::string_view media = type == nullptr ? "" : std::string_view(*type);
  media = http::trim_blanks(media.substr(0, media.find(';')));
  if (!http::equal_ignoring_case(media, "application/json")) {
    respond(Response::text(415, "Expected request with `Content-Type: application/json`"));
    return;
  }
  if (!utf8_valid(request.body)) {
    respond(Response::text(400, "Request body didn't contain valid UTF-8"));
    return;
  }
  with_connection(api, record, who, respond,
                  [name = request.captures[1], json = std::move(request.body)](
                      const Connected& connected, const Finish& finish) {
                    call_function(connected, name, json, finish);
                  });
}

Result<std::string> report_json(const host::SqlReport& report) {
  std::string schema;
  types::append_type_json(report.schema, &schema);
  // {"Product":{...}}: the answer has the product alone.
  constexpr std::string_view kProduct = "{\"Product\":";
  std::string out = "[{\"schema\":";
  if (schema.starts_with(kProduct)) {
    out += std::string_view(schema).substr(kProduct.size(), schema.size() - kProduct.size() - 1);
  } else {
    out += "{\"elements\":[]}";
  }
  out += ",\"rows\":[";
  std::string_view left = report.rows;
  for (uint64_t i = 0; i < report.row_count; ++i) {
    if (i != 0) out += ',';
    ORRERY_TRY_ASSIGN(size_t used, types::bsatn_to_json(report.schema, left,
                                                        types::JsonShape::kPositional, &out));
    left.remove_prefix(used);
  }
  out += "],\"total_duration_micros\":" + std::to_string(report.execution_micros);
  out += ",\"stats\":{\"rows_inserted\":" + std::to_string(report.rows_inserted);
  out += ",\"rows_deleted\":" + std::to_string(report.rows_deleted);
  out += ",\"rows_updated\":" + std::to_string(report.rows_updated) + "}}]";
  return out;
}

/// Where the statement is wrong, as far as that is known, stands in a header: "line:column".
Response refused_sql(const Error& error) {
  Response out = Response::text(400, error.message());
  const SourcePosition at = error.position();
  if (at.line != 0) {
    out.headers.add("orrery-error-position",
                    std::to_string(at.line) + ":" + std::to_string(at.column));
  }
  return out;
}

enum class Confirm : uint8_t { kNo, kYes };

void answer_sql(const Connected& connected, const host::SqlReport& report, Confirm confirm,
                const Finish& finish) {
  auto json = report_json(report);
  if (!json) {
    finish(error_response(json.error()));
    return;
  }
  Response out = Response::json(std::move(*json));
  out.headers.add("spacetime-execution-duration-micros", std::to_string(report.execution_micros));
  if (confirm == Confirm::kNo || report.seq == 0) {
    finish(std::move(out));
    return;
  }
  connected.database->when_durable(report.seq, [finish, out](const Status& status) {
    finish(status ? out : Response::text(503, status.error().message()));
  });
}

void run_sql(Api& api, const Connected& connected, const std::string& sql, Confirm confirm,
             const Finish& finish) {
  connected.database->run_sql(
      connected.caller, sql, [&api, connected, confirm, finish](Result<host::SqlReport> report) {
        if (!report) {
          finish(refused_sql(report.error()));
          return;
        }
        // Reports come on the lane, which must not stand still while many rows become text.
        if (report->rows.size() > kRowBytesOnLaneMax) {
          auto shared = std::make_shared<host::SqlReport>(std::move(*report));
          auto answer = [connected, shared, confirm, finish] {
            answer_sql(connected, *shared, confirm, finish);
          };
          if (api.workers().post(std::move(answer)) != WorkerPool::Posted::kTaken) {
            finish(Response::text(503, "the server is too busy"));
          }
          return;
        }
        answer_sql(connected, *report, confirm, finish);
      });
}

void sql(Api& api, Request request, const TokenHolder& who, const DatabaseRecord& record,
         const Responder& respond) {
  Confirm confirm = Confirm::kYes;
  if (const std::string* asked = request.parameter("confirmed")) {
    auto flag = parse_flag(*asked);
    if (!flag) {
      respond(
          Response::text(400, "Failed to deserialize query string: `confirmed` is true or false"));
      return;
    }
    confirm = *flag ? Confirm::kYes : Confirm::kNo;
  }
  if (!utf8_valid(request.body)) {
    respond(Response::text(400, "Request body didn't contain valid UTF-8"));
    return;
  }
  with_connection(
      api, record, who, respond,
      [&api, sql = std::move(request.body), confirm](const Connected& connected,
                                                     const Finish& finish) {
        run_sql(api, connected, sql, confirm, finish);
      });
}

}  // namespace

void add_call_routes(Api& api, http::Router& router) {
  router.add("POST", "/v1/database/:n/call/:fn",
             api.with_database([&api](Request request, TokenHolder who, DatabaseRecord record,
                                      Responder respond) {
               call(api, std::move(request), who, record, respond);
             }));
  router.add("POST", "/v1/database/:n/sql",
             api.with_database([&api](Request request, TokenHolder who, DatabaseRecord record,
                                      Responder respond) {
               sql(api, std::move(request), who, record, respond);
             }));
}

}  // namespace orrery::server
