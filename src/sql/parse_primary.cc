// Operands: literals, parameters, columns, subqueries and the forms that begin with a keyword.
#include <algorithm>
#include <charconv>

#include "sql/parser_impl.h"
#include "types/cast.h"

namespace orrery::sql {
namespace {

constexpr std::string_view kIntervalUnits[] = {"nanosecond", "microsecond", "millisecond", "second",
                                               "minute",     "hour",        "day",         "week",
                                               "month",      "quarter",     "year"};

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

/// "HOURS" to "hour"; a word that is no unit stays as it is.
std::string normal_unit(std::string_view word) {
  std::string unit = lower(word);
  for (std::string_view known : kIntervalUnits) {
    if (unit.size() == known.size() + 1 && unit.back() == 's' && unit.starts_with(known))
      return std::string(known);
  }
  return unit;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// "[sign] digits blanks letters"
bool read_interval(std::string_view s, LiteralExpr* out) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  if (s.starts_with('+')) s.remove_prefix(1);
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), out->integer);
  if (error != std::errc()) return false;
  s.remove_prefix(static_cast<size_t>(end - s.data()));
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  if (s.empty()) return false;
  for (char c : s) {
    if (!is_letter(c)) return false;
  }
  out->text = std::to_string(out->integer) + " " + normal_unit(s);
  return true;
}

struct ExtractName {
  std::string_view text;
  ExtractField field;
};

constexpr ExtractName kExtractNames[] = {
    {"YEAR", ExtractField::kYear},
    {"MONTH", ExtractField::kMonth},
    {"DAY", ExtractField::kDay},
    {"HOUR", ExtractField::kHour},
    {"MINUTE", ExtractField::kMinute},
    {"SECOND", ExtractField::kSecond},
    {"MILLISECOND", ExtractField::kMillisecond},
    {"MICROSECOND", ExtractField::kMicrosecond},
    {"DOW", ExtractField::kDayOfWeek},
    {"ISODOW", ExtractField::kIsoDayOfWeek},
    {"DOY", ExtractField::kDayOfYear},
    {"WEEK", ExtractField::kWeek},
    {"QUARTER", ExtractField::kQuarter},
    {"EPOCH", ExtractField::kEpoch},
    {"DAYOFWEEK", ExtractField::kDayOfWeek},
    {"DAYOFYEAR", ExtractField::kDayOfYear},
    {"MILLISECONDS", ExtractField::kMillisecond},
    {"MICROSECONDS", ExtractField::kMicrosecond},
};

}  // namespace

ExprPtr Parser::parse_primary() {
  switch (token_.kind) {
    case TokenKind::kWord:
      return parse_word_primary();
    case TokenKind::kInteger:
    case TokenKind::kHexInteger:
    case TokenKind::kFloat:
      return parse_number();
    case TokenKind::kString:
      return parse_text_literal();
    case TokenKind::kDollar:
    case TokenKind::kQuestion:
    case TokenKind::kNamed:
      return parse_parameter();
    case TokenKind::kDoubleQuoted:
      if (token_.length == 2) return parse_text_literal();  // "" can be no name
      return parse_column();
    case TokenKind::kBacktickQuoted:
      return parse_column();
    case TokenKind::kOpen:
      return parse_subquery();
    case TokenKind::kError:
    case TokenKind::kEnd:
      fail_expected("expression");
      return nullptr;
    default:
      fail("unexpected punctuator: " + std::string(text(token_)));
      return nullptr;
  }
}

ExprPtr Parser::parse_word_primary() {
  switch (token_.keyword) {
    case Keyword::kNone:
      break;
    case Keyword::kNULL:
      return make_simple_literal(LiteralKind::kNull, types::TypeId::kNull, 0);
    case Keyword::kTRUE:
      return make_simple_literal(LiteralKind::kBoolean, types::TypeId::kBoolean, 1);
    case Keyword::kFALSE:
      return make_simple_literal(LiteralKind::kBoolean, types::TypeId::kBoolean, 0);
    case Keyword::kCASE:
      return parse_case();
    case Keyword::kEXISTS:
      return parse_exists();
    case Keyword::kCURRENT_DATE:
    case Keyword::kCURRENT_TIME:
    case Keyword::kCURRENT_TIMESTAMP:
      if (!next_is(TokenKind::kOpen)) return parse_niladic();
      break;
    case Keyword::kDATE:
      if (next_is(TokenKind::kString))
        return parse_typed_literal(LiteralKind::kDate, types::TypeId::kTimestamp);
      break;
    case Keyword::kTIME:
      if (next_is(TokenKind::kString))
        return parse_typed_literal(LiteralKind::kTime, types::TypeId::kText);
      break;
    case Keyword::kTIMESTAMP:
      if (next_is(TokenKind::kString))
        return parse_typed_literal(LiteralKind::kTimestamp, types::TypeId::kTimestamp);
      break;
    case Keyword::kINTERVAL: {
      TokenKind next = peek_next().kind;
      if (next == TokenKind::kString || next == TokenKind::kInteger) return parse_interval();
      break;
    }
    default:
      break;
  }
  bool reserved = word_use(token_.keyword) == WordUse::kReserved;
  if (!reserved && next_is(TokenKind::kOpen)) return parse_call_primary();
  if (at_name(NameUse::kColumn)) return parse_column();
  fail("'" + std::string(text(token_)) + "' cannot be used here, expected expression");
  return nullptr;
}

ExprPtr Parser::parse_call_primary() {
  switch (token_.keyword) {
    case Keyword::kCAST:
      return parse_cast();
    case Keyword::kEXTRACT:
      return parse_extract();
    case Keyword::kPOSITION:
      return parse_position();
    case Keyword::kSUBSTRING:
    case Keyword::kSUBSTR:
      return parse_substring();
    case Keyword::kTRIM:
      return parse_trim();
    case Keyword::kROLLUP:
    case Keyword::kCUBE:
      fail(std::string(keyword_text(token_.keyword)) + " can only stand in GROUP BY");
      return nullptr;
    default:
      return parse_function();
  }
}

ExprPtr Parser::make_simple_literal(LiteralKind kind, types::TypeId type, int64_t integer) {
  auto literal = start_node<LiteralExpr>();
  literal->literal = kind;
  literal->type = type;
  literal->integer = integer;
  advance();
  return literal;
}

ExprPtr Parser::parse_text_literal() {
  auto literal = start_node<LiteralExpr>();
  literal->literal = LiteralKind::kText;
  literal->type = types::TypeId::kText;
  literal->text = string_value(text(token_));
  advance();
  return literal;
}

ExprPtr Parser::parse_typed_literal(LiteralKind kind, types::TypeId type) {
  auto literal = start_node<LiteralExpr>();
  literal->literal = kind;
  literal->type = type;
  advance();
  literal->text = string_value(text(token_));
  advance();
  return literal;
}

ExprPtr Parser::parse_interval() {
  auto literal = start_node<LiteralExpr>();
  literal->literal = LiteralKind::kInterval;
  literal->type = types::TypeId::kText;
  advance();
  SourcePosition position = token_.position;
  std::string amount;
  if (at(TokenKind::kString)) {
    amount = string_value(text(token_));
  } else {
    amount = text(token_);
    advance();
    if (!at(TokenKind::kWord)) return fail_expected("unit after INTERVAL"), nullptr;
    amount.append(" ").append(text(token_));
  }
  if (!read_interval(amount, literal.get())) {
    fail_at(position, "invalid interval format: " + amount);
    return nullptr;
  }
  advance();
  return literal;
}

ExprPtr Parser::parse_number() {
  auto literal = start_node<LiteralExpr>();
  std::string_view digits = text(token_);
  literal->literal = LiteralKind::kInteger;
  literal->type = types::TypeId::kInteger;
  std::errc error{};
  if (at(TokenKind::kInteger)) {
    error = std::from_chars(digits.data(), digits.data() + digits.size(), literal->integer).ec;
  } else if (at(TokenKind::kHexInteger)) {
    error =
        std::from_chars(digits.data() + 2, digits.data() + digits.size(), literal->integer, 16).ec;
    if (error != std::errc()) return fail("hexadecimal number does not fit in INTEGER"), nullptr;
  }
  if (at(TokenKind::kFloat) || error != std::errc()) {
    literal->literal = LiteralKind::kFloat;
    literal->type = types::TypeId::kFloat;
    types::parse_double(digits, &literal->real);  // the lexer lets nothing else through
    std::string_view significant =
        digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
    literal->integer = significant == "9223372036854775808" ? INT64_MIN : 0;  // see fold_sign
    if (at(TokenKind::kInteger)) literal->text = digits;
  }
  advance();
  return literal;
}

ExprPtr Parser::parse_parameter() {
  auto parameter = start_node<ParameterExpr>();
  if (at(TokenKind::kQuestion)) {
    parameter->index = question_count_++;
    if (question_count_ > limits::kParametersMax) return fail("too many parameters"), nullptr;
  } else if (!number_parameter(parameter.get())) {
    return nullptr;
  }
  advance();
  return parameter;
}

bool Parser::number_parameter(ParameterExpr* parameter) {
  std::string_view rest = text(token_).substr(1);
  if (at(TokenKind::kDollar)) {
    uint32_t n = 0;
    auto error = std::from_chars(rest.data(), rest.data() + rest.size(), n).ec;
    if (error != std::errc() || n == 0 || n > limits::kParametersMax) {
      return fail("Invalid expression: Invalid parameter " + std::string(text(token_)));
    }
    parameter->index = n - 1;
    raise(&dollar_max_, n);
    return true;
  }
  parameter->name = rest;
  auto place = parameter_places_.try_emplace(parameter->name,
                                             static_cast<uint32_t>(parameter_names_.size()));
  if (place.second) parameter_names_.push_back(parameter->name);
  parameter->index = place.first->second;
  return parameter_names_.size() <= limits::kParametersMax || fail("too many parameters");
}

ExprPtr Parser::parse_column() {
  if (!at_name(NameUse::kColumn)) return fail_expected("expression"), nullptr;
  auto column = start_node<ColumnExpr>();
  column->name = take_name();
  if (!at(TokenKind::kDot)) return column;
  advance();
  if (!at(TokenKind::kWord) && !at_name(NameUse::kColumn)) {
    return fail_expected("column name after '.'"), nullptr;
  }
  column->qualifier = std::move(column->name);
  column->name = take_name();
  if (at(TokenKind::kDot)) return fail("a column has at most one qualifier"), nullptr;
  return column;
}

ExprPtr Parser::parse_subquery() {
  SourcePosition position = token_.position;
  advance();
  QueryPtr query = parse_query();
  if (query == nullptr || !expect(TokenKind::kClose, "')'")) return nullptr;
  return make_subquery(std::move(query), position);
}

ExprPtr Parser::parse_exists() {
  auto exists = start_node<ExistsExpr>();
  advance();
  if (!expect(TokenKind::kOpen, "'(' after EXISTS")) return nullptr;
  exists->query = parse_query();
  if (exists->query == nullptr || !expect(TokenKind::kClose, "')'")) return nullptr;
  if (!set_height(*exists, exists->query->height)) return nullptr;
  return exists;
}

ExprPtr Parser::parse_case() {
  auto node = start_node<CaseExpr>();
  uint32_t height = 0;
  advance();
  if (!at(Keyword::kWHEN) && !parse_into(&node->operand, &height)) return nullptr;
  if (!at(Keyword::kWHEN)) return fail_expected("WHEN in CASE"), nullptr;
  while (accept(Keyword::kWHEN)) {
    CaseBranch& branch = node->branches.emplace_back();
    if (!parse_into(&branch.when, &height) || !expect(Keyword::kTHEN, "the condition of WHEN") ||
        !parse_into(&branch.then, &height)) {
      return nullptr;
    }
  }
  if (accept(Keyword::kELSE) && !parse_into(&node->otherwise, &height)) return nullptr;
  if (!expect(Keyword::kEND, "CASE") || !set_height(*node, height)) return nullptr;
  return node;
}

ExprPtr Parser::parse_cast() {
  auto cast = start_node<CastExpr>();
  uint32_t height = 0;
  advance();
  advance();
  if (!parse_into(&cast->operand, &height) || !expect(Keyword::kAS, "the expression in CAST") ||
      !parse_type(&cast->target) || !expect(TokenKind::kClose, "')'") ||
      !set_height(*cast, height)) {
    return nullptr;
  }
  return cast;
}

ExprPtr Parser::parse_extract() {
  auto extract = start_node<ExtractExpr>();
  uint32_t height = 0;
  advance();
  advance();
  if (!at(TokenKind::kWord) && !at(TokenKind::kString))
    return fail_expected("field after EXTRACT("), nullptr;
  std::string name = at(TokenKind::kWord) ? std::string(text(token_)) : string_value(text(token_));
  bool known = false;
  for (const ExtractName& candidate : kExtractNames) {
    if (lower(name) != lower(candidate.text)) continue;
    extract->field = candidate.field;
    known = true;
  }
  if (!known) {
    fail("invalid EXTRACT field '" + name +
         "'. Valid fields: YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, DOW, "
         "ISODOW, DOY, WEEK, "
         "QUARTER, EPOCH");
    return nullptr;
  }
  advance();
  if (!expect(Keyword::kFROM, "the field in EXTRACT") || !parse_into(&extract->operand, &height) ||
      !expect(TokenKind::kClose, "')'") || !set_height(*extract, height)) {
    return nullptr;
  }
  return extract;
}

bool Parser::parse_into(ExprPtr* out, uint32_t* height) {
  *out = parse_expr();
  if (*out == nullptr) return false;
  raise(height, (*out)->height);
  return true;
}

bool Parser::parse_value(ExprPtr* out, uint32_t* height) {
  if (!at(Keyword::kDEFAULT)) return parse_into(out, height);
  auto node = start_node<DefaultExpr>();
  advance();
  raise(height, node->height);
  *out = std::move(node);
  return true;
}

bool Parser::parse_expr_list(ExprList* out, uint32_t* height) {
  do {
    ExprPtr& slot = out->emplace_back();
    if (!parse_into(&slot, height)) return false;
  } while (accept(TokenKind::kComma));
  return true;
}

}  // namespace orrery::sql
