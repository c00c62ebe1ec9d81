// The subscription dialect: SELECT t.* FROM t [JOIN u ON t.a = u.b ...] [WHERE ...], text to
// syntax.
//
// It is not the engine's SQL, so it has a reader of its own: names are case-sensitive and may hold
// dots (tables of submodules), strings know no backslashes, numbers have up to 256 bits and get
// their type from a column, X'ab' and 0xab are bytes, :sender is the one parameter. NOT is read
// besides what the original reads.
//
// Errors are kParse ("sql parser error: ...") or kNotSupported with the original's texts; any text
// is safe. Syntax is a plain tree that owns its strings; its height is at most kNestingMax, as AND
// and OR are n-ary. Stateless functions; safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/expr.h"

namespace orrery::subscribe {

inline constexpr size_t kQueryBytesMax = 50'000;  ///< the original's bound
inline constexpr uint32_t kNestingMax = 250;      ///< of parentheses; what walks trees recurses

using expr::CompareOp;
/// "=", "<>", ...
std::string_view compare_op_text(CompareOp op);

enum class SyntaxKind : uint8_t {
  kAnd,      ///< of two or more operands
  kOr,       ///< of two or more operands
  kNot,      ///< of one operand
  kCompare,  ///< of two operands
  kColumn,   ///< qualifier and text
  kBoolean,  ///< boolean
  kLiteral,  ///< text: of a number (with its sign), a string or, where `hex`, hex digits
  kSender,
};
struct Syntax {
  SyntaxKind kind = SyntaxKind::kBoolean;
  CompareOp op = CompareOp::kEqual;
  bool boolean = false;
  bool hex = false;
  std::string qualifier;  ///< empty without one
  std::string text;
  std::vector<Syntax> operands;
};

struct FromItem {
  std::string table;  ///< parts joined by dots
  std::string alias;  ///< the table's name where none was given
  std::optional<Syntax> on;
};
enum class SelectList : uint8_t { kStar, kTableStar, kColumns, kCount };
struct SelectSyntax {
  SelectList list = SelectList::kStar;
  std::string star;             ///< t of t.*
  std::vector<Syntax> columns;  ///< of kColumns
  std::vector<FromItem> from;   ///< one or more
  std::optional<Syntax> where;
};

/// True for text of blanks only.
bool is_blank_query(std::string_view sql);
/// SELECT * FROM *, in whatever case.
bool is_all_tables_query(std::string_view sql);
Result<SelectSyntax> parse_select(std::string_view sql);

}  // namespace orrery::subscribe
