// Canonical text of expressions, names and literals.
#include "sql/to_sql.h"

#include <charconv>
#include <cmath>

#include "sql/lexer.h"
#include "sql/precedence.h"
#include "sql/sql_printer.h"
#include "sql/token.h"

namespace orrery::sql {
namespace {

bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// True where the text without quotes would be read as this very name everywhere.
bool is_plain_word(std::string_view s) {
  if (s.empty() || !is_word_start(s[0])) return false;
  for (char c : s) {
    // Some code points beyond ASCII are blanks; such names are quoted rather than looked up.
    bool plain = (is_word_start(c) && static_cast<unsigned char>(c) < 0x80) ||
                 (c >= '0' && c <= '9') || c == '$';
    if (!plain) return false;
  }
  return word_use(find_keyword(s)) == WordUse::kFree;
}

std::string quoted(std::string_view s, char quote) {
  std::string out(1, quote);
  for (char c : s) {
    out.push_back(c);
    if (c == quote) out.push_back(c);
  }
  out.push_back(quote);
  return out;
}

std::string real_text(double v) {
  if (std::isinf(v)) return v > 0 ? "1e999" : "-1e999";
  char buffer[32];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, v).ptr;
  std::string out(buffer, end);
  if (out.find_first_of(".e") == std::string::npos)
    out += ".0";  // else it would read as an INTEGER
  return out;
}

std::string_view pattern_operator(LikeOp op) {
  switch (op) {
    case LikeOp::kLike:
      return "LIKE";
    case LikeOp::kILike:
      return "ILIKE";
    case LikeOp::kGlob:
      return "GLOB";
    case LikeOp::kRegexp:
      return "REGEXP";
  }
  return "";
}

std::string_view extract_field(ExtractField field) {
  switch (field) {
    case ExtractField::kYear:
      return "YEAR";
    case ExtractField::kMonth:
      return "MONTH";
    case ExtractField::kDay:
      return "DAY";
    case ExtractField::kHour:
      return "HOUR";
    case ExtractField::kMinute:
      return "MINUTE";
    case ExtractField::kSecond:
      return "SECOND";
    case ExtractField::kMillisecond:
      return "MILLISECOND";
    case ExtractField::kMicrosecond:
      return "MICROSECOND";
    case ExtractField::kDayOfWeek:
      return "DOW";
    case ExtractField::kIsoDayOfWeek:
      return "ISODOW";
    case ExtractField::kDayOfYear:
      return "DOY";
    case ExtractField::kWeek:
      return "WEEK";
    case ExtractField::kQuarter:
      return "QUARTER";
    case ExtractField::kEpoch:
      return "EPOCH";
  }
  return "";
}

bool is_number(const Expr& e) {
  if (e.kind != ExprKind::kLiteral) return false;
  LiteralKind kind = as<LiteralExpr>(e).literal;
  return kind == LiteralKind::kInteger || kind == LiteralKind::kFloat;
}

bool is_negative_number(const Expr& e) {
  if (!is_number(e)) return false;
  const auto& literal = as<LiteralExpr>(e);
  return literal.literal == LiteralKind::kInteger ? literal.integer < 0
                                                  : std::signbit(literal.real);
}

uint8_t strength_of(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kUnary:
      return as<UnaryExpr>(e).op == UnaryOp::kNot ? precedence::kNot : precedence::kPrefix;
    case ExprKind::kBinary:
      return precedence::of(as<BinaryExpr>(e).op);
    case ExprKind::kLogical:
      return as<LogicalExpr>(e).op == LogicalOp::kAnd ? precedence::kAnd : precedence::kOr;
    case ExprKind::kIs:
    case ExprKind::kLike:
    case ExprKind::kBetween:
    case ExprKind::kInList:
    case ExprKind::kInQuery:
      return precedence::kEquality;
    case ExprKind::kQuantified:
      return precedence::of(as<QuantifiedExpr>(e).op);
    case ExprKind::kLiteral:
      return is_negative_number(e) ? precedence::kPrefix : precedence::kPrimary;
    default:
      return precedence::kPrimary;
  }
}

}  // namespace

std::string_view operator_text(BinaryOp op) {
  switch (op) {
    case BinaryOp::kEqual:
      return "=";
    case BinaryOp::kNotEqual:
      return "<>";
    case BinaryOp::kLess:
      return "<";
    case BinaryOp::kLessEqual:
      return "<=";
    case BinaryOp::kGreater:
      return ">";
    case BinaryOp::kGreaterEqual:
      return ">=";
    case BinaryOp::kIsDistinct:
      return "IS DISTINCT FROM";
    case BinaryOp::kIsNotDistinct:
      return "IS NOT DISTINCT FROM";
    case BinaryOp::kAdd:
      return "+";
    case BinaryOp::kSubtract:
      return "-";
    case BinaryOp::kMultiply:
      return "*";
    case BinaryOp::kDivide:
      return "/";
    case BinaryOp::kModulo:
      return "%";
    case BinaryOp::kConcat:
      return "||";
    case BinaryOp::kBitAnd:
      return "&";
    case BinaryOp::kBitOr:
      return "|";
    case BinaryOp::kBitXor:
      return "^";
    case BinaryOp::kShiftLeft:
      return "<<";
    case BinaryOp::kShiftRight:
      return ">>";
    case BinaryOp::kXor:
      return "XOR";
    case BinaryOp::kJsonGet:
      return "->";
    case BinaryOp::kJsonText:
      return "->>";
    case BinaryOp::kDistance:
      return "<=>";
  }
  return "";
}

std::string quote_text(std::string_view text) {
  std::string out = "'";
  for (size_t i = 0; i < text.size(); ++i) {
    out.push_back(text[i]);
    const bool ends = i + 1 == text.size();
    if (text[i] == '\'' || (text[i] == '\\' && (ends || escaped_char(text[i + 1]) != '\0'))) {
      out.push_back(text[i]);
    }
  }
  out.push_back('\'');
  return out;
}

std::string to_sql(const Name& name) {
  if (name.quote == QuoteStyle::kDouble) return quoted(name.text, '"');
  if (name.quote == QuoteStyle::kBacktick || !is_plain_word(name.text))
    return quoted(name.text, '`');
  return name.text;
}

void SqlPrinter::operand(const Expr& e, uint8_t minimum) {
  bool enclose = strength_of(e) < minimum;
  if (enclose) add("(");
  expr(e);
  if (enclose) add(")");
}

void SqlPrinter::expr_list(const ExprList& list) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) add(", ");
    expr(*list[i]);
  }
}

void SqlPrinter::negatable(Negation negation, std::string_view word) {
  add(negation == Negation::kNegated ? " NOT " : " ");
  add(word);
}

void SqlPrinter::subquery(const Query& q) {
  add("(");
  query(q);
  add(")");
}

void SqlPrinter::expr(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kLiteral:
      return literal(as<LiteralExpr>(e));
    case ExprKind::kParameter:
      return parameter(as<ParameterExpr>(e));
    case ExprKind::kColumn: {
      const auto& column = as<ColumnExpr>(e);
      if (!column.qualifier.empty()) add(to_sql(column.qualifier)).add(".");
      add(to_sql(column.name));
      return;
    }
    case ExprKind::kUnary:
      return unary(as<UnaryExpr>(e));
    case ExprKind::kBinary: {
      const auto& binary = as<BinaryExpr>(e);
      uint8_t strength = precedence::of(binary.op);
      operand(*binary.left, strength);
      add(" ").add(operator_text(binary.op)).add(" ");
      operand(*binary.right, strength + 1);
      return;
    }
    case ExprKind::kLogical: {
      const auto& logical = as<LogicalExpr>(e);
      uint8_t strength = strength_of(e);
      operand(*logical.operands[0], strength);
      for (size_t i = 1; i < logical.operands.size(); ++i) {
        add(logical.op == LogicalOp::kAnd ? " AND " : " OR ");
        operand(*logical.operands[i], strength + 1);
      }
      return;
    }
    case ExprKind::kCase:
      return case_expr(as<CaseExpr>(e));
    case ExprKind::kCast: {
      const auto& cast = as<CastExpr>(e);
      add("CAST(");
      expr(*cast.operand);
      add(" AS ");
      type_name(cast.target);
      add(")");
      return;
    }
    case ExprKind::kExtract: {
      const auto& extract = as<ExtractExpr>(e);
      add("EXTRACT(").add(extract_field(extract.field)).add(" FROM ");
      expr(*extract.operand);
      add(")");
      return;
    }
    case ExprKind::kFunction:
      return function(as<FunctionExpr>(e));
    case ExprKind::kDefault:
      add("DEFAULT");
      return;
    case ExprKind::kRow:
      add("(");
      expr_list(as<RowExpr>(e).items);
      add(")");
      return;
    default:
      return predicate(e);
  }
}

void SqlPrinter::predicate(const Expr& e) {
  constexpr uint8_t kLeft = precedence::kEquality;
  constexpr uint8_t kRight = precedence::kEquality + 1;
  switch (e.kind) {
    case ExprKind::kIs: {
      const auto& is = as<IsExpr>(e);
      operand(*is.operand, kLeft);
      add(is.negation == Negation::kNegated ? " IS NOT " : " IS ");
      add(is.test == IsTest::kNull ? "NULL" : is.test == IsTest::kTrue ? "TRUE" : "FALSE");
      return;
    }
    case ExprKind::kLike: {
      const auto& like = as<LikeExpr>(e);
      operand(*like.operand, kLeft);
      negatable(like.negation, pattern_operator(like.op));
      add(" ");
      operand(*like.pattern, kRight);
      if (!like.escape) return;
      add(" ESCAPE ");
      operand(*like.escape, kRight);
      return;
    }
    case ExprKind::kBetween: {
      const auto& between = as<BetweenExpr>(e);
      operand(*between.operand, kLeft);
      negatable(between.negation, "BETWEEN ");
      operand(*between.low, kRight);
      add(" AND ");
      operand(*between.high, kRight);
      return;
    }
    case ExprKind::kInList: {
      const auto& in = as<InListExpr>(e);
      operand(*in.operand, kLeft);
      negatable(in.negation, "IN (");
      expr_list(in.items);
      add(")");
      return;
    }
    case ExprKind::kInQuery: {
      const auto& in = as<InQueryExpr>(e);
      operand(*in.operand, kLeft);
      negatable(in.negation, "IN ");
      return subquery(*in.query);
    }
    case ExprKind::kQuantified: {
      const auto& quantified = as<QuantifiedExpr>(e);
      operand(*quantified.operand, precedence::of(quantified.op));
      add(" ").add(operator_text(quantified.op));
      add(quantified.quantifier == Quantifier::kAny ? " ANY " : " ALL ");
      return subquery(*quantified.query);
    }
    case ExprKind::kExists:
      add("EXISTS ");
      return subquery(*as<ExistsExpr>(e).query);
    case ExprKind::kSubquery:
      return subquery(*as<SubqueryExpr>(e).query);
    default:
      return;
  }
}

void SqlPrinter::literal(const LiteralExpr& e) {
  switch (e.literal) {
    case LiteralKind::kNull:
      add("NULL");
      return;
    case LiteralKind::kBoolean:
      add(e.integer != 0 ? "TRUE" : "FALSE");
      return;
    case LiteralKind::kInteger:
      add(std::to_string(e.integer));
      return;
    case LiteralKind::kFloat:
      add(real_text(e.real));
      return;
    case LiteralKind::kDate:
      add("DATE ");
      break;
    case LiteralKind::kTime:
      add("TIME ");
      break;
    case LiteralKind::kTimestamp:
      add("TIMESTAMP ");
      break;
    case LiteralKind::kInterval:
      add("INTERVAL ");
      break;
    case LiteralKind::kText:
      break;
  }
  add(quote_text(e.text));
}

void SqlPrinter::parameter(const ParameterExpr& e) {
  if (e.name.empty()) {
    add("$").add(std::to_string(e.index + 1));
  } else {
    add(":").add(e.name);
  }
}

void SqlPrinter::unary(const UnaryExpr& e) {
  switch (e.op) {
    case UnaryOp::kNot:
      add("NOT ");
      return operand(*e.operand, precedence::kNot);
    case UnaryOp::kNegate:
      add("-");
      break;
    case UnaryOp::kPlus:
      add("+");
      break;
    case UnaryOp::kBitNot:
      add("~");
      break;
  }
  // The sign before a number would be read as part of it, and two minus signs as a comment.
  bool enclose = is_number(*e.operand) && e.op != UnaryOp::kBitNot;
  if (!enclose && strength_of(*e.operand) == precedence::kPrefix) add(" ");
  operand(*e.operand, enclose ? precedence::kPrimary + 1 : precedence::kPrefix);
}

void SqlPrinter::case_expr(const CaseExpr& e) {
  add("CASE");
  if (e.operand) {
    add(" ");
    expr(*e.operand);
  }
  for (const CaseBranch& branch : e.branches) {
    add(" WHEN ");
    expr(*branch.when);
    add(" THEN ");
    expr(*branch.then);
  }
  if (e.otherwise) {
    add(" ELSE ");
    expr(*e.otherwise);
  }
  add(" END");
}

void SqlPrinter::type_name(const TypeName& type) {
  add(type.name);
  for (size_t i = 0; i < type.arguments.size(); ++i) {
    add(i == 0 ? "(" : ", ").add(std::to_string(type.arguments[i]));
  }
  if (!type.arguments.empty()) add(")");
}

void SqlPrinter::function(const FunctionExpr& e) {
  bool plain = style_ == SqlStyle::kSql;
  add(e.name).add("(");
  if (e.star || (!plain && e.arguments.empty() && e.name == "COUNT")) add("*");
  if (e.distinct && plain) add("DISTINCT ");
  for (size_t i = 0; i < e.arguments.size(); ++i) {
    if (i > 0) add(", ");
    // What is sought in POSITION(a IN b) ends before an IN.
    operand(*e.arguments[i],
            i == 0 && e.name == "POSITION" ? precedence::kOrder : precedence::kLowest);
  }
  if (!e.order_by.empty() && plain) {
    add(" ORDER BY ");
    order_items(e.order_by);
  }
  add(")");
  if (!plain) return;
  if (e.filter) {
    add(" FILTER (WHERE ");
    expr(*e.filter);
    add(")");
  }
  if (!e.over) return;
  add(" OVER ");
  bool named = !e.over->base.empty() && e.over->partition_by.empty() && e.over->order_by.empty() &&
               !e.over->frame;
  if (named) {
    add(to_sql(e.over->base));
    return;
  }
  add("(");
  window(*e.over);
  add(")");
}

void SqlPrinter::order_items(const std::vector<OrderItem>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) add(", ");
    expr(*items[i].expr);
    if (items[i].direction == SortDirection::kDescending) add(" DESC");
    if (items[i].nulls == NullsOrder::kFirst) add(" NULLS FIRST");
    if (items[i].nulls == NullsOrder::kLast) add(" NULLS LAST");
  }
}

void SqlPrinter::window(const WindowSpec& spec) {
  std::string_view gap = "";
  if (!spec.base.empty()) {
    add(to_sql(spec.base));
    gap = " ";
  }
  if (!spec.partition_by.empty()) {
    add(gap).add("PARTITION BY ");
    expr_list(spec.partition_by);
    gap = " ";
  }
  if (!spec.order_by.empty()) {
    add(gap).add("ORDER BY ");
    order_items(spec.order_by);
    gap = " ";
  }
  if (!spec.frame) return;
  add(gap).add(spec.frame->unit == FrameUnit::kRows ? "ROWS BETWEEN " : "RANGE BETWEEN ");
  frame_bound(spec.frame->start);
  add(" AND ");
  frame_bound(spec.frame->end);
}

void SqlPrinter::frame_bound(const FrameBound& bound) {
  if (bound.offset) expr(*bound.offset);
  switch (bound.kind) {
    case FrameBoundKind::kUnboundedPreceding:
      add("UNBOUNDED PRECEDING");
      return;
    case FrameBoundKind::kPreceding:
      add(" PRECEDING");
      return;
    case FrameBoundKind::kCurrentRow:
      add("CURRENT ROW");
      return;
    case FrameBoundKind::kFollowing:
      add(" FOLLOWING");
      return;
    case FrameBoundKind::kUnboundedFollowing:
      add("UNBOUNDED FOLLOWING");
      return;
  }
}

std::string to_sql(const Expr& expr) {
  SqlPrinter printer(SqlStyle::kSql);
  printer.expr(expr);
  return printer.take();
}

std::string label_text(const Expr& expr) {
  SqlPrinter printer(SqlStyle::kLabel);
  printer.expr(expr);
  return printer.take();
}

std::string enclosed_text(const Expr& expr) {
  SqlPrinter printer(SqlStyle::kSql);
  printer.operand(expr, precedence::kPrefix);
  return printer.take();
}

}  // namespace orrery::sql
