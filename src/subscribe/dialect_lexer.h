// Cuts text of the subscription dialect into tokens. Borrows the text. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::subscribe {

enum class DialectToken : uint8_t {
  kEnd,
  kError,   ///< error() says why
  kWord,    ///< without quotes
  kQuoted,  ///< "name"
  kString,
  kHex,  ///< 0xab or X'ab'
  kNumber,
  kParameter,  ///< :name
  kOperator,   ///< one of = <> < <= > >= and what the dialect has no use for (+, ||, ...)
  kPunct,      ///< ( ) , ; . *
};

struct DialectPiece {
  DialectToken kind = DialectToken::kEnd;
  uint32_t begin = 0;
  uint32_t end = 0;
};

class DialectLexer {
 public:
  explicit DialectLexer(std::string_view sql) : sql_(sql) {}
  DialectPiece next();
  const char* error() const { return error_; }
  std::string_view text(const DialectPiece& piece) const {
    return sql_.substr(piece.begin, piece.end - piece.begin);
  }
  /// The name, string, digits or number that the piece stands for.
  std::string value(const DialectPiece& piece) const;

 private:
  bool skip_blanks();
  bool skip_comment();
  DialectPiece make(DialectToken kind, size_t begin) const {
    return {kind, static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
  }
  DialectPiece fail(const char* message);
  DialectPiece number(size_t begin);
  DialectPiece quoted(DialectToken kind, size_t begin, char quote);
  DialectPiece symbol(size_t begin);
  char at(size_t i) const { return i < sql_.size() ? sql_[i] : '\0'; }

  std::string_view sql_;
  size_t at_ = 0;
  const char* error_ = "";
};

}  // namespace orrery::subscribe
