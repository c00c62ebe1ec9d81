// orrery login, login show, logout.
#include <cstdio>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/server_client.h"
#include "types/json.h"

namespace orrery::cli {
namespace {

constexpr Option kLoginOptions[] = {
    kServerOption,
    {.name = "token",
     .takes = Option::Takes::kOptionalValue,
     .value = "TOKEN",
     .help = "keep this token; without -s for every server. With `show`: print the token itself"},
    {.name = "server-issued-login",
     .takes = Option::Takes::kValue,
     .value = "SERVER",
     .help = "the same as -s SERVER"},
    {.name = "no-browser", .help = "nothing here opens one"},
    {.name = "auth-host",
     .takes = Option::Takes::kValue,
     .value = "URL",
     .help = "not supported yet: logging in at a site of its own"},
    kJsonOption,
    kYesOption,
    kHelpOption,
};
constexpr Option kLogoutOptions[] = {
    kServerOption,
    {.name = "auth-host", .takes = Option::Takes::kValue, .value = "URL", .help = "ignored"},
    kYesOption,
    kHelpOption,
};

int show(const UserConfig& config, const std::string& url, const Arguments& arguments) {
  std::string token = config.token_for(url);
  std::string identity = identity_of_token(token);
  if (arguments.has("json")) {
    std::string out = "{\"server\":";
    types::append_json_string(url, &out);
    out += ",\"identity\":" + (token.empty() ? "null" : "\"" + identity + "\"");
    if (arguments.has("token") && !token.empty()) {
      out += ",\"token\":";
      types::append_json_string(token, &out);
    }
    std::printf("%s}\n", out.c_str());
  } else if (token.empty()) {
    std::printf("You are not logged in at %s\nTry: orrery login -s %s\n", url.c_str(), url.c_str());
  } else {
    std::printf("You are logged in at %s as %s\n", url.c_str(), identity.c_str());
    if (arguments.has("token")) std::printf("Your token (keep it secret): %s\n", token.c_str());
  }
  return token.empty() ? kExitFailed : kExitOk;
}

/// `login --token VALUE`; the value may stand behind a blank.
Result<int> keep_token(UserConfig& config, const std::string& url, bool for_one_server,
                       const std::string& token) {
  std::string identity = identity_of_token(token);
  if (identity.empty()) {
    return usage_error("that is no token: tokens are three texts of letters joined by points");
  }
  (for_one_server ? config.server_tokens[url] : config.token) = token;
  ORRERY_TRY(config.save());
  std::printf("Token kept for %s: you are %s\n", for_one_server ? url.c_str() : "every server",
              identity.c_str());
  return kExitOk;
}

Result<int> run_login(const Arguments& arguments) {
  if (arguments.has("auth-host")) {
    return Error(ErrorCode::kNotSupported, "not supported yet: login --auth-host");
  }
  std::vector<std::string> words = arguments.positional();
  ORRERY_TRY_ASSIGN(UserConfig config, UserConfig::load());
  std::string server = arguments.value_or("server", arguments.value_or("server-issued-login", ""));
  ORRERY_TRY_ASSIGN(std::string url, config.url_of(server));
  if (!words.empty() && words[0] == "show") {
    if (words.size() > 1) return usage_error("login show takes no words");
    return show(config, url, arguments);
  }
  if (arguments.has("token")) {
    std::optional<std::string> token = arguments.value("token");
    if (!token && words.size() == 1) token = words[0];
    if (!token) return usage_error("--token wants the token");
    return keep_token(config, url, !server.empty(), *token);
  }
  if (!words.empty()) return usage_error("login takes no words but show");
  if (std::string token = config.token_for(url); !token.empty()) {
    std::printf("You are logged in at %s already, as %s\nTry: orrery logout -s %s\n", url.c_str(),
                identity_of_token(token).c_str(), url.c_str());
    return kExitOk;
  }
  ORRERY_TRY_ASSIGN(std::string identity, login_at_server(config, url));
  if (arguments.has("json")) return show(config, url, arguments);
  std::printf("Logged in at %s as %s (kept in %s)\n", url.c_str(), identity.c_str(),
              config.path.c_str());
  return kExitOk;
}

Result<int> run_logout(const Arguments& arguments) {
  ORRERY_TRY_ASSIGN(UserConfig config, UserConfig::load());
  if (arguments.has("server")) {
    ORRERY_TRY_ASSIGN(std::string url, config.url_of(arguments.value_or("server", "")));
    size_t gone = config.server_tokens.erase(url);
    ORRERY_TRY(config.save());
    std::printf(gone != 0 ? "Logged out of %s\n" : "You were not logged in at %s\n", url.c_str());
    return kExitOk;
  }
  config.server_tokens.clear();
  config.token.clear();
  ORRERY_TRY(config.save());
  std::printf("Logged out everywhere\n");
  return kExitOk;
}

}  // namespace

constexpr Command kLoginCommand = {
    .name = "login",
    .summary = "get an identity from a server, or keep a token",
    .usage = "[show] [options]",
    .about =
        "Asks a server for a new identity and keeps its token, which every later command "
        "sends.\nOn a server of this machine the commands that need one do this by "
        "themselves.\n`login show` says who you are.\n",
    .options = kLoginOptions,
    .examples =
        "  orrery login                        at the default server\n"
        "  orrery login show --token           who you are there, with the token\n"
        "  orrery login --token eyJ0eXAi...    a token from elsewhere, for every server\n",
    .run = run_login,
};
constexpr Command kLogoutCommand = {
    .name = "logout",
    .summary = "forget tokens",
    .usage = "[-s SERVER]",
    .about =
        "Forgets the token for one server, or all of them. A token that a server gave out "
        "itself\ncannot be had again: what belongs to its identity is out of reach then.\n",
    .options = kLogoutOptions,
    .examples = "  orrery logout -s local\n",
    .run = run_logout,
};

}  // namespace orrery::cli
