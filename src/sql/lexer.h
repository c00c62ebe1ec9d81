// Lexer: cuts SQL text into tokens in one pass, without allocating.
//
// The text is borrowed and must be UTF-8 (check_text). After an error token every further call
// gives it again. Thread-safety: one thread at a time per Lexer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sql/token.h"

namespace orrery::sql {

inline constexpr size_t kSqlBytesMax = size_t{1} << 30;  ///< offsets are 32 bits wide

/// kParse where the text is too long, or is not UTF-8.
Status check_text(std::string_view sql);

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  Token next();
  /// Why the last token was an error.
  const char* error_message() const { return error_; }
  std::string_view text(const Token& token) const {
    return sql_.substr(token.offset, token.length);
  }

 private:
  /// Skips blanks and comments; false at a comment that does not end.
  bool skip_blanks();
  Token word();
  Token number();
  Token quoted(TokenKind kind, char quote);
  Token string();
  Token parameter();
  Token punctuation();
  Token make(TokenKind kind, size_t end);
  Token fail(const char* message, size_t end);
  void begin_line(size_t offset);
  /// Bytes 0x80..0xBF do not begin a code point.
  void count_continuation(unsigned char c) { continuation_bytes_ += (c & 0xC0) == 0x80; }
  char at(size_t i) const { return i < sql_.size() ? sql_[i] : '\0'; }

  std::string_view sql_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  uint32_t line_start_ = 0;
  uint32_t continuation_bytes_ = 0;  // of the current line, before at_
  uint32_t token_continuation_ = 0;  // continuation_bytes_ where the current token begins
  uint32_t token_line_ = 1;
  uint32_t token_line_start_ = 0;
  const char* error_ = "";
};

/// The value of a kString token: quotes taken off, '' made one, \n \r \t \\ and \' made the
/// character they stand for. A backslash before anything else stays, and so does what follows.
std::string string_value(std::string_view token_text);
/// What a backslash and `c` mean in a string literal; NUL where they mean themselves, both.
char escaped_char(char c);
/// The name in a kDoubleQuoted or kBacktickQuoted token.
std::string quoted_name(std::string_view token_text);

}  // namespace orrery::sql
