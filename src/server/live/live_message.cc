#include "server/live/live_message.h"

#include "types/json.h"
#include "types/sats_json.h"
#include "types/type_id.h"

namespace orrery::server::live {
using types::AlgebraicType;
using types::JsonKind;
using types::JsonValue;

namespace {

Error bad_request(std::string_view what) {
  return Error(ErrorCode::kDecode, "a request is {\"subscribe\":{\"id\":1,\"sql\":\"...\"}} or "
                                   "{\"unsubscribe\":{\"id\":1}}: " +
                                       std::string(what));
}

void begin(std::string_view kind, uint64_t id, std::string* out) {
  *out = "{\"";
  *out += kind;
  *out += "\":{\"id\":";
  *out += std::to_string(id);
}

/// SQL's name of a column's type, else the module's.
std::string column_type_name(const AlgebraicType& column) {
  const AlgebraicType& type = types::without_option(column);
  if (types::is_beyond_sql(type.sql_type())) return type.to_string();
  return std::string(types::type_name(type.sql_type()));
}

Status append_row(const AlgebraicType& schema, std::string_view row, std::string* out) {
  ORRERY_TRY_ASSIGN([[maybe_unused]] size_t used,
                    types::bsatn_to_json(schema, row, types::JsonShape::kPositional, out));
  return {};
}

}  // namespace

Result<LiveRequest> parse_request(std::string_view text) {
  auto json = JsonValue::parse(text);
  if (!json) return bad_request(json.error().message());
  LiveRequest out;
  const JsonValue* body = json->find("subscribe");
  if (body == nullptr) {
    body = json->find("unsubscribe");
    out.kind = LiveRequest::Kind::kUnsubscribe;
  }
  if (body == nullptr) return bad_request("it is neither");
  const JsonValue* id = body->find("id");
  std::optional<int64_t> number = id == nullptr ? std::nullopt : id->as_int64();
  if (!number || *number < 0) return bad_request("`id` is a whole number from 0 on");
  out.id = static_cast<uint64_t>(*number);
  if (out.kind == LiveRequest::Kind::kUnsubscribe) return out;
  const JsonValue* sql = body->find("sql");
  if (sql == nullptr || !sql->is(JsonKind::kString)) return bad_request("`sql` is a string");
  out.sql = sql->as_string();
  return out;
}

std::string hello_message(const host::Caller& caller) {
  return "{\"hello\":{\"identity\":\"" + caller.identity.to_hex() + "\",\"connection_id\":\"" +
         caller.connection.to_hex() + "\"}}";
}

Result<std::string> result_message(uint64_t id, const AlgebraicType& schema,
                                   const std::vector<std::string>& rows) {
  std::string out;
  begin("result", id, &out);
  out += ",\"columns\":[";
  bool first = true;
  for (const types::TypeElement& column : schema.elements()) {
    if (!std::exchange(first, false)) out += ',';
    out += "{\"name\":";
    types::append_json_string(column.name_or_empty(), &out);
    out += ",\"type\":";
    types::append_json_string(column_type_name(column.type), &out);
    out += ",\"algebraic_type\":";
    types::append_type_json(column.type, &out);
    out += '}';
  }
  out += "],\"rows\":[";
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i != 0) out += ',';
    ORRERY_TRY(append_row(schema, rows[i], &out));
  }
  out += "]}}";
  return out;
}

Result<std::string> change_message(uint64_t id, const AlgebraicType& schema,
                                   const subscribe::LiveChange& change,
                                   const std::vector<std::string>& rows) {
  std::string out;
  begin("change", id, &out);
  out += ",\"removed\":[";
  for (size_t i = 0; i < change.removed.size(); ++i) {
    if (i != 0) out += ',';
    out += std::to_string(change.removed[i]);
  }
  out += "],\"added\":[";
  for (size_t i = 0; i < change.added.size(); ++i) {
    if (i != 0) out += ',';
    out += "{\"position\":" + std::to_string(change.added[i]) + ",\"row\":";
    ORRERY_TRY(append_row(schema, rows[change.added[i]], &out));
    out += '}';
  }
  out += "]}}";
  return out;
}

std::string error_message(uint64_t id, const Error& error, std::string_view sql) {
  std::string out;
  begin("error", id, &out);
  out += ",\"code\":";
  types::append_json_string(error_code_name(error.code()), &out);
  out += ",\"message\":";
  types::append_json_string(error.message(), &out);
  const SourcePosition place = error.position();
  if (place.line != 0) {
    uint32_t line = 1;
    size_t at = 0;
    while (line < place.line && at < sql.size()) line += sql[at++] == '\n' ? 1 : 0;
    // Columns count characters, and so does the answer.
    uint64_t before = 0;
    for (char c : sql.substr(0, at)) before += (static_cast<uint8_t>(c) & 0xC0) != 0x80 ? 1 : 0;
    before += place.column == 0 ? 0 : place.column - 1;
    out += ",\"position\":" + std::to_string(before);
  }
  out += "}}";
  return out;
}

}  // namespace orrery::server::live
