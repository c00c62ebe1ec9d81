// The parser's cursor, names and errors, and the functions of sql/parser.h.
#include "sql/parser.h"

#include <algorithm>

#include "sql/parser_impl.h"

namespace orrery::sql {
namespace {

constexpr size_t kQuotedTokenBytesMax = 40;  // in messages
constexpr size_t kCaretLineColumns = 120;

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

Parser::Parser(std::string_view sql, ParseOptions options)
    : sql_(sql), lexer_(sql), options_(options) {
  token_ = lexer_.next();
}

const Token& Parser::peek_next() {
  if (ahead_count_ == 0) ahead_[ahead_count_++] = lexer_.next();
  return ahead_[0];
}

const Token& Parser::peek_third() {
  peek_next();
  if (ahead_count_ == 1) ahead_[ahead_count_++] = lexer_.next();
  return ahead_[1];
}

void Parser::advance() {
  previous_end_ = token_.end();
  if (ahead_count_ == 0) {
    token_ = lexer_.next();
    return;
  }
  token_ = ahead_[0];
  ahead_[0] = ahead_[1];
  --ahead_count_;
}

bool Parser::expect(Keyword keyword, std::string_view after) {
  if (accept(keyword)) return true;
  return fail_expected(std::string(keyword_text(keyword)) + " after " + std::string(after));
}

bool Parser::expect(TokenKind punctuation, std::string_view what) {
  return accept(punctuation) || fail_expected(what);
}

bool Parser::fail_at(SourcePosition position, std::string_view message) {
  if (error_) return false;
  std::string text = "parse error: ";
  text.append(message);
  text += " at position line " + std::to_string(position.line) + ", column " +
          std::to_string(position.column);
  error_.emplace(ErrorCode::kParse, std::move(text), position);
  return false;
}

bool Parser::fail(std::string_view message) {
  return fail_at(token_.position,
                 at(TokenKind::kError) ? std::string_view(lexer_.error_message()) : message);
}

bool Parser::fail_expected(std::string_view what) {
  std::string message;
  if (at(TokenKind::kEnd)) {
    message.append("unexpected end of input, expected ").append(what);
  } else {
    message.append("expected ").append(what).append(", got ").append(describe(token_));
  }
  return fail(message);
}

std::string Parser::describe(const Token& token) const {
  if (token.is(TokenKind::kEnd)) return "end of input";
  std::string_view shown = text(token);
  if (shown.size() <= kQuotedTokenBytesMax) return "'" + std::string(shown) + "'";
  size_t cut = kQuotedTokenBytesMax;
  while (cut > 0 && is_continuation(shown[cut])) --cut;
  return "'" + std::string(shown.substr(0, cut)) + "...'";
}

bool Parser::text_is(const Token& token, std::string_view wanted) const {
  std::string_view s = text(token);
  return std::equal(s.begin(), s.end(), wanted.begin(), wanted.end(),
                    [](char a, char b) { return upper(a) == b; });
}

std::string Parser::upper_text(const Token& token) const {
  std::string out(text(token));
  for (char& c : out) c = upper(c);
  return out;
}

bool Parser::at_name(NameUse use) const {
  if (at(TokenKind::kDoubleQuoted) || at(TokenKind::kBacktickQuoted)) return token_.length > 2;
  if (!at(TokenKind::kWord)) return false;
  if (token_.keyword == Keyword::kNone) return true;
  switch (word_use(token_.keyword)) {
    case WordUse::kFree:
      return true;
    case WordUse::kName:
      return use != NameUse::kImplicitAlias;
    case WordUse::kReserved:
      return use == NameUse::kAliasAfterAs && token_.keyword != Keyword::kFROM;
  }
  return false;
}

Name Parser::take_name() {
  Name name;
  name.position = token_.position;
  if (at(TokenKind::kWord)) {
    name.text = text(token_);
  } else {
    name.quote = at(TokenKind::kDoubleQuoted) ? QuoteStyle::kDouble : QuoteStyle::kBacktick;
    name.text = quoted_name(text(token_));
  }
  advance();
  return name;
}

bool Parser::parse_name(std::string_view what, Name* out) {
  if (!at_name(NameUse::kColumn)) return fail_expected(what);
  *out = take_name();
  return true;
}

bool Parser::parse_name_list(std::string_view what, std::vector<Name>* out) {
  if (!expect(TokenKind::kOpen, "'('")) return false;
  do {
    if (!parse_name(what, &out->emplace_back())) return false;
  } while (accept(TokenKind::kComma));
  return expect(TokenKind::kClose, "')'");
}

bool Parser::parse_any_word(std::string_view what, Name* out) {
  if (!at(TokenKind::kWord) && !at_name(NameUse::kColumn)) return fail_expected(what);
  *out = take_name();
  return true;
}

Result<std::vector<StatementPtr>> Parser::script() {
  std::vector<StatementPtr> statements;
  for (;;) {
    while (accept(TokenKind::kSemicolon)) {
    }
    if (at(TokenKind::kEnd)) return statements;
    bool nothing =
        at(Keyword::kEXPLAIN) && (next_is(TokenKind::kEnd) || next_is(TokenKind::kSemicolon));
    if (nothing) {  // EXPLAIN of no statement counts as none
      advance();
      continue;
    }
    StatementPtr statement = parse_statement();
    if (statement != nullptr && !at_end_of_statement()) fail_expected("end of statement");
    if (failed()) return take_error();
    statements.push_back(std::move(statement));
  }
}

Result<ExprPtr> Parser::lone_expression() {
  ExprPtr expr = parse_expr();
  if (expr != nullptr && !at(TokenKind::kEnd)) fail_expected("end of expression");
  if (failed()) return take_error();
  return expr;
}

Result<QueryPtr> Parser::lone_query() {
  QueryPtr query = parse_query();
  if (query != nullptr) accept(TokenKind::kSemicolon);
  if (query != nullptr && !at(TokenKind::kEnd)) fail_expected("end of query");
  if (failed()) return take_error();
  return query;
}

Result<std::vector<StatementPtr>> parse_script(std::string_view sql, ParseOptions options) {
  ORRERY_TRY(check_text(sql));
  return Parser(sql, options).script();
}

Result<ExprPtr> parse_expression(std::string_view sql) {
  ORRERY_TRY(check_text(sql));
  return Parser(sql, {}).lone_expression();
}

Result<QueryPtr> parse_query(std::string_view sql) {
  ORRERY_TRY(check_text(sql));
  return Parser(sql, {}).lone_query();
}

size_t find_statement_end(std::string_view text) {
  if (text.size() > kSqlBytesMax) return std::string_view::npos;
  size_t begin = 0;
  while (begin < text.size()) {
    Lexer lexer(text.substr(begin));
    Token token = lexer.next();
    while (!token.is(TokenKind::kSemicolon) && !token.is(TokenKind::kEnd) &&
           !token.is(TokenKind::kError)) {
      token = lexer.next();
    }
    begin += token.end();
    if (token.is(TokenKind::kSemicolon)) return begin;
    // A string or comment that does not end reaches to the end of the text. Other errors are read
    // over, so that the statement ends and parsing it can complain of them.
  }
  return std::string_view::npos;
}

bool is_blank_sql(std::string_view text) {
  if (text.size() > kSqlBytesMax) return false;
  Lexer lexer(text);
  for (;;) {
    Token token = lexer.next();
    if (token.is(TokenKind::kEnd)) return true;
    if (!token.is(TokenKind::kSemicolon)) return false;
  }
}

std::string caret_text(std::string_view sql, SourcePosition position) {
  if (position.line == 0 || position.column == 0) return "";
  for (uint32_t line = 1; line < position.line; ++line) {
    size_t end = sql.find('\n');
    if (end == std::string_view::npos) return "";
    sql.remove_prefix(end + 1);
  }
  sql = sql.substr(0, std::min(sql.find('\n'), sql.size()));
  std::string shown;
  std::string below;
  // A long line is shown from some columns before the caret on.
  uint32_t first = position.column > kCaretLineColumns / 2 && sql.size() > kCaretLineColumns
                       ? position.column - kCaretLineColumns / 2
                       : 1;
  uint32_t column = 0;
  bool wanted = false;
  for (char c : sql) {
    if (!is_continuation(c)) ++column;
    wanted = column >= first && column < first + kCaretLineColumns;
    if (!wanted) continue;
    if (c != '\r') shown.push_back(c == '\0' ? ' ' : c);
    if (!is_continuation(c) && column < position.column) below.push_back(c == '\t' ? '\t' : ' ');
  }
  if (position.column > column + 1) return "";
  return shown + "\n" + below + "^\n";
}

}  // namespace orrery::sql
