// Functions and operators on JSON. What is looked up is found by reading the text once, without a
// tree; only arrays and objects that are part of a result are rebuilt, with sorted keys.
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "types/cast.h"
#include "types/json.h"

namespace orrery::expr {

using types::Datum;
using types::JsonReader;
using types::JsonToken;
using types::JsonTokenKind;
using types::JsonValue;
using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

/// The document in a cell, or nothing where there is none.
std::optional<std::string_view> document(const Vector& v, uint32_t row, Datum* keep) {
  *keep = v.datum(row);
  if (keep->type() == TypeId::kJson) return keep->view();
  if (keep->type() != TypeId::kText || !types::is_valid_json(keep->view())) return std::nullopt;
  return keep->view();
}

bool is_key(const JsonToken& token, std::string_view key, std::string* buffer) {
  if (!token.has_escapes) return token.text == key;
  buffer->clear();
  types::json_unescape(token.text, buffer);
  return *buffer == key;
}

/// The text of a member's value (the last of that name). `json` is one valid value.
std::optional<std::string_view> member(std::string_view json, std::string_view key) {
  JsonReader in(json);
  auto first = in.next();
  if (!first || first->kind != JsonTokenKind::kBeginObject) return std::nullopt;
  std::optional<std::string_view> found;
  std::string buffer;
  while (true) {
    auto name = in.next();
    if (!name || name->kind != JsonTokenKind::kKey) return found;
    bool hit = is_key(*name, key, &buffer);
    auto value = in.next();
    if (!value) return std::nullopt;
    auto text = in.skip_value(*value);
    if (!text) return std::nullopt;
    if (hit) found = *text;
  }
}

std::optional<std::string_view> element(std::string_view json, int64_t index) {
  JsonReader in(json);
  auto first = in.next();
  if (!first || first->kind != JsonTokenKind::kBeginArray || index < 0) return std::nullopt;
  while (true) {
    auto value = in.next();
    if (!value || value->kind == JsonTokenKind::kEndArray) return std::nullopt;
    auto text = in.skip_value(*value);
    if (!text) return std::nullopt;
    if (index-- == 0) return *text;
  }
}

/// $, $.a.b, $.a[0], or the same without $.
std::optional<std::string_view> at_path(std::string_view json, std::string_view path) {
  std::optional<std::string_view> value = json;
  if (!path.empty() && path[0] == '$') {
    path.remove_prefix(1);
    if (!path.empty() && path[0] != '.' && path[0] != '[') return std::nullopt;
  } else if (!path.empty() && path[0] != '[') {
    size_t end = std::min(path.find_first_of(".["), path.size());
    value = member(*value, path.substr(0, end));
    path.remove_prefix(end);
  }
  while (value && !path.empty()) {
    if (path[0] == '.') {
      size_t end = std::min(path.find_first_of(".[", 1), path.size());
      if (end == 1) return std::nullopt;
      value = member(*value, path.substr(1, end - 1));
      path.remove_prefix(end);
      continue;
    }
    int64_t index;
    auto [p, error] = std::from_chars(path.data() + 1, path.data() + path.size(), index);
    if (error != std::errc() || p == path.data() + path.size() || *p != ']') return std::nullopt;
    value = element(*value, index);
    path.remove_prefix(static_cast<size_t>(p + 1 - path.data()));
  }
  return value;
}

/// The argument's document, or the part of it that the path argument (if any) names.
std::optional<std::string_view> subject(const KernelCall& call, uint32_t row, Datum* keep) {
  auto json = document(*call.args[0], row, keep);
  if (!json || call.args.size() < 2) return json;
  return at_path(*json, call.args[1]->cell<StringRef>(row).view());
}

/// Compact, keys sorted. The value may have blanks around it.
bool append_sorted(std::string_view json, std::string* out) {
  auto value = JsonValue::parse(json);
  if (!value) return false;
  value->append_to(out, types::JsonKeyOrder::kSorted);
  return true;
}

JsonToken first_token(std::string_view json) {
  JsonReader in(json);
  auto token = in.next();
  return token ? *token : JsonToken{JsonTokenKind::kNull, {}, false, 0};
}

Datum number_of(std::string_view text) {
  int64_t whole;
  bool integral = text.find_first_of(".eE") == std::string_view::npos;
  if (integral && types::parse_int64(text, &whole)) return Datum::integer(whole);
  double v = 0;
  types::parse_double(text, &v);
  return Datum::floating(v);
}

/// A scalar as a SQL value, a container as JSON.
Datum as_sql(std::string_view json, Vector& out) {
  JsonToken token = first_token(json);
  std::string text;
  switch (token.kind) {
    case JsonTokenKind::kTrue:
      return Datum::boolean(true);
    case JsonTokenKind::kFalse:
      return Datum::boolean(false);
    case JsonTokenKind::kNumber:
      return number_of(token.text);
    case JsonTokenKind::kString:
      types::json_unescape(token.text, &text);
      return Datum::string(TypeId::kText, out.add_string(text));
    case JsonTokenKind::kBeginArray:
    case JsonTokenKind::kBeginObject:
      if (!append_sorted(json, &text)) return Datum::null();
      return Datum::string(TypeId::kJson, out.add_string(text));
    default:
      return Datum::null();
  }
}

Status extract(const KernelCall& call, const Selection& rows, Vector& out) {
  types::for_each_row(rows, [&](uint32_t r) {
    Datum keep;
    auto json = subject(call, r, &keep);
    out.set_datum(r, json ? as_sql(*json, out) : Datum::null());
  });
  return {};
}

/// What json -> key finds: a key names a member, a number an element.
std::optional<std::string_view> step(const KernelCall& call, uint32_t row, Datum* keep) {
  auto json = document(*call.args[0], row, keep);
  if (!json) return json;
  Datum key = call.args[1]->datum(row);
  if (key.type() == TypeId::kInteger) return element(*json, key.as_int64());
  if (key.type() == TypeId::kText) return member(*json, key.view());
  return std::nullopt;
}

Status arrow(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string text;
  types::for_each_row(rows, [&](uint32_t r) {
    Datum keep;
    auto json = step(call, r, &keep);
    text.clear();
    if (json && append_sorted(*json, &text)) {
      to[r] = out.add_string(text);
    } else {
      out.set_null(r);
    }
  });
  return {};
}

Status arrow_text(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string text;
  types::for_each_row(rows, [&](uint32_t r) {
    Datum keep;
    auto json = step(call, r, &keep);
    JsonToken token = json ? first_token(*json) : JsonToken{JsonTokenKind::kNull, {}, false, 0};
    text.clear();
    if (token.kind == JsonTokenKind::kNull) {
      out.set_null(r);
      return;
    }
    if (token.kind == JsonTokenKind::kString) {
      types::json_unescape(token.text, &text);
    } else {
      append_sorted(*json, &text);
    }
    to[r] = out.add_string(text);
  });
  return {};
}

Status type_of(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  types::for_each_row(rows, [&](uint32_t r) {
    Datum keep;
    auto json = subject(call, r, &keep);
    if (!json) {
      out.set_null(r);
      return;
    }
    types::JsonKind kind = types::JsonKind::kNull;
    switch (first_token(*json).kind) {
      case JsonTokenKind::kTrue:
      case JsonTokenKind::kFalse:
        kind = types::JsonKind::kBool;
        break;
      case JsonTokenKind::kNumber:
        kind = types::JsonKind::kNumber;
        break;
      case JsonTokenKind::kString:
        kind = types::JsonKind::kString;
        break;
      case JsonTokenKind::kBeginArray:
        kind = types::JsonKind::kArray;
        break;
      case JsonTokenKind::kBeginObject:
        kind = types::JsonKind::kObject;
        break;
      default:
        break;
    }
    to[r] = out.add_string(types::json_kind_name(kind));
  });
  return {};
}

Status valid(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  types::for_each_row(rows, [&](uint32_t r) {
    Datum keep;
    to[r] = document(*call.args[0], r, &keep).has_value() ? 1 : 0;
  });
  return {};
}

Status keys(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string text;
  types::for_each_row(rows, [&](uint32_t r) {
    Datum keep;
    auto json = subject(call, r, &keep);
    auto value = json ? JsonValue::parse(*json) : Result<JsonValue>(JsonValue());
    if (!value || !value->is(types::JsonKind::kObject)) {
      out.set_null(r);
      return;
    }
    std::vector<std::string_view> names;
    for (const JsonValue::Member& m : value->members()) names.push_back(m.first);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    text = "[";
    for (std::string_view name : names) {
      if (text.size() > 1) text.push_back(',');
      types::append_json_string(name, &text);
    }
    text.push_back(']');
    to[r] = out.add_string(text);
  });
  return {};
}

Status array_length(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  types::for_each_row(rows, [&](uint32_t r) {
    Datum keep;
    auto json = subject(call, r, &keep);
    JsonReader in(json.value_or("null"));
    auto token = in.next();
    int64_t count = token && token->kind == JsonTokenKind::kBeginArray ? 0 : -1;
    while (count >= 0) {
      token = in.next();
      if (!token || token->kind == JsonTokenKind::kEndArray || !in.skip_value(*token)) break;
      ++count;
    }
    if (count < 0) {
      out.set_null(r);
    } else {
      to[r] = count;
    }
  });
  return {};
}

/// A SQL value as JSON: JSON as it is (sorted), numbers and booleans as such, all else as a string.
void append_as_json(const Datum& d, std::string* out) {
  switch (d.type()) {
    case TypeId::kNull:
      out->append("null");
      break;
    case TypeId::kInteger:
    case TypeId::kBoolean:
    case TypeId::kVector:
      types::append_text(d, out);
      break;
    case TypeId::kFloat:
      JsonValue::floating(d.as_double()).append_to(out);
      break;
    case TypeId::kJson:
      if (!append_sorted(d.view(), out)) out->append("null");
      break;
    default: {
      std::string text;
      types::append_text(d, &text);
      types::append_json_string(text, out);
      break;
    }
  }
}

Status array(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string text;
  types::for_each_row(rows, [&](uint32_t r) {
    text = "[";
    for (const Vector* arg : call.args) {
      if (text.size() > 1) text.push_back(',');
      append_as_json(arg->datum(r), &text);
    }
    text.push_back(']');
    to[r] = out.add_string(text);
  });
  return {};
}

Status object(const KernelCall& call, const Selection& rows, Vector& out) {
  if (call.args.size() % 2 != 0) return null_kernel(call, rows, out);
  StringRef* to = out.data<StringRef>();
  std::string text;
  types::for_each_row(rows, [&](uint32_t r) {
    std::map<std::string, std::string> members;
    for (size_t i = 0; i < call.args.size(); i += 2) {
      Datum key = call.args[i]->datum(r);
      if (key.is_null()) {
        out.set_null(r);
        return;
      }
      text.clear();
      types::append_text(key, &text);
      std::string& value = members[text];
      value.clear();
      append_as_json(call.args[i + 1]->datum(r), &value);
    }
    text = "{";
    for (const auto& [key, value] : members) {
      if (text.size() > 1) text.push_back(',');
      types::append_json_string(key, &text);
      text.append(":").append(value);
    }
    text.push_back('}');
    to[r] = out.add_string(text);
  });
  return {};
}

constexpr auto kPure = Volatility::kImmutable;
constexpr auto kPropagate = NullRule::kPropagate;
constexpr auto kAny = TypeId::kAny;
constexpr auto kText = TypeId::kText;
constexpr auto kJson = TypeId::kJson;
constexpr auto kInteger = TypeId::kInteger;

constexpr Overload kOverloads[] = {
    {{"->", 2, 2, kPure, kPropagate, arrow}, kJson, {kAny, kAny}},
    {{"->>", 2, 2, kPure, kPropagate, arrow_text}, kText, {kAny, kAny}},
    {{"JSON_EXTRACT", 2, 2, kPure, kPropagate, extract}, kAny, {kAny, kText}},
    {{"JSON_TYPE", 1, 2, kPure, kPropagate, type_of}, kText, {kAny, kText}},
    {{"JSON_TYPEOF", 1, 2, kPure, kPropagate, type_of}, kText, {kAny, kText}},
    {{"JSON_VALID", 1, 1, kPure, kPropagate, valid}, kInteger, {kAny}},
    {{"JSON_KEYS", 1, 2, kPure, kPropagate, keys}, kJson, {kAny, kText}},
    {{"JSON_ARRAY_LENGTH", 1, 2, kPure, kPropagate, array_length}, kInteger, {kAny, kText}},
    {{"JSON_ARRAY", 0, 255, kPure, NullRule::kSeesNull, array}, kJson, {kAny, kAny, kAny, kAny}},
    {{"JSON_OBJECT", 0, 255, kPure, NullRule::kSeesNull, object}, kJson, {kAny, kAny, kAny, kAny}},
};

}  // namespace

Family json_functions() {
  return {kOverloads, {}};
}

}  // namespace orrery::expr
