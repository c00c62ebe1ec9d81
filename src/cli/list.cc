// orrery list.
#include <cstdio>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/server_client.h"
#include "types/json.h"

namespace orrery::cli {
using types::JsonKind;
using types::JsonValue;

namespace {

constexpr Option kOptions[] = {kServerOption, kJsonOption, kYesOption, kHelpOption};

struct Listed {
  std::string identity;
  std::vector<std::string> names;
};

/// The texts of an array that an object holds under `key`.
Result<std::vector<std::string>> texts_in(const std::string& body, std::string_view key) {
  auto json = JsonValue::parse(body);
  const JsonValue* array = json ? json->find(key) : nullptr;
  if (array == nullptr || !array->is(JsonKind::kArray)) {
    return failed_error("the server's answer has no list of " + std::string(key));
  }
  std::vector<std::string> out;
  for (const JsonValue& item : array->items()) {
    if (item.is(JsonKind::kString)) out.push_back(item.as_string());
  }
  return out;
}

void print_json(const std::vector<Listed>& databases) {
  std::string out = "[";
  for (const Listed& database : databases) {
    if (out.back() != '[') out += ",";
    out += "{\"identity\":\"" + database.identity + "\",\"names\":[";
    for (const std::string& name : database.names) {
      if (out.back() != '[') out += ",";
      types::append_json_string(name, &out);
    }
    out += "]}";
  }
  std::printf("%s]\n", out.c_str());
}

Result<int> run(const Arguments& arguments) {
  if (!arguments.positional().empty()) return usage_error("list takes no words");
  ORRERY_TRY_ASSIGN(ServerClient client, ServerClient::open(arguments, "", Login::kRequired));
  std::string who = identity_of_token(client.token());
  if (who.empty()) return usage_error("your token names no identity\nTry: orrery logout");
  // The list itself is open to all, and empty for who does not exist.
  ORRERY_TRY_ASSIGN(std::string valid,
                    client.body_of({.path = "/v1/identity/" + who + "/verify"}, who));
  ORRERY_TRY_ASSIGN(std::string body,
                    client.body_of({.path = "/v1/identity/" + who + "/databases"}, who));
  ORRERY_TRY_ASSIGN(std::vector<std::string> identities, texts_in(body, "identities"));
  std::vector<Listed> databases;
  for (const std::string& identity : identities) {
    ORRERY_TRY_ASSIGN(std::string named,
                      client.body_of({.path = database_path(identity, "/names")}, identity));
    ORRERY_TRY_ASSIGN(std::vector<std::string> names, texts_in(named, "names"));
    databases.push_back({identity, std::move(names)});
  }
  if (arguments.has("json")) {
    print_json(databases);
    return kExitOk;
  }
  if (databases.empty()) {
    std::printf("No databases of %s at %s\nTry: orrery publish NAME\n", who.c_str(),
                client.url().c_str());
    return kExitOk;
  }
  for (const Listed& database : databases) {
    std::string names;
    for (const std::string& name : database.names) names += (names.empty() ? "" : " ") + name;
    std::printf("%s  %s\n", database.identity.c_str(), names.empty() ? "-" : names.c_str());
  }
  return kExitOk;
}

}  // namespace

constexpr Command kListCommand = {
    .name = "list",
    .summary = "list your databases",
    .usage = "[options]",
    .about = "Lists the databases that belong to you at a server: identity and names.\n",
    .options = kOptions,
    .examples =
        "  orrery list\n"
        "  orrery list --json | jq -r '.[].names[0]'\n",
    .run = run,
};

}  // namespace orrery::cli
