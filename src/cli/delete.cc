// orrery delete, lock, unlock.
#include <cstdio>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/project_config.h"
#include "cli/server_client.h"

namespace orrery::cli {
namespace {

constexpr Option kOptions[] = {kServerOption, kNoConfigOption, kYesOption, kHelpOption};

Result<int> run_delete(const Arguments& arguments) {
  ORRERY_TRY_ASSIGN(DatabaseWords words, take_database(arguments, Rest::kExactly, 0, ""));
  ORRERY_TRY_ASSIGN(ServerClient client,
                    ServerClient::open(arguments, words.server, Login::kRequired));
  // Not asked about what is not there.
  ORRERY_TRY_ASSIGN(std::string identity,
                    client.body_of({.path = database_path(words.database, "/identity")},
                                   "'" + words.database + "'"));
  if (!arguments.has("yes")) {
    std::fprintf(stderr,
                 "This deletes the database '%s' (%s) at %s with its module and all rows.\n",
                 words.database.c_str(), identity.c_str(), client.url().c_str());
    ORRERY_TRY(ask_yes("Delete it?", "delete -y"));
  }
  ORRERY_TRY_ASSIGN(std::string body, client.body_of({.method = "DELETE",
                                                      .path = database_path(words.database),
                                                      .what = "deleting " + words.database},
                                                     "'" + words.database + "'"));
  std::printf("Deleted %s\n", words.database.c_str());
  return kExitOk;
}

Result<int> set_lock(const Arguments& arguments, std::string_view way, const char* done) {
  ORRERY_TRY_ASSIGN(DatabaseWords words, take_database(arguments, Rest::kExactly, 0, ""));
  ORRERY_TRY_ASSIGN(ServerClient client,
                    ServerClient::open(arguments, words.server, Login::kRequired));
  ORRERY_TRY_ASSIGN(std::string body,
                    client.body_of({.method = "POST", .path = database_path(words.database, way)},
                                   "'" + words.database + "'"));
  std::printf("%s %s\n", done, words.database.c_str());
  return kExitOk;
}

Result<int> run_lock(const Arguments& arguments) {
  return set_lock(arguments, "/lock", "Locked");
}
Result<int> run_unlock(const Arguments& arguments) {
  return set_lock(arguments, "/unlock", "Unlocked");
}

}  // namespace

constexpr Command kDeleteCommand = {
    .name = "delete",
    .summary = "delete a database",
    .usage = "[DATABASE] [options]",
    .about =
        "Deletes a database with its module and all its rows, after asking. Clients that are\n"
        "connected are cut off. There is no way back.\n",
    .options = kOptions,
    .examples =
        "  orrery delete chat\n"
        "  orrery delete chat -y        in scripts\n",
    .run = run_delete,
};
constexpr Command kLockCommand = {
    .name = "lock",
    .summary = "protect a database against deletion",
    .usage = "[DATABASE] [options]",
    .about =
        "After this the database can neither be deleted nor published with --delete-data,\n"
        "until it is unlocked.\n",
    .options = kOptions,
    .examples = "  orrery lock chat\n",
    .run = run_lock,
};
constexpr Command kUnlockCommand = {
    .name = "unlock",
    .summary = "take that protection away",
    .usage = "[DATABASE] [options]",
    .about = "Undoes `orrery lock`.\n",
    .options = kOptions,
    .examples = "  orrery unlock chat\n",
    .run = run_unlock,
};

}  // namespace orrery::cli
