// For the tests of this folder: parsing that must succeed or fail, and the structure of expressions
// as text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "sql/parser.h"
#include "sql/to_sql.h"
#include "sql/tree.h"

namespace orrery::sql {

/// The only statement of `sql`; a test failure and null where there is none.
inline StatementPtr parse_one(std::string_view sql) {
  auto parsed = parse_script(sql);
  if (!parsed) {
    ADD_FAILURE() << sql << "\n" << parsed.error().message();
    return nullptr;
  }
  EXPECT_EQ(parsed->size(), 1u) << sql;
  return parsed->empty() ? nullptr : std::move((*parsed)[0]);
}

inline ExprPtr parse_expr_ok(std::string_view sql) {
  auto parsed = parse_expression(sql);
  if (!parsed) {
    ADD_FAILURE() << sql << "\n" << parsed.error().message();
    return nullptr;
  }
  return std::move(*parsed);
}

/// The message of the error that parsing `sql` gives; "no error" where it gives none.
inline std::string parse_error(std::string_view sql, ParseOptions options = {}) {
  auto parsed = parse_script(sql, options);
  if (parsed) return "no error";
  EXPECT_EQ(parsed.error().code(), ErrorCode::kParse);
  EXPECT_GT(parsed.error().position().line, 0u);
  return parsed.error().message();
}

/// Every operation in parentheses, children in order: "(1 + (2 * 3))", "(IN a 1 2)".
inline std::string shape(const Expr& e) {
  std::string children;
  for_each_child(e, [&](const Expr& child) { children += " " + shape(child); });
  switch (e.kind) {
    case ExprKind::kBinary: {
      const auto& b = as<BinaryExpr>(e);
      return "(" + shape(*b.left) + " " + std::string(operator_text(b.op)) + " " + shape(*b.right) +
             ")";
    }
    case ExprKind::kLogical:
      return std::string(as<LogicalExpr>(e).op == LogicalOp::kAnd ? "(AND" : "(OR") + children +
             ")";
    case ExprKind::kUnary: {
      constexpr std::string_view kNames[] = {"(NEG", "(POS", "(BITNOT", "(NOT"};
      return std::string(kNames[static_cast<int>(as<UnaryExpr>(e).op)]) + children + ")";
    }
    case ExprKind::kIs:
      return "(IS" + children + ")";
    case ExprKind::kLike:
      return (as<LikeExpr>(e).negation == Negation::kNegated ? "(NOT LIKE" : "(LIKE") + children +
             ")";
    case ExprKind::kBetween:
      return (as<BetweenExpr>(e).negation == Negation::kNegated ? "(NOT BETWEEN" : "(BETWEEN") +
             children + ")";
    case ExprKind::kInList:
      return (as<InListExpr>(e).negation == Negation::kNegated ? "(NOT IN" : "(IN") + children +
             ")";
    case ExprKind::kInQuery:
      return "(INQUERY" + children + ")";
    case ExprKind::kQuantified:
      return "(QUANTIFIED" + children + ")";
    case ExprKind::kRow:
      return "(ROW" + children + ")";
    case ExprKind::kSubquery:
      return "(SUBQUERY)";
    default:
      return to_sql(e);
  }
}

inline std::string shape_of(std::string_view sql) {
  ExprPtr e = parse_expr_ok(sql);
  return e ? shape(*e) : "";
}

/// to_sql of the only statement.
inline std::string canonical(std::string_view sql) {
  StatementPtr statement = parse_one(sql);
  return statement ? to_sql(*statement) : "";
}

/// `inner` between `depth` repetitions of `open` and `close`.
inline std::string nested(std::string_view open, std::string_view inner, std::string_view close,
                          size_t depth) {
  std::string out;
  for (size_t i = 0; i < depth; ++i) out += open;
  out += inner;
  for (size_t i = 0; i < depth; ++i) out += close;
  return out;
}

}  // namespace orrery::sql
