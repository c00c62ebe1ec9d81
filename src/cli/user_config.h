// UserConfig: cli.toml, what the commands remember of one user: servers by nickname, the default
// one, tokens. Keys that it does not know stay in the file.
//
//   default_server = "local"
//   spacetimedb_token = "..."            the token for servers without one of their own
//   [server_tokens]
//   "http://127.0.0.1:3000" = "..."      tokens that a server gave out itself
//   [[server_configs]]
//   nickname = "local"
//   host = "127.0.0.1:3000"
//   protocol = "http"
//   ecdsa_public_key = "..."             the server's fingerprint
//
// A plain value. save() replaces the file in one step and leaves it readable to its owner alone.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orrery::cli {

struct ServerEntry {
  std::string nickname;
  std::string host;  ///< with the port
  std::string protocol = "http";
  std::string public_key;  ///< PEM; "": not known
  std::string url() const { return protocol + "://" + host; }
};

struct UserConfig {
  std::string path;
  std::string default_server;                        ///< "": the first
  std::string token;                                 ///< for any server; "": none
  std::map<std::string, std::string> server_tokens;  ///< by URL
  std::vector<ServerEntry> servers;

  /// With the servers "local" and "maincloud" where there is no file yet.
  static Result<UserConfig> load();
  Status save() const;

  /// A nickname, host[:port] or URL; "" is the default server. kInvalidArgument where it is none.
  Result<std::string> url_of(std::string_view server) const;
  ServerEntry* find(std::string_view nickname_host_or_url);
  /// What to send to that server; "" for nothing.
  std::string token_for(std::string_view url) const;
};

/// From --config-path; "" for the usual place.
void set_config_path(std::string path);
/// True for an address of this machine.
bool is_local_url(std::string_view url);

}  // namespace orrery::cli
