#include "cli/live_selects.h"

namespace orrery::cli {
using server::ws::FrameReader;
using types::JsonKind;
using types::JsonValue;

namespace {

constexpr std::string_view kProtocol = "v1.live.orrery";

Error malformed() { return Error(ErrorCode::kDecode, "the server's message is malformed"); }

std::span<const JsonValue> items_of(const JsonValue* value) {
  return value != nullptr && value->is(JsonKind::kArray) ? value->items()
                                                         : std::span<const JsonValue>();
}

std::optional<size_t> position_of(const JsonValue* value) {
  const std::optional<int64_t> n = value == nullptr ? std::nullopt : value->as_int64();
  if (!n || *n < 0) return std::nullopt;
  return static_cast<size_t>(*n);
}

/// The cells by the names of their columns.
std::string row_object(const std::vector<std::string>& columns, std::span<const JsonValue> cells) {
  std::string out = "{";
  for (size_t i = 0; i < cells.size() && i < columns.size(); ++i) {
    if (i != 0) out += ",";
    types::append_json_string(columns[i], &out);
    out += ":" + cells[i].to_string();
  }
  return out + "}";
}

std::string join(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ",") + item;
  return out;
}

std::string change_of(const std::string& sql, const std::vector<std::string>& deletes,
                      const std::vector<std::string>& inserts) {
  std::string out;
  types::append_json_string(sql, &out);
  return out + ":{\"deletes\":[" + join(deletes) + "],\"inserts\":[" + join(inserts) + "]}";
}

}  // namespace

LiveSelects::LiveSelects(std::unique_ptr<server::ws::WebSocketClient> socket,
                         const std::vector<std::string>& queries)
    : socket_(std::move(socket)) {
  for (const std::string& sql : queries) queries_.emplace_back().sql = sql;
}

Result<std::unique_ptr<LiveSelects>> LiveSelects::open(ServerClient& client,
                                                       const std::string& database,
                                                       const std::vector<std::string>& queries) {
  ORRERY_TRY_ASSIGN(
      std::unique_ptr<server::ws::WebSocketClient> socket,
      client.socket(database_path(database, "/live"), kProtocol, "'" + database + "'"));
  std::unique_ptr<LiveSelects> out(new LiveSelects(std::move(socket), queries));
  ORRERY_TRY(out->start());
  return out;
}

Status LiveSelects::start() {
  const server::http::Patience patience = patient(600'000'000, nullptr);
  for (size_t i = 0; i < queries_.size(); ++i) {
    std::string message = "{\"subscribe\":{\"id\":" + std::to_string(i) + ",\"sql\":";
    types::append_json_string(queries_[i].sql, &message);
    ORRERY_TRY(socket_->send(server::ws::Opcode::kText, message + "}}", patience));
  }
  while (answered_ < queries_.size()) {
    ORRERY_TRY_ASSIGN(auto received, socket_->receive(patience));
    if (received.kind == FrameReader::Event::kClose) {
      return Error(ErrorCode::kGeneric,
                   "the server closed the connection: " + std::string(received.reason));
    }
    ORRERY_TRY_ASSIGN([[maybe_unused]] auto change, take(received.payload));
  }
  initial_ = "{";
  for (const Query& query : queries_) {
    if (initial_.size() > 1) initial_ += ",";
    initial_ += change_of(query.sql, {}, query.rows);
  }
  initial_ += "}";
  return {};
}

Result<std::optional<std::string>> LiveSelects::next(const server::http::Patience& patience) {
  for (;;) {
    ORRERY_TRY_ASSIGN(auto received, socket_->receive(patience));
    if (received.kind == FrameReader::Event::kClose) {
      if (!received.reason.empty()) reason_ = ": " + std::string(received.reason);
      return std::optional<std::string>();
    }
    ORRERY_TRY_ASSIGN(std::optional<std::string> change, take(received.payload));
    if (change) return change;
  }
}

Result<std::optional<std::string>> LiveSelects::take(std::string_view payload) {
  ORRERY_TRY_ASSIGN(JsonValue message, JsonValue::parse(payload));
  const std::optional<std::string> nothing;
  if (const JsonValue* error = message.find("error")) {
    const JsonValue* text = error->find("message");
    return Error(ErrorCode::kGeneric, text != nullptr && text->is(JsonKind::kString)
                                          ? text->as_string()
                                          : error->to_string());
  }
  const JsonValue* result = message.find("result");
  const JsonValue* change = message.find("change");
  const JsonValue* body = result != nullptr ? result : change;
  if (body == nullptr) return nothing;  // a greeting
  const std::optional<size_t> id = position_of(body->find("id"));
  if (!id || *id >= queries_.size()) return malformed();
  Query& query = queries_[*id];
  if (change != nullptr) {
    ORRERY_TRY_ASSIGN(std::string line, take_change(*change, &query));
    return std::optional<std::string>("{" + line + "}");
  }
  ORRERY_TRY(take_result(*result, &query));
  return nothing;
}

Status LiveSelects::take_result(const JsonValue& result, Query* query) {
  query->columns.clear();
  query->rows.clear();
  for (const JsonValue& column : items_of(result.find("columns"))) {
    const JsonValue* name = column.find("name");
    if (name == nullptr || !name->is(JsonKind::kString)) return malformed();
    query->columns.push_back(name->as_string());
  }
  for (const JsonValue& row : items_of(result.find("rows"))) {
    query->rows.push_back(row_object(query->columns, items_of(&row)));
  }
  if (!std::exchange(query->has_result, true)) ++answered_;
  return {};
}

/// Positions of removed rows are of the rows before, those of added ones of the rows after.
Result<std::string> LiveSelects::take_change(const JsonValue& change, Query* query) {
  std::vector<std::string> deletes, inserts;
  std::vector<bool> gone(query->rows.size());
  for (const JsonValue& position : items_of(change.find("removed"))) {
    const std::optional<size_t> at = position_of(&position);
    if (!at || *at >= gone.size()) return malformed();
    gone[*at] = true;
    deletes.push_back(query->rows[*at]);
  }
  std::vector<std::string> left;
  for (size_t i = 0; i < gone.size(); ++i) {
    if (!gone[i]) left.push_back(std::move(query->rows[i]));
  }
  std::vector<std::string> after;
  size_t taken = 0;
  for (const JsonValue& added : items_of(change.find("added"))) {
    const std::optional<size_t> at = position_of(added.find("position"));
    const JsonValue* row = added.find("row");
    if (!at || row == nullptr || *at < after.size()) return malformed();
    while (after.size() < *at && taken < left.size()) after.push_back(std::move(left[taken++]));
    if (after.size() != *at) return malformed();
    after.push_back(row_object(query->columns, items_of(row)));
    inserts.push_back(after.back());
  }
  while (taken < left.size()) after.push_back(std::move(left[taken++]));
  query->rows = std::move(after);
  return change_of(query->sql, deletes, inserts);
}

}  // namespace orrery::cli
