#include "subscribe/dialect.h"

#include <array>
#include <utility>

#include "base/utf8.h"
#include "subscribe/dialect_lexer.h"

namespace orrery::subscribe {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool same_word(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

Error unsupported(std::string message) {
  return Error(ErrorCode::kNotSupported, std::move(message));
}

// Words that cannot be an alias, nor a name without quotes.
constexpr std::string_view kReserved[] = {
    "select", "from",    "where", "join",    "inner",      "left",  "right",  "full",
    "cross",  "natural", "outer", "on",      "using",      "and",   "or",     "not",
    "group",  "order",   "limit", "offset",  "having",     "union", "except", "intersect",
    "fetch",  "for",     "with",  "window",  "qualify",    "as",    "in",     "is",
    "like",   "ilike",   "set",   "between", "tablesample"};

class Parser {
 public:
  explicit Parser(std::string_view sql) : sql_(sql), lexer_(sql) { advance(); }

  Result<SelectSyntax> statement();

 private:
  void advance() { piece_ = lexer_.next(); }
  std::string_view text() const { return lexer_.text(piece_); }
  bool is(DialectToken kind) const { return piece_.kind == kind; }
  bool is_word(std::string_view word) const {
    return is(DialectToken::kWord) && same_word(text(), word);
  }
  bool is_punct(char c) const { return is(DialectToken::kPunct) && text()[0] == c; }
  bool take_word(std::string_view word) {
    if (!is_word(word)) return false;
    advance();
    return true;
  }
  bool take_punct(char c) {
    if (!is_punct(c)) return false;
    advance();
    return true;
  }
  bool is_reserved() const {
    if (!is(DialectToken::kWord)) return false;
    for (std::string_view word : kReserved) {
      if (same_word(text(), word)) return true;
    }
    return false;
  }
  bool is_name() const {
    return is(DialectToken::kQuoted) || (is(DialectToken::kWord) && !is_reserved());
  }
  /// A word that can be read as a name because nothing else can stand there.
  bool is_any_name() const { return is(DialectToken::kQuoted) || is(DialectToken::kWord); }
  /// What the original says about a text that is no statement.
  Error expected(std::string_view what) const;
  std::string from_source(size_t begin) const;

  Result<std::string> name(std::string_view what);
  Result<std::string> any_name(std::string_view what);
  Status select_list(SelectSyntax* out);
  Result<Syntax> select_item(bool* aggregate);
  Status from_clause(SelectSyntax* out);
  Status table(FromItem* out);
  /// True where another JOIN follows, whose keywords are read.
  Result<bool> join();
  Status trailing();

  Result<Syntax> disjunction();
  Result<Syntax> conjunction();
  Result<Syntax> negation();
  Result<Syntax> comparison();
  Result<Syntax> primary();
  Result<Syntax> column();
  Result<Syntax> parenthesised();
  Result<CompareOp> compare_op();

  std::string_view sql_;
  DialectLexer lexer_;
  DialectPiece piece_;
  uint32_t depth_ = 0;
};

Error Parser::expected(std::string_view what) const {
  SourcePosition position{1, 1};
  for (size_t i = 0; i < piece_.begin && i < sql_.size(); ++i) {
    if (sql_[i] == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((static_cast<unsigned char>(sql_[i]) & 0xC0) != 0x80) {
      ++position.column;
    }
  }
  std::string message = "sql parser error: ";
  if (is(DialectToken::kError)) {
    message += lexer_.error();
  } else {
    message += "Expected ";
    message += what;
    message += ", found: ";
    message += is(DialectToken::kEnd) ? std::string_view("EOF") : text();
  }
  message += " at Line: " + std::to_string(position.line);
  message += ", Column " + std::to_string(position.column);
  return Error(ErrorCode::kParse, std::move(message), position);
}

std::string Parser::from_source(size_t begin) const {
  std::string_view rest = sql_.substr(begin);
  while (!rest.empty() && (is_blank(rest.back()) || rest.back() == ';')) rest.remove_suffix(1);
  return std::string(rest);
}

Result<std::string> Parser::name(std::string_view what) {
  if (!is_name()) return expected(what);
  std::string out = lexer_.value(piece_);
  advance();
  return out;
}

Result<std::string> Parser::any_name(std::string_view what) {
  if (!is_any_name()) return expected(what);
  std::string out = lexer_.value(piece_);
  advance();
  return out;
}

Result<SelectSyntax> Parser::statement() {
  while (take_punct(';')) {
  }
  if (is(DialectToken::kEnd)) return unsupported("Empty SQL query");
  size_t begin = piece_.begin;
  for (std::string_view word : {"insert", "update", "delete", "set", "show", "create", "drop",
                                "alter", "truncate", "begin", "commit", "rollback", "explain"}) {
    if (is_word(word)) return unsupported("Unsupported: Non-SELECT queries");
  }
  if (is_word("with")) return unsupported("Unsupported: " + from_source(begin));
  if (is_word("values")) return unsupported("Unsupported set operation: " + from_source(begin));
  if (!take_word("select")) return expected("an SQL statement");
  if (is_word("distinct")) return unsupported("Unsupported SELECT: " + from_source(begin));
  SelectSyntax out;
  ORRERY_TRY(select_list(&out));
  if (!take_word("from")) {
    if (is(DialectToken::kEnd) || is_punct(';') || is_word("where")) {
      return unsupported("A FROM clause is required");
    }
    return expected("end of statement");
  }
  ORRERY_TRY(from_clause(&out));
  if (take_word("where")) {
    ORRERY_TRY_ASSIGN(Syntax where, disjunction());
    out.where = std::move(where);
  }
  ORRERY_TRY(trailing());
  return out;
}

Status Parser::trailing() {
  for (std::string_view word : {"group", "having", "window", "qualify"}) {
    if (is_word(word)) return unsupported("Unsupported SELECT: " + from_source(0));
  }
  for (std::string_view word : {"limit", "order", "offset", "fetch", "for"}) {
    if (is_word(word)) return unsupported("Unsupported: " + from_source(0));
  }
  for (std::string_view word : {"union", "except", "intersect"}) {
    if (is_word(word)) return unsupported("Unsupported set operation: " + from_source(0));
  }
  bool ended = is(DialectToken::kEnd);
  while (take_punct(';')) ended = true;
  if (is(DialectToken::kEnd)) return {};
  if (ended) return unsupported("Multiple SQL statements are not supported");
  return expected("end of statement");
}

// --- what is selected ---

Result<Syntax> Parser::select_item(bool* aggregate) {
  size_t begin = piece_.begin;
  ORRERY_TRY_ASSIGN(std::string first, name("an expression"));
  Syntax out;
  out.kind = SyntaxKind::kColumn;
  if (take_punct('(')) {
    // COUNT(*) AS n is the only function; what subscriptions say of it is the same for all.
    bool star = take_punct('*');
    if (!star || !take_punct(')')) {
      return unsupported("Unsupported aggregate function: " + from_source(begin));
    }
    if (!same_word(first, "count")) {
      return unsupported("Unsupported aggregate function: " + first + "(*)");
    }
    *aggregate = true;
    return out;
  }
  while (take_punct('.')) {
    if (!out.qualifier.empty()) out.qualifier += '.';
    out.qualifier += first;
    if (take_punct('*')) {
      out.text = "*";
      return out;
    }
    ORRERY_TRY_ASSIGN(first, any_name("an identifier"));
  }
  out.text = std::move(first);
  return out;
}

Status Parser::select_list(SelectSyntax* out) {
  if (take_punct('*')) {
    if (is_punct(',')) return unsupported("Mixed wildcard projections are not supported");
    out->list = SelectList::kStar;
    return {};
  }
  bool aggregate = false, aliased = false;
  do {
    if (is_punct('*')) return unsupported("Mixed wildcard projections are not supported");
    if (!is_name()) {
      if (is(DialectToken::kEnd) || is(DialectToken::kError) || is(DialectToken::kWord)) {
        return expected("an expression");
      }
      return unsupported("Unsupported projection expression: " + from_source(piece_.begin));
    }
    ORRERY_TRY_ASSIGN(Syntax item, select_item(&aggregate));
    aliased = false;
    if (item.text != "*" && (take_word("as") || is_name())) {
      ORRERY_TRY_ASSIGN(std::string alias, name("an identifier after AS"));
      aliased = true;
    }
    out->columns.push_back(std::move(item));
  } while (take_punct(','));
  if (aggregate && !aliased) return unsupported("Aggregate expressions must have column aliases");
  out->list = aggregate ? SelectList::kCount : SelectList::kColumns;
  for (Syntax& item : out->columns) {
    if (item.text != "*") continue;
    if (out->columns.size() > 1) {
      return unsupported("Mixed wildcard projections are not supported");
    }
    out->list = SelectList::kTableStar;
    out->star = std::move(item.qualifier);
  }
  return {};
}

// --- where from ---

Status Parser::table(FromItem* out) {
  if (is_punct('(')) {
    return unsupported("Unsupported FROM expression: " + from_source(piece_.begin));
  }
  ORRERY_TRY_ASSIGN(out->table, any_name("identifier"));
  while (take_punct('.')) {
    ORRERY_TRY_ASSIGN(std::string part, any_name("identifier"));
    out->table += '.';
    out->table += part;
  }
  out->alias = out->table;
  if (is_punct('(')) return unsupported("Unsupported FROM expression: " + out->table + "(...)");
  if (take_word("as") || is_name()) {
    ORRERY_TRY_ASSIGN(out->alias, name("an identifier after AS"));
  }
  return {};
}

Result<bool> Parser::join() {
  if (is_punct(',')) return unsupported("Implicit joins are not supported");
  for (std::string_view word : {"left", "right", "full", "natural", "outer"}) {
    if (is_word(word)) return unsupported("Non-inner joins are not supported");
  }
  bool needed = take_word("inner") || take_word("cross");
  if (take_word("join")) return true;
  if (needed) return expected("JOIN");
  return false;
}

Status Parser::from_clause(SelectSyntax* out) {
  out->from.emplace_back();
  ORRERY_TRY(table(&out->from.back()));
  while (true) {
    ORRERY_TRY_ASSIGN(bool more, join());
    if (!more) return {};
    if (out->from.size() >= 64) return Error(ErrorCode::kLimit, "more than 64 tables in a query");
    out->from.emplace_back();
    FromItem& item = out->from.back();
    ORRERY_TRY(table(&item));
    if (is_word("using")) return unsupported("Non-inner joins are not supported");
    if (!take_word("on")) continue;
    ORRERY_TRY_ASSIGN(Syntax on, disjunction());
    bool equality = on.kind == SyntaxKind::kCompare && on.op == CompareOp::kEqual &&
                    on.operands[0].kind == SyntaxKind::kColumn &&
                    on.operands[1].kind == SyntaxKind::kColumn;
    if (!equality) return unsupported("Non-inner joins are not supported");
    item.on = std::move(on);
  }
}

// --- conditions ---

Result<Syntax> Parser::disjunction() {
  ORRERY_TRY_ASSIGN(Syntax first, conjunction());
  if (!is_word("or")) return first;
  Syntax out;
  out.kind = SyntaxKind::kOr;
  out.operands.push_back(std::move(first));
  while (take_word("or")) {
    ORRERY_TRY_ASSIGN(Syntax next, conjunction());
    out.operands.push_back(std::move(next));
  }
  return out;
}

Result<Syntax> Parser::conjunction() {
  ORRERY_TRY_ASSIGN(Syntax first, negation());
  if (!is_word("and")) return first;
  Syntax out;
  out.kind = SyntaxKind::kAnd;
  out.operands.push_back(std::move(first));
  while (take_word("and")) {
    ORRERY_TRY_ASSIGN(Syntax next, negation());
    out.operands.push_back(std::move(next));
  }
  return out;
}

Result<Syntax> Parser::negation() {
  bool negated = false;
  while (take_word("not")) negated = !negated;
  ORRERY_TRY_ASSIGN(Syntax operand, comparison());
  if (!negated) return operand;
  Syntax out;
  out.kind = SyntaxKind::kNot;
  out.operands.push_back(std::move(operand));
  return out;
}

Result<CompareOp> Parser::compare_op() {
  static constexpr std::pair<std::string_view, CompareOp> kOps[] = {
      {"=", CompareOp::kEqual},        {"<>", CompareOp::kNotEqual},  {"!=", CompareOp::kNotEqual},
      {"<", CompareOp::kLess},         {"<=", CompareOp::kLessEqual}, {">", CompareOp::kGreater},
      {">=", CompareOp::kGreaterEqual}};
  for (const auto& [spelling, op] : kOps) {
    if (text() == spelling) return op;
  }
  return unsupported("Unsupported binary operator: " + std::string(text()));
}

Result<Syntax> Parser::comparison() {
  size_t begin = piece_.begin;
  ORRERY_TRY_ASSIGN(Syntax left, primary());
  for (uint32_t chained = 0; is(DialectToken::kOperator) || is_punct('*'); ++chained) {
    ORRERY_TRY_ASSIGN(CompareOp op, compare_op());
    if (chained > 8) return Error(ErrorCode::kLimit, "a chain of more than 8 comparisons");
    advance();
    ORRERY_TRY_ASSIGN(Syntax right, primary());
    Syntax out;
    out.kind = SyntaxKind::kCompare;
    out.op = op;
    out.operands.push_back(std::move(left));
    out.operands.push_back(std::move(right));
    left = std::move(out);
  }
  for (std::string_view word : {"is", "in", "like", "ilike", "between", "not"}) {
    if (is_word(word)) return unsupported("Unsupported expression: " + from_source(begin));
  }
  return left;
}

Result<Syntax> Parser::parenthesised() {
  if (++depth_ > kNestingMax) {
    return Error(ErrorCode::kLimit, "Recursion limit exceeded, `sql-parser::parse_expr`");
  }
  size_t begin = piece_.begin;
  advance();
  if (is_word("select")) return unsupported("Unsupported expression: " + from_source(begin));
  ORRERY_TRY_ASSIGN(Syntax out, disjunction());
  if (is_punct(',')) return unsupported("Unsupported expression: " + from_source(begin));
  if (!take_punct(')')) return expected(")");
  --depth_;
  return out;
}

Result<Syntax> Parser::column() {
  size_t begin = piece_.begin;
  Syntax out;
  out.kind = SyntaxKind::kColumn;
  ORRERY_TRY_ASSIGN(out.text, any_name("an expression"));
  while (take_punct('.')) {
    if (!out.qualifier.empty()) out.qualifier += '.';
    out.qualifier += out.text;
    ORRERY_TRY_ASSIGN(out.text, any_name("identifier"));
  }
  if (is_punct('(')) return unsupported("Unsupported expression: " + from_source(begin));
  if (is(DialectToken::kString)) {  // DATE '...', E'...'
    return unsupported("Unsupported expression: " + from_source(begin));
  }
  return out;
}

Result<Syntax> Parser::primary() {
  Syntax out;
  size_t begin = piece_.begin;
  switch (piece_.kind) {
    case DialectToken::kNumber:
    case DialectToken::kString:
    case DialectToken::kHex:
      out.kind = SyntaxKind::kLiteral;
      out.hex = is(DialectToken::kHex);
      out.text = lexer_.value(piece_);
      advance();
      return out;
    case DialectToken::kParameter:
      if (text() != ":sender") {
        return unsupported("Unsupported literal expression: " + std::string(text()));
      }
      out.kind = SyntaxKind::kSender;
      advance();
      return out;
    case DialectToken::kOperator: {
      if (text() != "-" && text() != "+") return expected("an expression");
      std::string sign(text());
      advance();
      if (!is(DialectToken::kNumber)) {
        if (is(DialectToken::kEnd)) return expected("an expression");
        return unsupported("Unsupported expression: " + from_source(begin));
      }
      out.kind = SyntaxKind::kLiteral;
      out.text = sign + lexer_.value(piece_);
      advance();
      return out;
    }
    case DialectToken::kPunct:
      if (is_punct('(')) return parenthesised();
      return expected("an expression");
    case DialectToken::kWord:
      if (is_word("true") || is_word("false")) {
        out.kind = SyntaxKind::kBoolean;
        out.boolean = is_word("true");
        advance();
        return out;
      }
      if (is_word("null")) return unsupported("Unsupported literal expression: NULL");
      if (is_word("case") || is_word("cast") || is_word("exists")) {
        return unsupported("Unsupported expression: " + from_source(begin));
      }
      for (std::string_view word : {"and", "or", "select", "from", "where", "join", "on", "is"}) {
        if (is_word(word)) return expected("an expression");
      }
      return column();
    case DialectToken::kQuoted:
      return column();
    case DialectToken::kEnd:
    case DialectToken::kError:
      break;
  }
  return expected("an expression");
}

}  // namespace

std::string_view compare_op_text(CompareOp op) {
  static constexpr std::array<std::string_view, 6> kTexts = {"=", "<>", "<", "<=", ">", ">="};
  return kTexts[static_cast<size_t>(op)];
}

bool is_blank_query(std::string_view sql) {
  for (char c : sql) {
    if (!is_blank(c)) return false;
  }
  return true;
}

bool is_all_tables_query(std::string_view sql) {
  size_t at = 0;
  auto blanks = [&] {
    size_t begin = at;
    while (at < sql.size() && is_blank(sql[at])) ++at;
    return at > begin;
  };
  auto take = [&](std::string_view word) {
    bool found = same_word(sql.substr(at, word.size()), word);
    if (found) at += word.size();
    return found;
  };
  blanks();
  if (!take("select") || !blanks() || !take("*") || !blanks()) return false;
  if (!take("from") || !blanks() || !take("*")) return false;
  blanks();
  return at == sql.size();
}

Result<SelectSyntax> parse_select(std::string_view sql) {
  if (sql.size() > kQueryBytesMax) {
    return Error(ErrorCode::kLimit, "SQL query exceeds maximum allowed length: \"" +
                                        std::string(sql.substr(0, 120)) + "...\"");
  }
  if (!utf8_valid(sql)) return Error(ErrorCode::kParse, "sql parser error: not UTF-8");
  return Parser(sql).statement();
}

}  // namespace orrery::subscribe
