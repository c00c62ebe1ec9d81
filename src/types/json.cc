#include "types/json.h"

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "types/json_number.h"

namespace orrery::types {

std::string_view json_kind_name(JsonKind kind) {
  constexpr std::string_view kNames[] = {"null", "boolean", "number", "string", "array", "object"};
  return kNames[static_cast<size_t>(kind)];
}

void append_json_string(std::string_view s, std::string* out) {
  out->push_back('"');
  size_t done = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    auto c = static_cast<uint8_t>(s[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out->append(s.substr(done, i - done));
    done = i + 1;
    constexpr std::string_view kFrom = "\"\\\b\f\n\r\t";
    size_t short_form = kFrom.find(static_cast<char>(c));
    if (short_form != std::string_view::npos) {
      out->push_back('\\');
      out->push_back("\"\\bfnrt"[short_form]);
    } else {
      out->append("\\u00");
      out->push_back("0123456789abcdef"[c >> 4]);
      out->push_back("0123456789abcdef"[c & 15]);
    }
  }
  out->append(s.substr(done));
  out->push_back('"');
}

JsonValue JsonValue::boolean(bool b) {
  return {JsonKind::kBool, Rep(std::in_place_type<bool>, b)};
}

JsonValue JsonValue::floating(double x) {
  std::string text;
  append_json_f64(x, &text);
  if (text == "null") return {};
  return number(std::move(text));
}

bool JsonValue::as_bool() const {
  ORRERY_ASSERT(kind_ == JsonKind::kBool);
  return *std::get_if<bool>(&rep_);
}
const std::string& JsonValue::number_text() const {
  ORRERY_ASSERT(kind_ == JsonKind::kNumber);
  return *std::get_if<std::string>(&rep_);
}
const std::string& JsonValue::as_string() const {
  ORRERY_ASSERT(kind_ == JsonKind::kString);
  return *std::get_if<std::string>(&rep_);
}
std::span<const JsonValue> JsonValue::items() const {
  ORRERY_ASSERT(kind_ == JsonKind::kArray);
  return *std::get_if<std::vector<JsonValue>>(&rep_);
}
std::span<const JsonValue::Member> JsonValue::members() const {
  ORRERY_ASSERT(kind_ == JsonKind::kObject);
  return *std::get_if<std::vector<Member>>(&rep_);
}
std::vector<JsonValue>& JsonValue::mutable_items() {
  ORRERY_ASSERT(kind_ == JsonKind::kArray);
  return *std::get_if<std::vector<JsonValue>>(&rep_);
}
std::vector<JsonValue::Member>& JsonValue::mutable_members() {
  ORRERY_ASSERT(kind_ == JsonKind::kObject);
  return *std::get_if<std::vector<Member>>(&rep_);
}

std::optional<int64_t> JsonValue::as_int64() const {
  if (kind_ != JsonKind::kNumber) return std::nullopt;
  const std::string& text = number_text();
  int64_t n = 0;
  auto r = std::from_chars(text.data(), text.data() + text.size(), n);
  if (r.ec != std::errc() || r.ptr != text.data() + text.size()) return std::nullopt;
  return n;
}

std::optional<double> JsonValue::as_double() const {
  if (kind_ != JsonKind::kNumber) return std::nullopt;
  return parse_json_f64(number_text());
}

const JsonValue* JsonValue::find(std::string_view key) const {
  if (kind_ != JsonKind::kObject) return nullptr;
  std::span<const Member> all = members();
  for (size_t i = all.size(); i > 0; --i) {
    if (all[i - 1].first == key) return &all[i - 1].second;
  }
  return nullptr;
}

Result<JsonValue> JsonValue::parse(std::string_view text) {
  JsonReader reader(text);
  ORRERY_TRY_ASSIGN(JsonToken first, reader.next());
  JsonValue out;
  ORRERY_TRY(read(&reader, first, &out));
  ORRERY_TRY_ASSIGN([[maybe_unused]] JsonToken end, reader.next());
  return out;
}

// The reader bounds the depth, and so this recursion.
Status JsonValue::read(JsonReader* in, const JsonToken& first, JsonValue* out) {
  switch (first.kind) {
    case JsonTokenKind::kTrue:
    case JsonTokenKind::kFalse:
      *out = boolean(first.kind == JsonTokenKind::kTrue);
      return {};
    case JsonTokenKind::kNumber:
      *out = number(std::string(first.text));
      return {};
    case JsonTokenKind::kString: {
      std::string s;
      json_unescape(first.text, &s);
      *out = string(std::move(s));
      return {};
    }
    case JsonTokenKind::kBeginArray: {
      std::vector<JsonValue> items;
      while (true) {
        ORRERY_TRY_ASSIGN(JsonToken token, in->next());
        if (token.kind == JsonTokenKind::kEndArray) break;
        ORRERY_TRY(read(in, token, &items.emplace_back()));
      }
      *out = array(std::move(items));
      return {};
    }
    case JsonTokenKind::kBeginObject: {
      std::vector<Member> members;
      while (true) {
        ORRERY_TRY_ASSIGN(JsonToken key, in->next());
        if (key.kind == JsonTokenKind::kEndObject) break;
        Member& member = members.emplace_back();
        json_unescape(key.text, &member.first);
        ORRERY_TRY_ASSIGN(JsonToken token, in->next());
        ORRERY_TRY(read(in, token, &member.second));
      }
      *out = object(std::move(members));
      return {};
    }
    case JsonTokenKind::kNull:
    case JsonTokenKind::kKey:
    case JsonTokenKind::kEndArray:
    case JsonTokenKind::kEndObject:
    case JsonTokenKind::kEnd:
      break;
  }
  *out = JsonValue();
  return {};
}

void JsonValue::append_to(std::string* out, JsonKeyOrder order) const {
  switch (kind_) {
    case JsonKind::kNull:
      out->append("null");
      return;
    case JsonKind::kBool:
      out->append(as_bool() ? "true" : "false");
      return;
    case JsonKind::kNumber:
      out->append(number_text());
      return;
    case JsonKind::kString:
      append_json_string(as_string(), out);
      return;
    case JsonKind::kArray: {
      out->push_back('[');
      for (const JsonValue& item : items()) {
        if (&item != items().data()) out->push_back(',');
        item.append_to(out, order);
      }
      out->push_back(']');
      return;
    }
    case JsonKind::kObject:
      break;
  }
  std::vector<const Member*> in_order;
  for (const Member& member : members()) in_order.push_back(&member);
  if (order == JsonKeyOrder::kSorted) {
    // Members of one name keep their order: the pointers are into one vector.
    std::sort(in_order.begin(), in_order.end(), [](const Member* a, const Member* b) {
      return a->first != b->first ? a->first < b->first : a < b;
    });
  }
  out->push_back('{');
  for (size_t i = 0; i < in_order.size(); ++i) {
    if (i > 0) out->push_back(',');
    append_json_string(in_order[i]->first, out);
    out->push_back(':');
    in_order[i]->second.append_to(out, order);
  }
  out->push_back('}');
}

std::string JsonValue::to_string(JsonKeyOrder order) const {
  std::string out;
  append_to(&out, order);
  return out;
}

}  // namespace orrery::types
