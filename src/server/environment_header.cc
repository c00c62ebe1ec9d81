#include "server/environment_header.h"

#include <algorithm>

#include "types/json.h"

namespace orrery::server {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Visible, and no quote, comma or backslash.
bool is_bare(char c) {
  return c > ' ' && c <= '~' && c != '"' && c != '\'' && c != ',' && c != '\\';
}

/// What stands before the character, which goes with it; nothing where it does not come.
std::optional<std::string_view> take_until(std::string_view* rest, char end) {
  const size_t at = rest->find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view out = rest->substr(0, at);
  rest->remove_prefix(at + 1);
  return out;
}

/// A string of JSON, from its quote on.
std::optional<std::string> take_json_string(std::string_view* rest) {
  size_t end = 1;
  while (end < rest->size() && (*rest)[end] != '"') end += (*rest)[end] == '\\' ? 2 : 1;
  if (end >= rest->size()) return std::nullopt;
  Result<types::JsonValue> value = types::JsonValue::parse(rest->substr(0, end + 1));
  if (!value || !value->is(types::JsonKind::kString)) return std::nullopt;
  rest->remove_prefix(end + 1);
  return value->as_string();
}

std::optional<std::string> take_value(std::string_view* rest) {
  if (rest->starts_with('"')) return take_json_string(rest);
  if (rest->starts_with('\'')) {
    rest->remove_prefix(1);
    const std::optional<std::string_view> quoted = take_until(rest, '\'');
    if (!quoted) return std::nullopt;
    return std::string(*quoted);
  }
  const std::string_view all = rest->substr(0, rest->find(','));
  const std::string_view value = all.substr(0, all.find_last_not_of(" \t") + 1);
  if (!std::all_of(value.begin(), value.end(), is_bare)) return std::nullopt;
  rest->remove_prefix(all.size());
  return std::string(value);
}

bool read_assignments(std::string_view rest, host::EnvironmentMap* out) {
  for (;;) {
    while (!rest.empty() && (is_blank(rest[0]) || rest[0] == ',')) rest.remove_prefix(1);
    if (rest.empty()) return true;
    const std::optional<std::string_view> key = take_until(&rest, '=');
    if (!key || !schema::is_environment_name(*key)) return false;
    std::optional<std::string> value = take_value(&rest);
    if (!value || value->size() > schema::kEnvironmentValueBytesMax) return false;
    if (!out->emplace(*key, *std::move(value)).second) return false;
    while (!rest.empty() && is_blank(rest[0])) rest.remove_prefix(1);
    if (!rest.empty() && rest[0] != ',') return false;
  }
}

bool read_removals(std::string_view rest, host::EnvironmentUpdate* out) {
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    const std::string_view key = http::trim_blanks(item);
    if (key.empty()) continue;
    const bool whole = out->rest == host::EnvironmentUpdate::Rest::kRemove;
    // A slip such as "KEY, *" must not empty the environment.
    if (whole || (key == "*" && !out->removed.empty())) return false;
    if (key == "*") {
      out->rest = host::EnvironmentUpdate::Rest::kRemove;
    } else if (schema::is_environment_name(key)) {
      out->removed.emplace_back(key);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<host::EnvironmentUpdate> read_environment_headers(const http::Headers& headers) {
  host::EnvironmentUpdate out;
  for (const auto& [name, value] : headers.fields()) {
    const bool ascii =
        std::all_of(value.begin(), value.end(), [](char c) { return is_blank(c) || (c > 31 && c < 127); });
    if (http::equal_ignoring_case(name, "spacetime-environment")) {
      if (!ascii || !read_assignments(value, &out.values)) return std::nullopt;
    } else if (http::equal_ignoring_case(name, "spacetime-environment-remove")) {
      if (!ascii || !read_removals(value, &out)) return std::nullopt;
    }
  }
  return out;
}

}  // namespace orrery::server
