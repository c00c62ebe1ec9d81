#include <cstring>
#include <string>

#include "base/utf8.h"
#include "types/json.h"

namespace orrery::types {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The 16 bits of four hex digits, or -1.
int read_unit(std::string_view four) {
  if (four.size() < 4) return -1;
  int n = 0;
  for (int i = 0; i < 4; ++i) {
    int digit = hex_value(four[static_cast<size_t>(i)]);
    if (digit < 0) return -1;
    n = n * 16 + digit;
  }
  return n;
}
bool is_high_surrogate(int unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low_surrogate(int unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

}  // namespace

Error JsonReader::fail(std::string_view what) const {
  std::string message = "invalid JSON at byte " + std::to_string(at_) + ": ";
  message += what;
  return Error(ErrorCode::kDecode, std::move(message));
}

void JsonReader::skip_blanks() {
  while (at_ < text_.size()) {
    char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
    ++at_;
  }
}

Result<JsonToken> JsonReader::next() {
  skip_blanks();
  switch (expect_) {
    case Expect::kNothing:
      if (at_ < text_.size()) return fail("text after the value");
      return JsonToken{JsonTokenKind::kEnd, {}, false, at_};
    case Expect::kValueOrEnd:
      if (at_ < text_.size() && text_[at_] == ']') return close(JsonTokenKind::kEndArray);
      return value_token();
    case Expect::kValue:
      return value_token();
    case Expect::kKeyOrEnd:
      if (at_ < text_.size() && text_[at_] == '}') return close(JsonTokenKind::kEndObject);
      return key_token();
    case Expect::kKey:
      return key_token();
    case Expect::kCommaOrEnd:
      return comma_or_end();
  }
  return fail("unreachable");
}

Result<JsonToken> JsonReader::comma_or_end() {
  char c = at_ < text_.size() ? text_[at_] : '\0';
  if (in_object()) {
    if (c == '}') return close(JsonTokenKind::kEndObject);
    if (c != ',') return fail("expected ',' or '}'");
    ++at_;
    skip_blanks();
    return key_token();
  }
  if (c == ']') return close(JsonTokenKind::kEndArray);
  if (c != ',') return fail("expected ',' or ']'");
  ++at_;
  skip_blanks();
  return value_token();
}

Result<JsonToken> JsonReader::value_token() {
  if (at_ >= text_.size()) return fail("the text ends where a value should be");
  switch (text_[at_]) {
    case '{':
      return open(JsonTokenKind::kBeginObject);
    case '[':
      return open(JsonTokenKind::kBeginArray);
    case '"': {
      ORRERY_TRY_ASSIGN(JsonToken token, string(JsonTokenKind::kString));
      after_value();
      return token;
    }
    case 't':
      return word(JsonTokenKind::kTrue, "true");
    case 'f':
      return word(JsonTokenKind::kFalse, "false");
    case 'n':
      return word(JsonTokenKind::kNull, "null");
    default:
      return number();
  }
}

Result<JsonToken> JsonReader::key_token() {
  if (at_ >= text_.size() || text_[at_] != '"') return fail("expected a key in quotes");
  ORRERY_TRY_ASSIGN(JsonToken token, string(JsonTokenKind::kKey));
  skip_blanks();
  if (at_ >= text_.size() || text_[at_] != ':') return fail("expected ':'");
  ++at_;
  expect_ = Expect::kValue;
  return token;
}

Result<JsonToken> JsonReader::open(JsonTokenKind kind) {
  if (depth_ >= kJsonDepthMax) {
    return fail("nested deeper than " + std::to_string(kJsonDepthMax));
  }
  ++depth_;
  uint64_t bit = uint64_t{1} << (depth_ % 64);
  if (kind == JsonTokenKind::kBeginObject) {
    open_[depth_ / 64] |= bit;
    expect_ = Expect::kKeyOrEnd;
  } else {
    open_[depth_ / 64] &= ~bit;
    expect_ = Expect::kValueOrEnd;
  }
  JsonToken token{kind, text_.substr(at_, 1), false, at_};
  ++at_;
  return token;
}

Result<JsonToken> JsonReader::close(JsonTokenKind kind) {
  --depth_;
  JsonToken token{kind, text_.substr(at_, 1), false, at_};
  ++at_;
  after_value();
  return token;
}

Result<JsonToken> JsonReader::word(JsonTokenKind kind, std::string_view expected) {
  if (text_.substr(at_, expected.size()) != expected) return fail("expected a value");
  JsonToken token{kind, expected, false, at_};
  at_ += expected.size();
  after_value();
  return token;
}

size_t JsonReader::digits() {
  size_t start = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ - start;
}

Result<JsonToken> JsonReader::number() {
  size_t start = at_;
  if (text_[at_] == '-') ++at_;
  size_t first = at_;
  size_t count = digits();
  if (count == 0) return fail(first == start ? "expected a value" : "expected a digit");
  if (count > 1 && text_[first] == '0') {
    at_ = first;
    return fail("a number may not begin with 0");
  }
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    if (digits() == 0) return fail("expected a digit");
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    if (digits() == 0) return fail("expected a digit");
  }
  after_value();
  return JsonToken{JsonTokenKind::kNumber, text_.substr(start, at_ - start), false, start};
}

Result<JsonToken> JsonReader::string(JsonTokenKind kind) {
  JsonToken token{kind, {}, false, at_};
  size_t start = ++at_;
  while (true) {
    if (at_ >= text_.size()) return fail("the text ends inside a string");
    auto c = static_cast<uint8_t>(text_[at_]);
    if (c == '"') break;
    if (c < 0x20) return fail("control character in a string");
    if (c == '\\') {
      token.has_escapes = true;
      ORRERY_TRY(escape());
    } else {
      ++at_;
    }
  }
  token.text = text_.substr(start, at_ - start);
  size_t valid = utf8_valid_prefix(token.text);
  if (valid != token.text.size()) {
    at_ = start + valid;
    return fail("invalid UTF-8");
  }
  ++at_;
  return token;
}

Status JsonReader::escape() {
  std::string_view rest = text_.substr(at_ + 1);
  if (rest.empty()) return fail("the text ends inside a string");
  if (rest[0] != 'u') {
    if (std::string_view("\"\\/bfnrt").find(rest[0]) == std::string_view::npos) {
      return fail("unknown escape");
    }
    at_ += 2;
    return {};
  }
  int unit = read_unit(rest.substr(1));
  if (unit < 0) return fail("expected four hex digits");
  size_t length = 6;
  if (is_low_surrogate(unit)) return fail("lone surrogate");
  if (is_high_surrogate(unit)) {
    std::string_view second = text_.substr(at_ + 6);
    if (!second.starts_with("\\u") || !is_low_surrogate(read_unit(second.substr(2)))) {
      return fail("lone surrogate");
    }
    length = 12;
  }
  at_ += length;
  return {};
}

Result<std::string_view> JsonReader::skip_value(const JsonToken& first) {
  if (first.kind == JsonTokenKind::kBeginArray || first.kind == JsonTokenKind::kBeginObject) {
    const uint32_t outside = depth_ - 1;
    while (depth_ > outside) {
      auto token = next();
      if (!token) return std::move(token).error();
    }
  }
  return text_.substr(first.offset, at_ - first.offset);
}

void json_unescape(std::string_view text, std::string* out) {
  while (true) {
    size_t slash = text.find('\\');
    out->append(text.substr(0, slash));
    if (slash == std::string_view::npos || slash + 1 >= text.size()) return;
    char c = text[slash + 1];
    text.remove_prefix(slash + 2);
    if (c != 'u') {
      constexpr std::string_view kFrom = "bfnrt";
      size_t i = kFrom.find(c);
      out->push_back(i == std::string_view::npos ? c : "\b\f\n\r\t"[i]);
      continue;
    }
    int unit = read_unit(text);
    if (unit < 0) return;
    text.remove_prefix(4);
    auto code_point = static_cast<uint32_t>(unit);
    if (is_high_surrogate(unit) && text.starts_with("\\u")) {
      int low = read_unit(text.substr(2));
      if (low < 0) return;
      code_point = 0x10000 + ((code_point - 0xD800) << 10) + (static_cast<uint32_t>(low) - 0xDC00);
      text.remove_prefix(6);
    }
    utf8_append(code_point, out);
  }
}

Status json_validate(std::string_view text) {
  JsonReader reader(text);
  while (true) {
    ORRERY_TRY_ASSIGN(JsonToken token, reader.next());
    if (token.kind == JsonTokenKind::kEnd) return {};
  }
}

}  // namespace orrery::types
