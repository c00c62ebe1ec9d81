#include "sql/lexer.h"

#include <array>

#include "base/utf8.h"

namespace orrery::sql {
namespace {

enum CharClass : uint8_t { kBlank = 1, kWordStart = 2, kDigit = 4, kHighByte = 8 };
constexpr uint8_t kWordRest = kWordStart | kDigit | kHighByte;

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> t{};
  for (int c = 'a'; c <= 'z'; ++c) t[c] = t[c - 32] = kWordStart;
  for (int c = '0'; c <= '9'; ++c) t[c] = kDigit;
  for (int c = 0x80; c < 0x100; ++c) t[c] = kHighByte;
  t['_'] = kWordStart;
  t[' '] = t['\t'] = t['\n'] = t['\r'] = t['\f'] = t['\v'] = kBlank;
  return t;
}
constexpr std::array<uint8_t, 256> kClasses = make_classes();

uint8_t class_of(char c) {
  return kClasses[static_cast<unsigned char>(c)];
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

struct KeywordEntry {
  std::string_view text;
  WordUse use;
};

constexpr KeywordEntry kKeywords[] = {
    {"", WordUse::kFree},
#define X(word, use) {#word, WordUse::use},
#include "sql/keywords.def"
#undef X
};
constexpr size_t kKeywordCount = sizeof(kKeywords) / sizeof(kKeywords[0]);
static_assert(kKeywordCount < 256, "a Keyword is one byte");

constexpr size_t kKeywordBytesMax = 17;
constexpr size_t kTableSlots = 512;

// Hashing upper-cases by clearing a bit, which also maps digits onto control characters: the text
// is compared after.
constexpr uint32_t hash_step(uint32_t h, char c) {
  return (h ^ (static_cast<unsigned char>(c) & 0xDFu)) * 0x01000193u;
}
constexpr uint32_t hash_slot(uint32_t h) {
  return (h ^ (h >> 15)) & (kTableSlots - 1);
}

constexpr std::array<uint8_t, kTableSlots> make_keyword_table() {
  std::array<uint8_t, kTableSlots> table{};
  for (size_t k = 1; k < kKeywordCount; ++k) {
    uint32_t h = 0x811C9DC5u;
    for (char c : kKeywords[k].text) h = hash_step(h, c);
    uint32_t slot = hash_slot(h);
    while (table[slot] != 0) slot = (slot + 1) & (kTableSlots - 1);
    table[slot] = static_cast<uint8_t>(k);
  }
  return table;
}
constexpr std::array<uint8_t, kTableSlots> kKeywordTable = make_keyword_table();

bool equals_upper(std::string_view word, std::string_view upper) {
  if (word.size() != upper.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    char c = word[i];
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (c != upper[i]) return false;
  }
  return true;
}

Keyword find_hashed_keyword(std::string_view word, uint32_t hash) {
  if (word.size() > kKeywordBytesMax) return Keyword::kNone;
  for (uint32_t slot = hash_slot(hash);; slot = (slot + 1) & (kTableSlots - 1)) {
    uint8_t k = kKeywordTable[slot];
    if (k == 0 || equals_upper(word, kKeywords[k].text)) return static_cast<Keyword>(k);
  }
}

/// Bytes of the Unicode blank (no-break space, byte order mark, ...) at `i`, or 0.
size_t unicode_blank_bytes(std::string_view s, size_t i) {
  std::string_view three = s.substr(i, 3);
  if (three.starts_with("\xC2\xA0")) return 2;
  if (three == "\xE3\x80\x80" || three == "\xEF\xBB\xBF") return 3;
  bool general_punctuation = three.size() == 3 && three.starts_with("\xE2\x80");
  if (!general_punctuation) return 0;
  auto last = static_cast<unsigned char>(three[2]);
  return (last >= 0x80 && last <= 0x8B) || last == 0xA8 || last == 0xA9 || last == 0xAF ? 3 : 0;
}

}  // namespace

WordUse word_use(Keyword keyword) {
  return kKeywords[static_cast<size_t>(keyword)].use;
}
Keyword find_keyword(std::string_view word) {
  uint32_t hash = 0x811C9DC5u;
  for (char c : word) hash = hash_step(hash, c);
  return find_hashed_keyword(word, hash);
}
std::string_view keyword_text(Keyword keyword) {
  return kKeywords[static_cast<size_t>(keyword)].text;
}

Status check_text(std::string_view sql) {
  if (sql.size() > kSqlBytesMax) {
    return Error(ErrorCode::kParse,
                 "parse error: text is longer than " + std::to_string(kSqlBytesMax) +
                     " bytes at position line 1, column 1",
                 {1, 1});
  }
  size_t bad = utf8_valid_prefix(sql);
  if (bad == sql.size()) return {};
  SourcePosition at{1, 1};
  for (size_t i = 0; i < bad; ++i) {
    if (sql[i] == '\n') at = {at.line + 1, 0};
    at.column += (static_cast<unsigned char>(sql[i]) & 0xC0) != 0x80;
  }
  return Error(ErrorCode::kParse,
               "parse error: text is not valid UTF-8 (byte " + std::to_string(bad) +
                   ") at position line " + std::to_string(at.line) + ", column " +
                   std::to_string(at.column),
               at);
}

void Lexer::begin_line(size_t offset) {
  ++line_;
  line_start_ = static_cast<uint32_t>(offset);
  continuation_bytes_ = 0;
}

Token Lexer::make(TokenKind kind, size_t end) {
  Token token;
  token.kind = kind;
  token.offset = static_cast<uint32_t>(at_);
  token.length = static_cast<uint32_t>(end - at_);
  token.position = {token_line_, token.offset - token_line_start_ - token_continuation_ + 1};
  at_ = end;
  return token;
}

Token Lexer::fail(const char* message, size_t end) {
  error_ = message;
  Token token = make(TokenKind::kError, end);
  at_ = token.offset;  // so that the next call fails again
  return token;
}

bool Lexer::skip_blanks() {
  while (at_ < sql_.size()) {
    char c = sql_[at_];
    uint8_t cls = class_of(c);
    if (cls == kBlank) {
      ++at_;
      if (c == '\n') begin_line(at_);
    } else if (c == '#' || (c == '-' && at(at_ + 1) == '-')) {
      while (at_ < sql_.size() && sql_[at_] != '\n')
        count_continuation(static_cast<unsigned char>(sql_[at_++]));
    } else if (c == '/' && at(at_ + 1) == '*') {
      size_t end = sql_.find("*/", at_ + 2);
      if (end == std::string_view::npos) return false;
      for (end += 2; at_ < end; ++at_) {
        if (sql_[at_] == '\n') {
          begin_line(at_ + 1);
        } else {
          count_continuation(static_cast<unsigned char>(sql_[at_]));
        }
      }
    } else if (cls == kHighByte) {
      size_t n = unicode_blank_bytes(sql_, at_);
      if (n == 0) return true;
      at_ += n;
      continuation_bytes_ += static_cast<uint32_t>(n - 1);
    } else {
      return true;
    }
  }
  return true;
}

Token Lexer::next() {
  bool closed = skip_blanks();
  token_line_ = line_;
  token_line_start_ = line_start_;
  token_continuation_ = continuation_bytes_;
  if (!closed) return fail("unterminated comment", sql_.size());
  if (at_ >= sql_.size()) return make(TokenKind::kEnd, at_);
  char c = sql_[at_];
  uint8_t cls = class_of(c);
  if (cls & (kWordStart | kHighByte)) return word();
  if (cls & kDigit) return number();
  switch (c) {
    case '\'':
      return string();
    case '"':
      return quoted(TokenKind::kDoubleQuoted, '"');
    case '`':
      return quoted(TokenKind::kBacktickQuoted, '`');
    case '$':
    case ':':
      return parameter();
    default:
      return punctuation();
  }
}

Token Lexer::word() {
  size_t i = at_;
  uint32_t hash = 0x811C9DC5u;
  while (i < sql_.size()) {
    char c = sql_[i];
    uint8_t cls = class_of(c);
    if (cls == kHighByte) {
      if (unicode_blank_bytes(sql_, i) != 0) break;
      count_continuation(static_cast<unsigned char>(c));
    } else if (!(cls & kWordRest) && c != '$') {
      break;
    }
    hash = hash_step(hash, c);
    ++i;
  }
  Token token = make(TokenKind::kWord, i);
  token.keyword = find_hashed_keyword(text(token), hash);
  return token;
}

Token Lexer::number() {
  size_t i = at_;
  TokenKind kind = TokenKind::kInteger;
  if (sql_[i] == '0' && (at(i + 1) == 'x' || at(i + 1) == 'X') && is_hex_digit(at(i + 2))) {
    i += 2;
    while (is_hex_digit(at(i))) ++i;
    kind = TokenKind::kHexInteger;
  } else {
    while (is_digit(at(i))) ++i;
    if (at(i) == '.') {
      if (!is_digit(at(i + 1))) return fail("a number needs a digit after its point", i + 1);
      kind = TokenKind::kFloat;
      for (++i; is_digit(at(i));) ++i;
    }
    if (at(i) == 'e' || at(i) == 'E') {
      size_t digits = i + 1 + (at(i + 1) == '+' || at(i + 1) == '-');
      if (!is_digit(at(digits))) return fail("a number needs a digit in its exponent", digits);
      kind = TokenKind::kFloat;
      for (i = digits; is_digit(at(i));) ++i;
    }
  }
  // `1_000` and `12abc` would else read as a number and its alias.
  if (i < sql_.size() && (class_of(sql_[i]) & (kWordStart | kDigit))) {
    while (i < sql_.size() && (class_of(sql_[i]) & (kWordStart | kDigit))) ++i;
    return fail("malformed number", i);
  }
  return make(kind, i);
}

Token Lexer::quoted(TokenKind kind, char quote) {
  for (size_t i = at_ + 1; i < sql_.size(); ++i) {
    char c = sql_[i];
    if (c == quote) {
      if (at(i + 1) != quote) {
        return make(kind, i + 1);
      }
      ++i;
    } else if (c == '\n') {
      begin_line(i + 1);
    } else if (c == '\0') {
      return fail("NULL byte in quoted identifier", i + 1);
    } else {
      count_continuation(static_cast<unsigned char>(c));
    }
  }
  return fail(quote == '"' ? "unterminated quoted identifier starting with \""
                           : "unterminated quoted identifier starting with `",
              sql_.size());
}

Token Lexer::string() {
  for (size_t i = at_ + 1; i < sql_.size(); ++i) {
    char c = sql_[i];
    if (c == '\\' && i + 1 < sql_.size()) c = sql_[++i] == '\'' ? '\\' : sql_[i];
    if (c == '\'') {
      if (at(i + 1) != '\'') return make(TokenKind::kString, i + 1);
      ++i;
    } else if (c == '\n') {
      begin_line(i + 1);
    } else if (c == '\0') {
      return fail("NULL byte in string literal", i + 1);
    } else {
      count_continuation(static_cast<unsigned char>(c));
    }
  }
  return fail("unterminated string literal", sql_.size());
}

Token Lexer::parameter() {
  size_t i = at_ + 1;
  if (sql_[at_] == '$') {
    while (is_digit(at(i))) ++i;
    if (i == at_ + 1) return fail("a parameter needs a number after $", i);
    return make(TokenKind::kDollar, i);
  }
  if (!(class_of(at(i)) & (kWordStart | kHighByte))) return fail("unexpected punctuator: :", i);
  while (i < sql_.size() && (class_of(sql_[i]) & kWordRest)) {
    count_continuation(static_cast<unsigned char>(sql_[i++]));
  }
  return make(TokenKind::kNamed, i);
}

Token Lexer::punctuation() {
  char a = sql_[at_];
  char b = at(at_ + 1);
  auto one = [&](TokenKind kind) { return make(kind, at_ + 1); };
  auto two = [&](TokenKind kind) { return make(kind, at_ + 2); };
  switch (a) {
    case ',':
      return one(TokenKind::kComma);
    case ';':
      return one(TokenKind::kSemicolon);
    case '(':
      return one(TokenKind::kOpen);
    case ')':
      return one(TokenKind::kClose);
    case '.':
      return one(TokenKind::kDot);
    case '?':
      return one(TokenKind::kQuestion);
    case '=':
      return one(TokenKind::kEqual);
    case '+':
      return one(TokenKind::kPlus);
    case '*':
      return one(TokenKind::kStar);
    case '/':
      return one(TokenKind::kSlash);
    case '%':
      return one(TokenKind::kPercent);
    case '&':
      return one(TokenKind::kAmpersand);
    case '^':
      return one(TokenKind::kCaret);
    case '~':
      return one(TokenKind::kTilde);
    case '|':
      return b == '|' ? two(TokenKind::kConcat) : one(TokenKind::kPipe);
    case '!':
      return b == '=' ? two(TokenKind::kNotEqual) : fail("unexpected character '!'", at_ + 1);
    case '-':
      if (b != '>') return one(TokenKind::kMinus);
      return at(at_ + 2) == '>' ? make(TokenKind::kDoubleArrow, at_ + 3) : two(TokenKind::kArrow);
    case '<':
      if (b == '=')
        return at(at_ + 2) == '>' ? make(TokenKind::kDistance, at_ + 3)
                                  : two(TokenKind::kLessEqual);
      if (b == '>') return two(TokenKind::kNotEqual);
      return b == '<' ? two(TokenKind::kShiftLeft) : one(TokenKind::kLess);
    case '>':
      if (b == '=') return two(TokenKind::kGreaterEqual);
      return b == '>' ? two(TokenKind::kShiftRight) : one(TokenKind::kGreater);
    case '\0':
      return fail("NULL byte in text", at_ + 1);
    default:
      return fail("unexpected character", at_ + 1);
  }
}

char escaped_char(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '\\':
    case '\'':
      return c;
    default:
      return '\0';
  }
}

std::string string_value(std::string_view token_text) {
  std::string_view inside = token_text.substr(1, token_text.size() - 2);
  if (inside.find_first_of("'\\") == std::string_view::npos) return std::string(inside);
  std::string out;
  out.reserve(inside.size());
  for (size_t i = 0; i < inside.size(); ++i) {
    const char c = inside[i];
    const char escaped = c == '\\' && i + 1 < inside.size() ? escaped_char(inside[i + 1]) : '\0';
    out.push_back(escaped != '\0' ? escaped : c);
    if (escaped != '\0' || c == '\'') ++i;  // the second of a pair
  }
  return out;
}

std::string quoted_name(std::string_view token_text) {
  char quote = token_text.front();
  std::string out;
  for (size_t i = 1; i + 1 < token_text.size(); ++i) {
    out.push_back(token_text[i]);
    if (token_text[i] == quote) ++i;
  }
  return out;
}

}  // namespace orrery::sql
