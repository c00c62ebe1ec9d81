// orrery server list | add | remove | set-default | edit | ping | fingerprint | clear.
#include <cstdio>
#include <filesystem>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/server_client.h"
#include "cli/start.h"
#include "env/environment.h"
#include "types/json.h"

namespace orrery::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "url", .takes = Option::Takes::kValue, .value = "URL", .help = "of add and edit"},
    {.name = "default", .letter = 'd', .help = "of add: make it the default server"},
    {.name = "no-fingerprint", .help = "of add and edit: do not ask the server for its key"},
    {.name = "new-name",
     .takes = Option::Takes::kValue,
     .value = "NAME",
     .help = "of edit: another nickname"},
    {.name = "data-dir",
     .takes = Option::Takes::kValue,
     .value = "FOLDER",
     .help = "of clear: the server's data (default ~/.local/share/orrery/data)",
     .completes = Option::Completes::kFolder},
    kJsonOption,
    kYesOption,
    kHelpOption,
};

constexpr const char* kUsage =
    "server wants one of: list, add, remove, set-default, edit, ping, fingerprint, clear";

Result<std::string> fetch_key(const std::string& url) {
  server::http::ClientRequest request;
  request.url = url + "/v1/identity/public-key";
  auto answer = server::http::send_request(request, patient(15'000'000, nullptr));
  if (!answer) return std::move(answer).error();
  if (answer->status != 200) {
    return unreachable_error(url + " shows no key (status " + std::to_string(answer->status) + ")");
  }
  return std::move(answer->body);
}

Result<int> list(const UserConfig& config, const Arguments& arguments) {
  if (!arguments.has("json")) {
    for (const ServerEntry& server : config.servers) {
      bool is_default = server.nickname == config.default_server;
      std::printf("%s %-16s %s%s\n", is_default ? "*" : " ", server.nickname.c_str(),
                  server.url().c_str(),
                  config.token_for(server.url()).empty() ? "" : "  (logged in)");
    }
    return kExitOk;
  }
  std::string out = "[";
  for (const ServerEntry& server : config.servers) {
    if (out.back() != '[') out += ",";
    out += "{\"nickname\":";
    types::append_json_string(server.nickname, &out);
    out += ",\"url\":";
    types::append_json_string(server.url(), &out);
    out += ",\"default\":";
    out += server.nickname == config.default_server ? "true}" : "false}";
  }
  std::printf("%s]\n", out.c_str());
  return kExitOk;
}

Status set_url(ServerEntry& server, std::string url, const Arguments& arguments) {
  while (url.ends_with('/')) url.pop_back();
  if (url.find("://") == std::string::npos) url = "http://" + url;
  if (!server::http::parse_target(url)) return usage_error("'" + url + "' is no http(s) URL");
  size_t scheme = url.find("://");
  server.protocol = url.substr(0, scheme);
  server.host = url.substr(scheme + 3);
  server.public_key.clear();
  if (arguments.has("no-fingerprint")) return {};
  auto key = fetch_key(url);
  if (!key) {
    return unreachable_error(key.error().message() +
                             "\nTry: --no-fingerprint, where the server does not run yet");
  }
  server.public_key = std::move(*key);
  return {};
}

Result<int> add(UserConfig& config, const std::vector<std::string>& words,
                const Arguments& arguments) {
  if (words.size() != 2 || !arguments.has("url")) {
    return usage_error("server add wants a nickname and --url URL");
  }
  if (config.find(words[1]) != nullptr) {
    return usage_error("a server '" + words[1] + "' is there already\nTry: orrery server edit");
  }
  ServerEntry entry;
  entry.nickname = words[1];
  ORRERY_TRY(set_url(entry, arguments.value_or("url", ""), arguments));
  std::printf("Added %s, %s\n", entry.nickname.c_str(), entry.url().c_str());
  if (arguments.has("default")) config.default_server = entry.nickname;
  config.servers.push_back(std::move(entry));
  ORRERY_TRY(config.save());
  return kExitOk;
}

Result<int> edit(UserConfig& config, ServerEntry& entry, const Arguments& arguments) {
  bool was_default = config.default_server == entry.nickname;
  if (auto name = arguments.value("new-name")) entry.nickname = *name;
  if (auto url = arguments.value("url")) ORRERY_TRY(set_url(entry, *url, arguments));
  if (was_default) config.default_server = entry.nickname;
  ORRERY_TRY(config.save());
  std::printf("%s is %s\n", entry.nickname.c_str(), entry.url().c_str());
  return kExitOk;
}

Result<int> ping(const std::string& url) {
  server::http::ClientRequest request;
  request.url = url + "/v1/ping";
  auto answer = server::http::send_request(request, patient(10'000'000, nullptr));
  if (!answer) {
    return unreachable_error(answer.error().message() + "\nIs a server running? orrery start");
  }
  if (answer->status != 200) {
    return unreachable_error(url + " answers with status " + std::to_string(answer->status));
  }
  std::printf("%s is there\n", url.c_str());
  return kExitOk;
}

Result<int> fingerprint(UserConfig& config, const std::string& url, const std::string& name) {
  ORRERY_TRY_ASSIGN(std::string key, fetch_key(url));
  std::printf("%s", key.c_str());
  ServerEntry* entry = config.find(name);
  if (entry == nullptr || entry->public_key == key) return kExitOk;
  std::fprintf(stderr, entry->public_key.empty() ? "kept for %s\n" : "CHANGED, and kept for %s\n",
               name.c_str());
  entry->public_key = key;
  ORRERY_TRY(config.save());
  return kExitOk;
}

Result<int> clear(const Arguments& arguments) {
  std::string folder = arguments.value_or("data-dir", default_data_directory());
  env::FileSystem& files = *env::system_environment().files;
  if (!files.exists(folder)) return usage_error("there is no folder " + folder);
  // What a server of ours leaves in its folder; nothing else is deleted by mistake.
  if (!files.exists(folder + "/control") && !files.exists(folder + "/id_ecdsa")) {
    return usage_error(folder + " is no data folder of a server");
  }
  if (!arguments.has("yes")) {
    std::fprintf(stderr, "This deletes every database in %s. No server may be running on it.\n",
                 folder.c_str());
    ORRERY_TRY(ask_yes("Delete them?", "server clear -y"));
  }
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) return failed_error("cannot delete " + folder + ": " + error.message());
  std::printf("Deleted %s\n", folder.c_str());
  return kExitOk;
}

Result<int> run(const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.positional();
  if (words.empty() || words.size() > 2) return usage_error(kUsage);
  const std::string& what = words[0];
  ORRERY_TRY_ASSIGN(UserConfig config, UserConfig::load());
  if (what == "list") return list(config, arguments);
  if (what == "add") return add(config, words, arguments);
  if (what == "clear") return clear(arguments);
  std::string name = words.size() > 1 ? words[1] : "";
  if (what == "ping" || what == "fingerprint") {
    ORRERY_TRY_ASSIGN(std::string url, config.url_of(name));
    return what == "ping" ? ping(url) : fingerprint(config, url, name);
  }
  if (what != "remove" && what != "set-default" && what != "edit") return usage_error(kUsage);
  ServerEntry* entry = config.find(name);
  if (entry == nullptr) {
    return usage_error("no server is called '" + name + "'\nTry: orrery server list");
  }
  if (what == "edit") return edit(config, *entry, arguments);
  if (what == "set-default") {
    config.default_server = entry->nickname;
    std::printf("The default server is %s\n", entry->nickname.c_str());
  } else {
    if (config.default_server == entry->nickname) config.default_server.clear();
    config.servers.erase(config.servers.begin() + (entry - config.servers.data()));
    std::printf("Removed %s\n", name.c_str());
  }
  ORRERY_TRY(config.save());
  return kExitOk;
}

}  // namespace

constexpr Command kServerCommand = {
    .name = "server",
    .summary = "the servers that commands talk to, and which is the default",
    .usage = "list|add|remove|set-default|edit|ping|fingerprint|clear [NICKNAME] [options]",
    .about =
        "Keeps nicknames of servers, for -s. `ping` asks whether one answers, `fingerprint`\n"
        "prints the key it signs tokens with, `clear` deletes a server's data on this machine.\n",
    .options = kOptions,
    .examples =
        "  orrery server list\n"
        "  orrery server add lab --url http://10.0.0.7:3000 -d\n"
        "  orrery server ping lab\n",
    .run = run,
};

}  // namespace orrery::cli
