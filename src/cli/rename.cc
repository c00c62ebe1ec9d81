// orrery rename.
#include <cstdio>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/server_client.h"
#include "types/json.h"

namespace orrery::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "to",
     .takes = Option::Takes::kValue,
     .value = "NAME",
     .help = "the new name; all others go"},
    kServerOption,
    kYesOption,
    kHelpOption,
};

Result<int> run(const Arguments& arguments) {
  if (arguments.positional().size() != 1 || !arguments.has("to")) {
    return usage_error("rename wants a database and --to NAME");
  }
  const std::string& database = arguments.positional()[0];
  std::string name = arguments.value_or("to", "");
  ORRERY_TRY_ASSIGN(ServerClient client, ServerClient::open(arguments, "", Login::kRequired));
  std::string body = "[";
  types::append_json_string(name, &body);
  body += "]";
  ORRERY_TRY_ASSIGN(server::http::ClientResponse answer,
                    client.send({.method = "PUT",
                                 .path = database_path(database, "/names"),
                                 .body = body,
                                 .content_type = "application/json"}));
  auto json = types::JsonValue::parse(answer.body);
  if (json && json->find("OtherError") != nullptr) {
    const types::JsonValue& why = *json->find("OtherError");
    return failed_error(why.is(types::JsonKind::kString) ? why.as_string() : answer.body);
  }
  if (json && answer.status == 401) {
    return not_allowed_error("'" + database + "' is not yours\nSee: orrery login show");
  }
  ORRERY_TRY(client.check(answer, "'" + database + "'"));
  std::printf("Renamed %s to %s\n", database.c_str(), name.c_str());
  return kExitOk;
}

}  // namespace

constexpr Command kRenameCommand = {
    .name = "rename",
    .summary = "give a database another name",
    .usage = "DATABASE --to NAME [options]",
    .about =
        "Gives a database, named by its identity or a name it has, a new name in place of all\n"
        "it had.\n",
    .options = kOptions,
    .examples = "  orrery rename chat --to talk\n",
    .run = run,
};

}  // namespace orrery::cli
