// Client messages in JSON are rewritten as those in BSATN: arguments are a text here and bytes
// there, which BSATN writes alike. Nothing is built on the way, so a message costs no more memory
// than its text.
#include <charconv>
#include <span>

#include "base/bytes.h"
#include "base/utf8.h"
#include "protocol/v1/messages.h"
#include "types/json.h"

namespace orrery::protocol::v1 {
namespace {

using types::JsonReader;
using types::JsonToken;
using types::JsonTokenKind;

enum class Field : uint8_t { kText, kTexts, kBytes, kU32, kU8, kQueryId };
struct FieldSpec {
  std::string_view name;
  Field field;
};
struct MessageSpec {
  std::string_view name;
  std::span<const FieldSpec> fields;
};

constexpr FieldSpec kCallReducer[] = {{"reducer", Field::kText},
                                      {"args", Field::kText},
                                      {"request_id", Field::kU32},
                                      {"flags", Field::kU8}};
constexpr FieldSpec kSubscribe[] = {{"query_strings", Field::kTexts}, {"request_id", Field::kU32}};
constexpr FieldSpec kOneOffQuery[] = {{"message_id", Field::kBytes},
                                      {"query_string", Field::kText}};
constexpr FieldSpec kSubscribeSingle[] = {
    {"query", Field::kText}, {"request_id", Field::kU32}, {"query_id", Field::kQueryId}};
constexpr FieldSpec kSubscribeMulti[] = {
    {"query_strings", Field::kTexts}, {"request_id", Field::kU32}, {"query_id", Field::kQueryId}};
constexpr FieldSpec kUnsubscribe[] = {{"request_id", Field::kU32}, {"query_id", Field::kQueryId}};
constexpr FieldSpec kCallProcedure[] = {{"procedure", Field::kText},
                                        {"args", Field::kText},
                                        {"request_id", Field::kU32},
                                        {"flags", Field::kU8}};
constexpr FieldSpec kQueryId[] = {{"id", Field::kU32}};
/// In order of tag.
constexpr MessageSpec kMessages[] = {
    {"CallReducer", kCallReducer},       {"Subscribe", kSubscribe},
    {"OneOffQuery", kOneOffQuery},       {"SubscribeSingle", kSubscribeSingle},
    {"SubscribeMulti", kSubscribeMulti}, {"Unsubscribe", kUnsubscribe},
    {"UnsubscribeMulti", kUnsubscribe},  {"CallProcedure", kCallProcedure},
};
constexpr size_t kFieldsMax = 4;

/// `name` may be the client's own, of any length.
Error malformed(std::string_view what, std::string_view name) {
  constexpr size_t kShownBytes = 64;
  name = name.substr(0, kShownBytes);
  name = name.substr(0, utf8_valid_prefix(name));
  return Error(ErrorCode::kDecode,
               "malformed message: " + std::string(what) + " " + std::string(name));
}

std::string unescaped(const JsonToken& token) {
  std::string out;
  if (token.has_escapes) {
    types::json_unescape(token.text, &out);
  } else {
    out = token.text;
  }
  return out;
}

/// Runs `visit(reader, first token)` for each element of the array that was opened.
template <class Visit>
Status for_each_element(JsonReader* in, Visit visit) {
  while (true) {
    ORRERY_TRY_ASSIGN(JsonToken token, in->next());
    if (token.kind == JsonTokenKind::kEndArray) return {};
    ORRERY_TRY(visit(in, token));
  }
}

class Rewriter {
 public:
  explicit Rewriter(ByteWriter* out) : out_(out) {}

  /// The tag and the fields of the message that `text` is.
  Status message(std::string_view text) {
    JsonReader in(text);
    ORRERY_TRY_ASSIGN(JsonToken first, in.next());
    JsonTokenKind end = JsonTokenKind::kEndObject;
    if (first.kind == JsonTokenKind::kBeginArray) {
      end = JsonTokenKind::kEndArray;
    } else if (first.kind != JsonTokenKind::kBeginObject) {
      return malformed("not an object:", "ClientMessage");
    }
    ORRERY_TRY_ASSIGN(JsonToken variant, in.next());
    ORRERY_TRY_ASSIGN(uint8_t tag, tag_of(variant));
    ORRERY_TRY_ASSIGN(JsonToken payload, in.next());
    if (payload.kind == end) return malformed("no payload of", kMessages[tag].name);
    ORRERY_TRY_ASSIGN(std::string_view body, in.skip_value(payload));
    ORRERY_TRY_ASSIGN(JsonToken last, in.next());
    if (last.kind != end) return malformed("more than one variant of", "ClientMessage");
    ORRERY_TRY(in.next());
    out_->write(tag);
    return product(body, kMessages[tag].fields);
  }

 private:
  static Result<uint8_t> tag_of(const JsonToken& token) {
    if (token.kind != JsonTokenKind::kKey && token.kind != JsonTokenKind::kString &&
        token.kind != JsonTokenKind::kNumber) {
      return malformed("no variant of", "ClientMessage");
    }
    std::string name = unescaped(token);
    uint8_t tag = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), tag);
    if (error == std::errc() && end == name.data() + name.size() && tag < std::size(kMessages)) {
      return tag;
    }
    for (tag = 0; tag < std::size(kMessages); ++tag) {
      if (kMessages[tag].name == name) return tag;
    }
    return malformed("unknown ClientMessage", name);
  }

  Status product(std::string_view text, std::span<const FieldSpec> fields) {
    std::string_view values[kFieldsMax];
    JsonReader in(text);
    ORRERY_TRY_ASSIGN(JsonToken first, in.next());
    if (first.kind == JsonTokenKind::kBeginArray) {
      ORRERY_TRY(collect_elements(&in, fields, values));
    } else if (first.kind == JsonTokenKind::kBeginObject) {
      ORRERY_TRY(collect_members(&in, fields, values));
    } else {
      return malformed("neither object nor array where there should be", fields[0].name);
    }
    for (size_t i = 0; i < fields.size(); ++i) {
      if (values[i].empty()) return malformed("missing field", fields[i].name);
      ORRERY_TRY(value(values[i], fields[i]));
    }
    return {};
  }

  static Status collect_elements(JsonReader* in, std::span<const FieldSpec> fields,
                                 std::string_view* values) {
    size_t n = 0;
    return for_each_element(in, [&](JsonReader* reader, const JsonToken& token) -> Status {
      if (n == fields.size())
        return malformed("more elements than fields up to", fields[n - 1].name);
      ORRERY_TRY_ASSIGN(values[n++], reader->skip_value(token));
      return {};
    });
  }

  static Status collect_members(JsonReader* in, std::span<const FieldSpec> fields,
                                std::string_view* values) {
    while (true) {
      ORRERY_TRY_ASSIGN(JsonToken key, in->next());
      if (key.kind == JsonTokenKind::kEndObject) return {};
      std::string name = unescaped(key);
      size_t i = 0;
      while (i < fields.size() && fields[i].name != name) ++i;
      if (i == fields.size()) return malformed("unknown field", name);
      if (!values[i].empty()) return malformed("repeated field", name);
      ORRERY_TRY_ASSIGN(JsonToken token, in->next());
      ORRERY_TRY_ASSIGN(values[i], in->skip_value(token));
    }
  }

  Status value(std::string_view text, const FieldSpec& spec) {
    if (spec.field == Field::kQueryId) return product(text, kQueryId);
    JsonReader in(text);
    ORRERY_TRY_ASSIGN(JsonToken token, in.next());
    switch (spec.field) {
      case Field::kText:
        return string(token, spec);
      case Field::kU32:
        return number<uint32_t>(token, spec);
      case Field::kU8:
        return number<uint8_t>(token, spec);
      case Field::kTexts:
        return array(&in, token, spec, [this, &spec](JsonReader*, const JsonToken& element) {
          return string(element, spec);
        });
      case Field::kBytes:
        if (token.kind == JsonTokenKind::kString) return hex(token, spec);
        return array(&in, token, spec, [this, &spec](JsonReader*, const JsonToken& element) {
          return number<uint8_t>(element, spec);
        });
      case Field::kQueryId:
        break;
    }
    return {};
  }

  template <class Visit>
  Status array(JsonReader* in, const JsonToken& first, const FieldSpec& spec, Visit visit) {
    if (first.kind != JsonTokenKind::kBeginArray) return malformed("not an array:", spec.name);
    size_t at = out_->size();
    uint32_t n = 0;
    out_->write(n);
    ORRERY_TRY(for_each_element(in, [&](JsonReader* reader, const JsonToken& token) -> Status {
      ++n;
      return visit(reader, token);
    }));
    std::memcpy(out_->buffer().data() + at, &n, sizeof(n));
    return {};
  }

  Status string(const JsonToken& token, const FieldSpec& spec) {
    if (token.kind != JsonTokenKind::kString) return malformed("not a string:", spec.name);
    out_->write_prefixed(unescaped(token));
    return {};
  }

  template <class T>
  Status number(const JsonToken& token, const FieldSpec& spec) {
    T n = 0;
    const char* end = token.text.data() + token.text.size();
    if (token.kind == JsonTokenKind::kNumber) {
      auto [stop, error] = std::from_chars(token.text.data(), end, n);
      if (error == std::errc() && stop == end) {
        out_->write(n);
        return {};
      }
    }
    return malformed("not a number that fits:", spec.name);
  }

  Status hex(const JsonToken& token, const FieldSpec& spec) {
    std::string digits = unescaped(token);
    if (digits.size() % 2 != 0) return malformed("odd number of hex digits:", spec.name);
    std::string bytes;
    for (size_t i = 0; i < digits.size(); i += 2) {
      uint8_t byte = 0;
      const char* end = digits.data() + i + 2;
      auto [stop, error] = std::from_chars(digits.data() + i, end, byte, 16);
      if (error != std::errc() || stop != end) return malformed("not hex digits:", spec.name);
      bytes.push_back(static_cast<char>(byte));
    }
    out_->write_prefixed(bytes);
    return {};
  }

  ByteWriter* out_;
};

}  // namespace

Result<ClientMessage> decode_json(std::string_view payload, std::string* buffer) {
  ByteWriter bytes;
  ORRERY_TRY(Rewriter(&bytes).message(payload));
  *buffer = std::move(bytes.buffer());
  return decode_bsatn(*buffer);
}

}  // namespace orrery::protocol::v1
