// Input: SQL text. Whatever it is, parsing ends with statements or with an error that names a place
// in it; what parses must print as text that parses as the same tree.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "sql/parser.h"
#include "sql/to_sql.h"
#include "sql/tree.h"

namespace {

using namespace orrery::sql;

void check_error(std::string_view text, const orrery::Error& error) {
  ORRERY_ASSERT(error.code() == orrery::ErrorCode::kParse);
  ORRERY_ASSERT(error.message().starts_with("parse error: "));
  ORRERY_ASSERT(error.position().line > 0 && error.position().column > 0);
  ORRERY_ASSERT(!caret_text(text, error.position()).empty());
}

void check_statement(const Statement& statement) {
  std::string printed = to_sql(statement);
  auto again = parse_script(printed);
  ORRERY_ASSERT(again.has_value() && again->size() == 1);
  ORRERY_ASSERT(same_statement(statement, *(*again)[0]));
  ORRERY_ASSERT(to_sql(*(*again)[0]) == printed);
}

void check_script(std::string_view text, UnknownStatement unknown) {
  auto script = parse_script(text, {.unknown_statement = unknown});
  if (!script) return check_error(text, script.error());
  for (const StatementPtr& statement : *script) check_statement(*statement);
}

void check_expression(std::string_view text) {
  auto parsed = parse_expression(text);
  if (!parsed) return check_error(text, parsed.error());
  std::string printed = to_sql(**parsed);
  auto again = parse_expression(printed);
  ORRERY_ASSERT(again.has_value() && same_expr(**parsed, **again));
  ExprPtr copy = clone(**parsed);
  ORRERY_ASSERT(same_expr(**parsed, *copy) && hash_expr(**again) == hash_expr(*copy));
  (void)label_text(*copy);
  (void)enclosed_text(*copy);
}

void check_query(std::string_view text) {
  auto parsed = parse_query(text);
  if (!parsed) return check_error(text, parsed.error());
  QueryPtr copy = clone(**parsed);
  ORRERY_ASSERT(same_query(**parsed, *copy) && to_sql(**parsed) == to_sql(*copy));
}

void check_splitter(std::string_view text) {
  while (!text.empty()) {
    (void)is_blank_sql(text);
    size_t end = find_statement_end(text);
    if (end == std::string_view::npos) return;
    ORRERY_ASSERT(end > 0 && end <= text.size() && text[end - 1] == ';');
    text.remove_prefix(end);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  check_script(text, UnknownStatement::kExpression);
  check_script(text, UnknownStatement::kError);
  check_expression(text);
  check_query(text);
  check_splitter(text);
  return 0;
}
