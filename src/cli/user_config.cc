#include "cli/user_config.h"

#include <cstdlib>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 1
#include <toml++/toml.h>

#include <sstream>

#include "cli/command.h"
#include "env/environment.h"
#include "server/http/target.h"

namespace orrery::cli {
namespace {

constexpr uint64_t kFileBytesMax = 4 << 20;

std::string& given_path() {
  static std::string path;
  return path;
}

std::string usual_path() {
  if (!given_path().empty()) return given_path();
  if (const char* path = std::getenv("ORRERY_CONFIG"); path != nullptr && *path != '\0') {
    return path;
  }
  const char* folder = std::getenv("XDG_CONFIG_HOME");
  if (folder != nullptr && *folder != '\0') return std::string(folder) + "/orrery/cli.toml";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.config/orrery/cli.toml";
}

/// An empty table where there is no such file.
Result<toml::table> read_table(const std::string& path) {
  env::FileSystem& files = *env::system_environment().files;
  if (!files.exists(path)) return toml::table();
  ORRERY_TRY_ASSIGN(std::string text, env::read_file(files, path, kFileBytesMax));
  toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return failed_error(path + ":" + std::to_string(parsed.error().source().begin.line) + ": " +
                        std::string(parsed.error().description()) +
                        "\nRepair the file, or move it away to begin anew.");
  }
  return std::move(parsed).table();
}

std::string text_of(const toml::table& table, std::string_view key) {
  return table[key].value_or(std::string());
}

void set_or_erase(toml::table& table, std::string_view key, const std::string& value) {
  if (value.empty()) {
    table.erase(key);
  } else {
    table.insert_or_assign(key, value);
  }
}

toml::table entry_table(const ServerEntry& server) {
  toml::table out;
  out.insert("nickname", server.nickname);
  out.insert("host", server.host);
  out.insert("protocol", server.protocol);
  if (!server.public_key.empty()) out.insert("ecdsa_public_key", server.public_key);
  return out;
}

}  // namespace

void set_config_path(std::string path) {
  given_path() = std::move(path);
}

bool is_local_url(std::string_view url) {
  auto target = server::http::parse_target(url);
  return target &&
         (target->host == "localhost" || target->host == "::1" || target->host.starts_with("127."));
}

Result<UserConfig> UserConfig::load() {
  UserConfig out;
  out.path = usual_path();
  ORRERY_TRY_ASSIGN(toml::table table, read_table(out.path));
  out.default_server = text_of(table, "default_server");
  out.token = text_of(table, "spacetimedb_token");
  if (const toml::table* tokens = table["server_tokens"].as_table()) {
    for (const auto& [url, token] : *tokens) {
      out.server_tokens[std::string(url.str())] = token.value_or(std::string());
    }
  }
  const toml::array* servers = table["server_configs"].as_array();
  if (servers == nullptr) {
    out.servers.push_back({"local", "127.0.0.1:3000", "http", ""});
    out.servers.push_back({"maincloud", "maincloud.spacetimedb.com", "https", ""});
    if (out.default_server.empty()) out.default_server = "local";
    return out;
  }
  for (const toml::node& node : *servers) {
    const toml::table* one = node.as_table();
    if (one == nullptr) continue;
    std::string protocol = text_of(*one, "protocol");
    out.servers.push_back({text_of(*one, "nickname"), text_of(*one, "host"),
                           protocol.empty() ? "http" : protocol,
                           text_of(*one, "ecdsa_public_key")});
  }
  return out;
}

Status UserConfig::save() const {
  ORRERY_TRY_ASSIGN(toml::table table, read_table(path));
  set_or_erase(table, "default_server", default_server);
  set_or_erase(table, "spacetimedb_token", token);
  toml::table tokens;
  for (const auto& [url, text] : server_tokens) tokens.insert(url, text);
  table.erase("server_tokens");
  if (!tokens.empty()) table.insert("server_tokens", std::move(tokens));
  toml::array entries;
  for (const ServerEntry& server : servers) entries.push_back(entry_table(server));
  table.insert_or_assign("server_configs", std::move(entries));
  std::ostringstream text;
  text << table << "\n";

  env::FileSystem& files = *env::system_environment().files;
  ORRERY_TRY(files.create_dirs(env::parent_path(path)));
  std::string fresh = path + "." + std::to_string(env::system_environment().random->next_u64());
  ORRERY_TRY_ASSIGN(std::unique_ptr<env::File> file,
                    files.open(fresh, env::OpenMode::kCreateSecret));
  ORRERY_TRY(file->append(text.str()));
  ORRERY_TRY(file->close());
  return files.rename(fresh, path);
}

ServerEntry* UserConfig::find(std::string_view name) {
  for (ServerEntry& server : servers) {
    if (server.nickname == name || server.host == name || server.url() == name) return &server;
  }
  return nullptr;
}

Result<std::string> UserConfig::url_of(std::string_view server) const {
  if (server.empty()) server = default_server;
  if (server.empty()) {
    return usage_error(
        "no server is named, and there is no default one\n"
        "Try: orrery server set-default local");
  }
  for (const ServerEntry& entry : servers) {
    if (entry.nickname == server || entry.host == server) return entry.url();
  }
  std::string url(server);
  // A word without a point or port is a nickname that is not there, but for localhost.
  if (url.find("://") == std::string::npos) {
    if (url.find_first_of(".:") == std::string::npos && url != "localhost") {
      return usage_error("no server is called '" + url +
                         "'\nTry: orrery server list, or give an address: -s 127.0.0.1:3000");
    }
    url = "http://" + url;
  }
  while (url.ends_with('/')) url.pop_back();
  if (!server::http::parse_target(url)) {
    return usage_error("'" + std::string(server) + "' is no nickname, host or http(s) URL");
  }
  return url;
}

std::string UserConfig::token_for(std::string_view url) const {
  auto own = server_tokens.find(std::string(url));
  return own != server_tokens.end() ? own->second : token;
}

}  // namespace orrery::cli
