// Parser: SQL text in, syntax tree (sql/ast.h) out.
//
// Errors have code kParse, the position in the text, and a message of the form
// "parse error: ... at position line L, column C". Text that is not UTF-8, holds NUL bytes or nests
// too deeply is such an error; no text makes the parser crash, recurse without bound or take more
// than linear time. Thread-safety: functions without shared state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/ast.h"

namespace orrery::sql {

/// What to do with a statement whose first word starts none, such as `SELEC 1`.
enum class UnknownStatement : uint8_t {
  kExpression,  ///< read its beginning as an ExpressionStatement; binding it will name the unknown
                ///< column
  kError,       ///< "parse error: invalid SQL: unrecognised statement: SELEC 1"
};

struct ParseOptions {
  UnknownStatement unknown_statement = UnknownStatement::kExpression;
};

/// Parses all statements of the text. Empty statements are dropped: a blank text or a comment gives
/// an empty vector.
Result<std::vector<StatementPtr>> parse_script(std::string_view sql, ParseOptions options = {});
/// Parses text that must hold one expression and nothing else (stored DEFAULT and CHECK texts).
Result<ExprPtr> parse_expression(std::string_view sql);
/// Parses text that must hold one query and nothing else (stored view texts).
Result<QueryPtr> parse_query(std::string_view sql);

/// Returns the offset past the semicolon that ends the first statement of `text`, or npos where
/// none does. Semicolons in strings, quoted names and comments end nothing.
size_t find_statement_end(std::string_view text);
/// True for text without any token: blanks, comments and semicolons only.
bool is_blank_sql(std::string_view text);

/// The line of `sql` that `position` is in, and below it a caret under the column; lines end in
/// '\n'. Empty where the position is none or outside the text. A long line is cut around the
/// column.
std::string caret_text(std::string_view sql, SourcePosition position);

}  // namespace orrery::sql
