// JSON (RFC 8259): a pull reader, a small document tree that keeps the order of keys and the text
// of numbers, and a compact writer.
//
// JsonReader borrows the text, allocates nothing and checks everything: grammar, UTF-8, escapes,
// depth. An error is kDecode and names the byte. JsonValue owns its parts. Not thread-safe; a const
// JsonValue may be shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace orrery::types {

inline constexpr uint32_t kJsonDepthMax = 128;  ///< arrays and objects inside each other

enum class JsonTokenKind : uint8_t {
  kNull,
  kTrue,
  kFalse,
  kNumber,
  kString,
  kKey,  ///< the colon after it is already read
  kBeginArray,
  kEndArray,
  kBeginObject,
  kEndObject,
  kEnd,  ///< of the text
};

struct JsonToken {
  JsonTokenKind kind;
  /// A number as it stands; a string or key without quotes, escapes still in it (see
  /// json_unescape).
  std::string_view text;
  bool has_escapes = false;
  size_t offset = 0;  ///< of the token's first byte
};

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  /// After kEnd, kEnd again. After an error, do not go on.
  Result<JsonToken> next();
  /// Reads the rest of the value that `first` begins (nothing for scalars) and returns the text of
  /// the whole value.
  Result<std::string_view> skip_value(const JsonToken& first);
  /// Of the next byte to be read.
  size_t offset() const { return at_; }
  uint32_t depth() const { return depth_; }

 private:
  enum class Expect : uint8_t { kValue, kValueOrEnd, kKeyOrEnd, kKey, kCommaOrEnd, kNothing };
  void skip_blanks();
  bool in_object() const { return (open_[depth_ / 64] >> (depth_ % 64) & 1) != 0; }
  Result<JsonToken> value_token();
  Result<JsonToken> key_token();
  Result<JsonToken> comma_or_end();
  Result<JsonToken> open(JsonTokenKind kind);
  Result<JsonToken> close(JsonTokenKind kind);
  Result<JsonToken> word(JsonTokenKind kind, std::string_view expected);
  Result<JsonToken> number();
  Result<JsonToken> string(JsonTokenKind kind);
  Status escape();
  size_t digits();
  void after_value() { expect_ = depth_ == 0 ? Expect::kNothing : Expect::kCommaOrEnd; }
  Error fail(std::string_view what) const;

  std::string_view text_;
  size_t at_ = 0;
  uint32_t depth_ = 0;
  Expect expect_ = Expect::kValue;
  uint64_t open_[kJsonDepthMax / 64 + 1] = {};  ///< bit d: level d is an object
};

/// Appends a string token's text with its escapes resolved. The text must come from a JsonReader.
void json_unescape(std::string_view text, std::string* out);
/// Appends s in quotes. Escapes what must be: quotes, backslashes and control characters.
void append_json_string(std::string_view s, std::string* out);
/// kOk for exactly one JSON value with nothing but blanks around it.
Status json_validate(std::string_view text);

enum class JsonKind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
/// "null", "boolean", "number", "string", "array", "object"
std::string_view json_kind_name(JsonKind kind);
enum class JsonKeyOrder : uint8_t { kAsGiven, kSorted };

class JsonValue {
 public:
  using Member = std::pair<std::string, JsonValue>;

  JsonValue() = default;  ///< null
  static Result<JsonValue> parse(std::string_view text);
  static JsonValue boolean(bool b);
  static JsonValue integer(int64_t n) { return number(std::to_string(n)); }
  static JsonValue floating(double x);
  /// `text` is in JSON's number grammar.
  static JsonValue number(std::string text) { return {JsonKind::kNumber, std::move(text)}; }
  static JsonValue string(std::string s) { return {JsonKind::kString, std::move(s)}; }
  static JsonValue array(std::vector<JsonValue> items) {
    return {JsonKind::kArray, std::move(items)};
  }
  static JsonValue object(std::vector<Member> members) {
    return {JsonKind::kObject, std::move(members)};
  }

  JsonKind kind() const { return kind_; }
  bool is(JsonKind kind) const { return kind_ == kind; }
  // These assert the kind.
  bool as_bool() const;
  const std::string& number_text() const;
  const std::string& as_string() const;
  std::span<const JsonValue> items() const;
  std::span<const Member> members() const;
  std::vector<JsonValue>& mutable_items();
  std::vector<Member>& mutable_members();

  /// An integer that fits; nothing for other kinds and for numbers with a fraction or exponent.
  std::optional<int64_t> as_int64() const;
  /// The nearest double; nothing for other kinds and for numbers too large.
  std::optional<double> as_double() const;
  /// The member of that name (the last, where there are several); null for other kinds.
  const JsonValue* find(std::string_view key) const;

  void append_to(std::string* out, JsonKeyOrder order = JsonKeyOrder::kAsGiven) const;
  std::string to_string(JsonKeyOrder order = JsonKeyOrder::kAsGiven) const;

 private:
  using Rep =
      std::variant<std::monostate, bool, std::string, std::vector<JsonValue>, std::vector<Member>>;
  JsonValue(JsonKind kind, Rep rep) : kind_(kind), rep_(std::move(rep)) {}
  static Status read(JsonReader* in, const JsonToken& first, JsonValue* out);

  JsonKind kind_ = JsonKind::kNull;
  Rep rep_;
};

}  // namespace orrery::types
