#include "cli/subscription.h"

#include <map>

#include "cli/remote_schema.h"
#include "cli/shell.h"
#include "protocol/envelope.h"
#include "types/sats_json.h"

namespace orrery::cli {
namespace v2 = protocol::v2;
using protocol::Subprotocol;
using server::ws::FrameReader;
using types::JsonKind;
using types::JsonValue;

namespace {

constexpr size_t kPayloadBytesMax = size_t{1} << 30;
constexpr std::string_view kOffered =
    "v3.bsatn.spacetimedb, v2.bsatn.spacetimedb, v1.json.spacetimedb";

std::string join(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ",") + item;
  return out;
}

}  // namespace

/// By table, in the order of their names.
struct Subscription::Changes {
  struct Rows {
    std::vector<std::string> deletes;
    std::vector<std::string> inserts;
  };
  std::map<std::string, Rows, std::less<>> tables;

  Rows& of(std::string_view table) { return tables[std::string(table)]; }
  std::string to_json() const {
    std::string out = "{";
    for (const auto& [table, rows] : tables) {
      if (out.back() != '{') out += ",";
      types::append_json_string(table, &out);
      out += ":{\"deletes\":[" + join(rows.deletes) + "],\"inserts\":[" + join(rows.inserts) + "]}";
    }
    return out + "}";
  }
};

Subscription::Subscription(std::unique_ptr<server::ws::WebSocketClient> socket,
                           schema::ModuleDef module)
    : socket_(std::move(socket)),
      module_(std::move(module)),
      protocol_(
          protocol::choose_subprotocol(socket_->subprotocol()).value_or(Subprotocol::kV1Json)) {}

Result<std::unique_ptr<Subscription>> Subscription::open(
    ServerClient& client, const std::string& database, const std::vector<std::string>& queries,
    const std::optional<std::string>& confirmed) {
  ORRERY_TRY_ASSIGN(schema::ModuleDef module, fetch_schema(client, database));
  std::string path = database_path(database, "/subscribe?compression=None");
  if (confirmed) path += "&confirmed=" + *confirmed;
  ORRERY_TRY_ASSIGN(std::unique_ptr<server::ws::WebSocketClient> socket,
                    client.socket(path, kOffered, "'" + database + "'"));
  std::unique_ptr<Subscription> out(new Subscription(std::move(socket), std::move(module)));
  ORRERY_TRY(out->start(queries));
  return out;
}

Status Subscription::start(const std::vector<std::string>& queries) {
  server::http::Patience patience = patient(600'000'000, nullptr);
  std::string message;
  if (protocol_ == Subprotocol::kV1Json) {
    message = "{\"Subscribe\":{\"query_strings\":[";
    for (const std::string& query : queries) {
      if (message.back() != '[') message += ",";
      types::append_json_string(query, &message);
    }
    message += "],\"request_id\":0}}";
    ORRERY_TRY(socket_->send(server::ws::Opcode::kText, message, patience));
  } else {
    v2::Subscribe subscribe;
    subscribe.queries.assign(queries.begin(), queries.end());
    v2::append(v2::ClientMessage(std::move(subscribe)), &message);
    ORRERY_TRY(socket_->send(server::ws::Opcode::kBinary, message, patience));
  }
  while (!applied_) {
    ORRERY_TRY_ASSIGN(auto received, socket_->receive(patience));
    if (received.kind == FrameReader::Event::kClose) {
      return Error(ErrorCode::kGeneric,
                   "the server closed the connection: " + std::string(received.reason));
    }
    ORRERY_TRY(take(received));
  }
  return {};
}

Result<std::optional<std::string>> Subscription::next(const server::http::Patience& patience) {
  while (given_ == ready_.size()) {
    ready_.clear();
    given_ = 0;
    ORRERY_TRY_ASSIGN(auto received, socket_->receive(patience));
    if (received.kind == FrameReader::Event::kClose) {
      if (!received.reason.empty()) reason_ = ": " + std::string(received.reason);
      return std::optional<std::string>();
    }
    ORRERY_TRY(take(received));
  }
  return std::optional<std::string>(std::move(ready_[given_++]));
}

Status Subscription::take(const server::ws::WebSocketClient::Message& message) {
  if (message.kind == FrameReader::Event::kText) return take_text(message.payload);
  std::string buffer;
  ORRERY_TRY_ASSIGN(std::string_view body,
                    protocol::open_envelope(message.payload, kPayloadBytesMax, &buffer));
  return take_binary(body);
}

Status Subscription::add_rows(std::string_view table, const protocol::RowListView& rows,
                              std::vector<std::string>* out) {
  const types::AlgebraicType* type = nullptr;
  if (const schema::TableDef* found = module_.find_table(table)) {
    type = &found->row_type;
  } else if (auto view = module_.find_view(table)) {
    type = &view.def->row_type;
  }
  if (type == nullptr) {
    return Error(ErrorCode::kGeneric, "the server sent rows of '" + std::string(table) +
                                          "', which its schema does not have");
  }
  for (size_t i = 0; i < rows.row_count(); ++i) {
    std::string json;
    ORRERY_TRY(types::bsatn_to_json(*type, rows.row(i), types::JsonShape::kTyped, &json));
    out->push_back(std::move(json));
  }
  return {};
}

Status Subscription::take_binary(std::string_view payload) {
  protocol::PayloadReader<v2::ServerMessage> messages(
      payload, protocol_ == Subprotocol::kV3 ? protocol::Framing::kManyMessages
                                             : protocol::Framing::kOneMessage);
  while (true) {
    ORRERY_TRY_ASSIGN(std::optional<v2::ServerMessage> message, messages.next());
    if (!message) return {};
    Changes changes;
    if (const auto* error = std::get_if<v2::SubscriptionError>(&*message)) {
      return Error(ErrorCode::kGeneric, std::string(error->error));
    }
    if (const auto* applied = std::get_if<v2::SubscribeApplied>(&*message)) {
      for (const v2::TableRows& table : applied->rows.tables) {
        ORRERY_TRY(add_rows(table.table, table.rows, &changes.of(table.table).inserts));
      }
      applied_ = true;
      initial_ = changes.to_json();
      continue;
    }
    const auto* update = std::get_if<v2::TransactionUpdate>(&*message);
    if (update == nullptr) continue;
    for (const v2::QuerySetUpdate& set : update->query_sets) {
      for (const v2::TableUpdate& table : set.tables) {
        for (const v2::RowChanges& rows : table.changes) {
          ORRERY_TRY(add_rows(table.table, rows.deletes, &changes.of(table.table).deletes));
          ORRERY_TRY(add_rows(table.table, rows.inserts, &changes.of(table.table).inserts));
        }
      }
    }
    ready_.push_back(changes.to_json());
  }
}

/// {"tables": [{"table_name": ..., "updates": [{"deletes": [text...], "inserts": [text...]}]}]}
Status Subscription::take_database_update(const JsonValue& update, std::string* out) {
  Changes changes;
  auto malformed = [] { return Error(ErrorCode::kDecode, "the server's update is malformed"); };
  auto items_of = [](const JsonValue* value) {
    return value != nullptr && value->is(JsonKind::kArray) ? value->items()
                                                           : std::span<const JsonValue>();
  };
  for (const JsonValue& table : items_of(update.find("tables"))) {
    const JsonValue* name = table.find("table_name");
    if (name == nullptr || !name->is(JsonKind::kString)) return malformed();
    Changes::Rows& rows = changes.of(name->as_string());
    auto add = [&](const JsonValue* list, std::vector<std::string>* to) -> Status {
      for (const JsonValue& row : items_of(list)) {
        if (!row.is(JsonKind::kString)) return malformed();
        to->push_back(row.as_string());
      }
      return {};
    };
    for (const JsonValue& part : items_of(table.find("updates"))) {
      ORRERY_TRY(add(part.find("deletes"), &rows.deletes));
      ORRERY_TRY(add(part.find("inserts"), &rows.inserts));
    }
  }
  *out = changes.to_json();
  return {};
}

Status Subscription::take_text(std::string_view payload) {
  ORRERY_TRY_ASSIGN(JsonValue message, JsonValue::parse(payload));
  if (const JsonValue* initial = message.find("InitialSubscription")) {
    const JsonValue* update = initial->find("database_update");
    if (update != nullptr) ORRERY_TRY(take_database_update(*update, &initial_));
    applied_ = true;
    return {};
  }
  if (const JsonValue* error = message.find("SubscriptionError")) {
    const JsonValue* text = error->find("error");
    return Error(ErrorCode::kGeneric, text != nullptr && text->is(JsonKind::kString)
                                          ? text->as_string()
                                          : error->to_string());
  }
  const JsonValue* update = nullptr;
  if (const JsonValue* transaction = message.find("TransactionUpdate")) {
    const JsonValue* status = transaction->find("status");
    if (status != nullptr) update = status->find("Committed");
    const JsonValue* failed = status == nullptr ? nullptr : status->find("Failed");
    // So does this protocol answer a query that it refuses.
    if (failed != nullptr && !applied_) {
      return Error(ErrorCode::kGeneric,
                   failed->is(JsonKind::kString) ? failed->as_string() : failed->to_string());
    }
  } else if (const JsonValue* light = message.find("TransactionUpdateLight")) {
    update = light->find("update");
  }
  if (update == nullptr) return {};
  std::string line;
  ORRERY_TRY(take_database_update(*update, &line));
  if (line != "{}") ready_.push_back(std::move(line));
  return {};
}

}  // namespace orrery::cli
