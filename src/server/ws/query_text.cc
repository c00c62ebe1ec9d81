#include "server/ws/query_text.h"

#include "server/http/message.h"
#include "types/bsatn.h"

namespace orrery::server::ws {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

bool is_beyond_subscriptions(const Error& error) {
  return error.code() == ErrorCode::kNotSupported || error.code() == ErrorCode::kParse;
}

std::string_view table_named_in(std::string_view sql) {
  for (size_t i = 0; i + 4 < sql.size(); ++i) {
    if (i != 0 && is_name_char(sql[i - 1])) continue;
    if (!http::equal_ignoring_case(sql.substr(i, 4), "from") || is_name_char(sql[i + 4])) continue;
    size_t at = sql.find_first_not_of(" \t\r\n", i + 4);
    if (at == std::string_view::npos) return "";
    if (sql[at] == '"') {
      size_t end = sql.find('"', at + 1);
      return end == std::string_view::npos ? "" : sql.substr(at + 1, end - at - 1);
    }
    size_t end = at;
    while (end < sql.size() && is_name_char(sql[end])) ++end;
    return sql.substr(at, end - at);
  }
  return "";
}

Result<protocol::RowList> rows_of_report(const host::SqlReport& report) {
  protocol::RowListBuilder rows;
  std::string_view left = report.rows;
  for (uint64_t i = 0; i < report.row_count; ++i) {
    ORRERY_TRY_ASSIGN(size_t bytes, types::bsatn_skip(report.schema, left));
    rows.add(left.substr(0, bytes));
    left.remove_prefix(bytes);
  }
  return rows.finish();
}

}  // namespace orrery::server::ws
