#include "subscribe/dialect_lexer.h"

namespace orrery::subscribe {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool begins_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_word(char c) {
  return begins_word(c) || is_digit(c) || c == '$';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

}  // namespace

DialectPiece DialectLexer::fail(const char* message) {
  error_ = message;
  size_t begin = at_;
  at_ = sql_.size();
  return {DialectToken::kError, static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
}

bool DialectLexer::skip_comment() {
  at_ += 2;
  for (uint32_t depth = 1; at_ < sql_.size();) {
    if (at(at_) == '*' && at(at_ + 1) == '/') {
      at_ += 2;
      if (--depth == 0) return true;
    } else if (at(at_) == '/' && at(at_ + 1) == '*') {
      at_ += 2;
      ++depth;
    } else {
      ++at_;
    }
  }
  return false;
}

bool DialectLexer::skip_blanks() {
  while (at_ < sql_.size()) {
    if (is_blank(sql_[at_])) {
      ++at_;
    } else if (at(at_) == '-' && at(at_ + 1) == '-') {
      while (at_ < sql_.size() && sql_[at_] != '\n') ++at_;
    } else if (at(at_) == '/' && at(at_ + 1) == '*') {
      if (!skip_comment()) return false;
    } else {
      return true;
    }
  }
  return true;
}

DialectPiece DialectLexer::quoted(DialectToken kind, size_t begin, char quote) {
  for (++at_; at_ < sql_.size(); ++at_) {
    if (sql_[at_] != quote) continue;
    if (at(at_ + 1) == quote) {
      ++at_;
      continue;
    }
    ++at_;
    return make(kind, begin);
  }
  return fail(quote == '"' ? "Expected close delimiter '\"' before EOF."
                           : "Unterminated string literal");
}

DialectPiece DialectLexer::number(size_t begin) {
  while (is_digit(at(at_))) ++at_;
  if (at(at_) == '.') {
    ++at_;
    while (is_digit(at(at_))) ++at_;
  }
  if (at(at_) == 'e' || at(at_) == 'E') {
    size_t digits = at_ + 1;
    if (at(digits) == '+' || at(digits) == '-') ++digits;
    if (is_digit(at(digits))) {
      at_ = digits;
      while (is_digit(at(at_))) ++at_;
    }
  }
  return make(DialectToken::kNumber, begin);
}

DialectPiece DialectLexer::symbol(size_t begin) {
  static constexpr std::string_view kLong[] = {"<>", "!=", "<=", ">=", "||", "::"};
  std::string_view rest = sql_.substr(at_, 2);
  for (std::string_view s : kLong) {
    if (rest != s) continue;
    at_ += 2;
    return make(DialectToken::kOperator, begin);
  }
  char c = sql_[at_++];
  if (std::string_view("(),;.*").find(c) != std::string_view::npos) {
    return make(DialectToken::kPunct, begin);
  }
  if (std::string_view("=<>+-/%|&^~#@?[]{}!").find(c) != std::string_view::npos) {
    return make(DialectToken::kOperator, begin);
  }
  --at_;
  return fail("unexpected character");
}

DialectPiece DialectLexer::next() {
  if (!skip_blanks()) return fail("Unexpected EOF while in a multi-line comment");
  size_t begin = at_;
  if (at_ >= sql_.size()) return make(DialectToken::kEnd, begin);
  char c = sql_[at_];
  if ((c == 'x' || c == 'X') && at(at_ + 1) == '\'') {
    ++at_;
    return quoted(DialectToken::kHex, begin, '\'');
  }
  if (begins_word(c)) {
    while (continues_word(at(at_))) ++at_;
    return make(DialectToken::kWord, begin);
  }
  if (c == '0' && at(at_ + 1) == 'x') {
    at_ += 2;
    while (is_hex_digit(at(at_))) ++at_;
    return make(DialectToken::kHex, begin);
  }
  if (is_digit(c) || (c == '.' && is_digit(at(at_ + 1)))) return number(begin);
  if (c == '\'') return quoted(DialectToken::kString, begin, '\'');
  if (c == '"') return quoted(DialectToken::kQuoted, begin, '"');
  if (c == ':' && begins_word(at(at_ + 1))) {
    ++at_;
    while (continues_word(at(at_))) ++at_;
    return make(DialectToken::kParameter, begin);
  }
  return symbol(begin);
}

std::string DialectLexer::value(const DialectPiece& piece) const {
  std::string_view t = text(piece);
  if (piece.kind == DialectToken::kHex) {
    return std::string(t[0] == '0' ? t.substr(2) : t.substr(2, t.size() - 3));
  }
  if (piece.kind != DialectToken::kQuoted && piece.kind != DialectToken::kString) {
    return std::string(t);
  }
  char quote = t.front();
  std::string out;
  for (size_t i = 1; i + 1 < t.size(); ++i) {
    out += t[i];
    if (t[i] == quote) ++i;
  }
  return out;
}

}  // namespace orrery::subscribe
