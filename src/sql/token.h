// Tokens of SQL text: what the lexer makes and the parser reads.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace orrery::sql {

enum class TokenKind : uint8_t {
  kEnd,
  kError,  ///< not a token; Lexer::error_message() says why
  kWord,   ///< a name or keyword without quotes
  kDoubleQuoted,
  kBacktickQuoted,
  kString,
  kInteger,
  kHexInteger,
  kFloat,
  kDollar,    ///< $1
  kQuestion,  ///< ?
  kNamed,     ///< :name
  kComma,
  kSemicolon,
  kOpen,   ///< (
  kClose,  ///< )
  kDot,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kDistance,  ///< <=>
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kConcat,
  kPipe,
  kAmpersand,
  kCaret,
  kTilde,
  kShiftLeft,
  kShiftRight,
  kArrow,        ///< ->
  kDoubleArrow,  ///< ->>
};

enum class Keyword : uint8_t {
  kNone,
#define X(word, use) k##word,
#include "sql/keywords.def"
#undef X
};

/// Where a word may stand without quotes besides its place in the grammar. See sql/keywords.def.
enum class WordUse : uint8_t { kFree, kName, kReserved };

WordUse word_use(Keyword keyword);
/// The keyword that `word` is, in whatever case.
Keyword find_keyword(std::string_view word);
/// "SELECT"; "" for kNone.
std::string_view keyword_text(Keyword keyword);

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Keyword keyword = Keyword::kNone;  ///< of kWord
  uint32_t offset = 0;               ///< first byte in the text
  uint32_t length = 0;               ///< bytes, quotes included
  SourcePosition position;

  uint32_t end() const { return offset + length; }
  bool is(TokenKind k) const { return kind == k; }
  bool is(Keyword k) const { return keyword == k; }
};

}  // namespace orrery::sql
