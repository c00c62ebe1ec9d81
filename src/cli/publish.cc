// orrery publish.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/module_build.h"
#include "cli/options.h"
#include "cli/project_config.h"
#include "cli/server_client.h"
#include "env/environment.h"
#include "types/json.h"
#include "types/unicode.h"

namespace orrery::cli {
using server::http::ClientResponse;
using types::JsonKind;
using types::JsonValue;

namespace {

constexpr uint64_t kProgramBytesMax = 512 << 20;

constexpr Option kOptions[] = {
    kServerOption,
    {.name = "module-path",
     .letter = 'p',
     .takes = Option::Takes::kValue,
     .value = "FOLDER",
     .help = "of the module project, which is built first (default: here)",
     .completes = Option::Completes::kFolder},
    {.name = "bin-path",
     .letter = 'b',
     .takes = Option::Takes::kValue,
     .value = "FILE",
     .help = "a .wasm file that is built already",
     .completes = Option::Completes::kFile},
    {.name = "delete-data",
     .letter = 'c',
     .takes = Option::Takes::kOptionalValue,
     .value = "WHEN",
     .help = "delete all rows first: always (also without a value), on-conflict (only where the "
             "tables cannot be migrated), never (the default)",
     .choices = "always on-conflict never"},
    {.name = "break-clients", .help = "yes to changes that connected clients do not survive"},
    {.name = "build-options",
     .takes = Option::Takes::kValue,
     .value = "WORDS",
     .help = "more words for cmake, cargo or go"},
    {.name = "yes",
     .letter = 'y',
     .takes = Option::Takes::kOptionalValue,
     .value = "WHAT",
     .help = "do not ask: all (also without a value), or some of remote, migrate, break-clients, "
             "skip-login, delete-data, joined by commas"},
    kAnonymousOption,
    {.name = "env",
     .takes = Option::Takes::kValue,
     .value = "NAME",
     .help = "with spacetime.NAME.json over spacetime.json"},
    kNoConfigOption,
    kJsonOption,
    kHelpOption,
};

enum class Clear : uint8_t { kNever, kOnConflict, kAlways };

struct Publication {
  std::string database;  ///< "": a new one without a name
  std::string server;
  std::string program;  ///< its bytes
  std::string shown;    ///< what is published
  Clear clear = Clear::kNever;
  bool break_clients = false;
  std::map<std::string, std::string> environment;
};

bool says_yes(const Arguments& arguments, std::string_view what) {
  if (!arguments.has("yes")) return false;
  std::vector<std::string> values = arguments.all("yes");
  if (values.empty()) return true;
  for (const std::string& value : values) {
    std::string list = "," + value + ",";
    if (list.find(",all,") != std::string::npos) return true;
    if (list.find("," + std::string(what) + ",") != std::string::npos) return true;
  }
  return false;
}

/// For people: standard error where standard output is for JSON.
std::FILE* talk(const Arguments& arguments) {
  return arguments.has("json") ? stderr : stdout;
}

Status load_program(const ProjectTarget& target, const Arguments& arguments, Publication* out) {
  std::string wasm = arguments.value_or("bin-path", "");
  std::string folder = arguments.value_or("module-path", "");
  if (!wasm.empty() && !folder.empty()) {
    return usage_error("-b and -p exclude each other: -b takes a file that is built already");
  }
  if (wasm.empty() && folder.empty()) {
    wasm = target.bin_path;
    folder = target.module_path;
  }
  if (wasm.empty()) {
    ModuleBuild build;
    // Where the tools of the original put the module of a project.
    std::error_code error;
    bool below = folder.empty() && std::filesystem::is_directory("spacetimedb", error);
    build.folder = !folder.empty() ? folder : below ? "spacetimedb" : ".";
    build.build_options = arguments.value_or("build-options", target.build_options);
    ORRERY_TRY_ASSIGN(BuiltModule built, build_module(build));
    wasm = built.wasm;
  }
  out->shown = wasm;
  auto bytes = env::read_file(*env::system_environment().files, wasm, kProgramBytesMax);
  if (!bytes) return usage_error("cannot read " + wasm + ": " + bytes.error().message());
  out->program = std::move(*bytes);
  if (!out->program.starts_with(std::string_view("\0asm", 4))) {
    return usage_error(wasm +
                       " is no WebAssembly module\nTry: orrery build, which prints the path "
                       "of one");
  }
  return {};
}

Status confirm_clear(const Publication& publication, const Arguments& arguments) {
  std::fprintf(talk(arguments),
               "This deletes every row of every table of '%s'; its module starts anew.\n",
               publication.database.c_str());
  std::fflush(talk(arguments));
  if (says_yes(arguments, "delete-data")) return {};
  return ask_yes("Delete all data of '" + publication.database + "'?", "publish -y");
}

const std::string* text_in(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.find(key);
  return value != nullptr && value->is(JsonKind::kString) ? &value->as_string() : nullptr;
}

/// True where a plan says more than its title: letters outside of colour codes.
bool says_something(std::string_view plan) {
  static constexpr std::string_view kTitle = "Database Migration Plan";
  size_t title = plan.find(kTitle);
  if (title != std::string_view::npos) plan.remove_prefix(title + kTitle.size());
  bool in_code = false;
  for (char c : plan) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter && !in_code) return true;
    in_code = c == '\033' || (in_code && !letter);
  }
  return false;
}

/// Shows what the change does, and asks. Appends to the publish request's query.
Status check_migration(ServerClient& client, const Publication& publication,
                       const Arguments& arguments, std::string* query) {
  bool color = std::getenv("NO_COLOR") == nullptr && isatty(fileno(talk(arguments))) != 0;
  std::string style = color ? "AnsiColor" : "NoColor";
  std::string path =
      database_path(publication.database, "/pre_publish?style=" + style +
                                              "&pretty_print_style=" + style + "&host_type=Wasm");
  ORRERY_TRY_ASSIGN(ClientResponse answer, client.send({.method = "POST",
                                                        .path = path,
                                                        .body = publication.program,
                                                        .content_type = "application/wasm",
                                                        .what = "checking what would change"}));
  if (answer.status == 404) return {};  // a new database
  ORRERY_TRY(client.check(answer, "'" + publication.database + "'"));
  auto json = JsonValue::parse(answer.body);
  if (!json) return failed_error("the server's answer is no JSON: " + json.error().message());
  if (const JsonValue* manual = json->find("ManualMigrate")) {
    const std::string* reason = text_in(*manual, "reason");
    std::string why = reason != nullptr ? *reason : "the tables cannot be migrated";
    if (publication.clear == Clear::kNever) {
      return failed_error(why +
                          "\nNothing was changed. With --delete-data=on-conflict the rows go "
                          "and the new module starts with empty tables.");
    }
    std::fprintf(talk(arguments), "%s\n", why.c_str());
    ORRERY_TRY(confirm_clear(publication, arguments));
    *query += "&clear=true";
    return {};
  }
  const JsonValue* plan = json->find("AutoMigrate");
  if (plan == nullptr) return failed_error("the server's answer has no plan: " + answer.body);
  if (const std::string* text = text_in(*plan, "migrate_plan");
      text != nullptr && says_something(*text)) {
    std::fprintf(talk(arguments), "%s\n", text->c_str());
    std::fflush(talk(arguments));
  }
  const JsonValue* breaks = plan->find("break_clients");
  if (breaks == nullptr || !breaks->is(JsonKind::kBool) || !breaks->as_bool()) return {};
  if (!publication.break_clients && !says_yes(arguments, "break-clients")) {
    ORRERY_TRY(
        ask_yes("This breaks clients that are connected. Go on?", "publish --break-clients"));
  }
  const std::string* token = text_in(*plan, "token");
  *query += "&policy=BreakClients&token=" + (token == nullptr ? "" : path_segment(*token));
  return {};
}

/// What the server answered, as text or as JSON.
Result<int> report(const ServerClient& client, const Publication& publication,
                   const ClientResponse& answer, const Arguments& arguments) {
  auto json = JsonValue::parse(answer.body);
  if (json && json->find("PermissionDenied") != nullptr) {
    return not_allowed_error("the name '" + publication.database +
                             "' belongs to somebody else\nPublish under another name, or see: "
                             "orrery login show");
  }
  ORRERY_TRY(client.check(answer, "'" + publication.database + "'"));
  const JsonValue* success = json ? json->find("Success") : nullptr;
  if (success == nullptr) return failed_error("not understood: " + answer.body);
  const std::string* identity = text_in(*success, "database_identity");
  const std::string* op = text_in(*success, "op");
  if (arguments.has("json")) {
    std::printf("%s\n", success->to_string().c_str());
    return kExitOk;
  }
  bool created = op != nullptr && *op == "created";
  std::printf("%s database %s%s%s at %s\n", created ? "Created" : "Updated",
              publication.database.c_str(), publication.database.empty() ? "" : ", identity ",
              identity == nullptr ? "?" : identity->c_str(), client.url().c_str());
  return kExitOk;
}

/// A JSON text as it may stand in a header: what is not ASCII is escaped.
std::string ascii_json(const std::string& json) {
  std::string out;
  auto escape = [&out](uint16_t unit) {
    char text[8];
    std::snprintf(text, sizeof(text), "\\u%04x", unit);
    out += text;
  };
  const char* end = json.data() + json.size();
  for (const char* p = json.data(); p < end;) {
    uint32_t c = 0;
    p += types::decode_utf8(p, end, &c);
    if (c < 0x7f) {
      out.push_back(static_cast<char>(c));
    } else if (c < 0x10000) {
      escape(c);
    } else {
      escape(0xd800 + ((c - 0x10000) >> 10));
      escape(0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  }
  return out;
}

Result<ClientResponse> send_program(ServerClient& client, const Publication& publication,
                                    const std::string& query) {
  const bool named = !publication.database.empty();
  server::http::Headers headers;
  for (const auto& [key, value] : publication.environment) {
    std::string quoted;
    types::append_json_string(value, &quoted);
    headers.add("spacetime-environment", key + "=" + ascii_json(quoted));
  }
  return client.send(
      {.method = named ? "PUT" : "POST",
       .path = (named ? database_path(publication.database) : "/v1/database") + query,
       .body = publication.program,
       .content_type = "application/wasm",
       .headers = std::move(headers),
       .what = "publishing " + publication.shown});
}

/// The keys that the server says must have values.
std::vector<std::string> missing_environment(const ClientResponse& answer) {
  std::vector<std::string> out;
  auto json = answer.status == 400 ? JsonValue::parse(answer.body)
                                   : Result<JsonValue>(JsonValue());
  if (!json) return out;
  const JsonValue* found = json->find("EnvironmentError");
  if (found != nullptr) found = found->find("MissingRequiredEnvironment");
  if (found != nullptr) found = found->find("keys");
  if (found == nullptr || !found->is(JsonKind::kArray)) return out;
  for (const JsonValue& key : found->items()) {
    if (key.is(JsonKind::kString)) out.push_back(key.as_string());
  }
  return out;
}

Result<int> publish(const Publication& publication, const Arguments& arguments) {
  Login login = says_yes(arguments, "skip-login") && !says_yes(arguments, "all") ? Login::kIfThere
                                                                                 : Login::kRequired;
  ORRERY_TRY_ASSIGN(ServerClient client, ServerClient::open(arguments, publication.server, login));
  if (!is_local_url(client.url()) && !says_yes(arguments, "remote")) {
    ORRERY_TRY(ask_yes("Publish to " + client.url() + "?", "publish -y, or --yes=remote"));
  }
  std::string query = "?host_type=Wasm";
  if (!publication.database.empty()) {
    if (publication.clear == Clear::kAlways) {
      ORRERY_TRY(confirm_clear(publication, arguments));
      query += "&clear=true";
    } else {
      ORRERY_TRY(check_migration(client, publication, arguments, &query));
    }
  } else if (publication.clear == Clear::kAlways) {
    return usage_error("--delete-data wants the name of the database");
  }
  ORRERY_TRY_ASSIGN(ClientResponse answer, send_program(client, publication, query));
  const std::vector<std::string> missing = missing_environment(answer);
  if (missing.empty()) return report(client, publication, answer, arguments);
  Publication complete = publication;
  std::string left;
  for (const std::string& key : missing) {
    if (const char* value = std::getenv(key.c_str())) {
      complete.environment[key] = value;
      std::fprintf(talk(arguments), "Environment %s: from the shell\n", key.c_str());
    } else {
      left += (left.empty() ? "" : ", ") + key;
    }
  }
  if (!left.empty()) {
    return failed_error("the module must be given values of its environment: " + left +
                        "\nSet them in the shell, or in \"env\" of spacetime.json or "
                        "spacetime.local.json");
  }
  ORRERY_TRY_ASSIGN(answer, send_program(client, complete, query));
  return report(client, complete, answer, arguments);
}

/// Before a build that may take minutes: a server that is not there is said at once.
Status check_server_answers(const ProjectTarget& target, const Arguments& arguments) {
  if (arguments.has("bin-path") || !target.bin_path.empty()) return {};
  ORRERY_TRY_ASSIGN(ServerClient client,
                    ServerClient::open(arguments, target.server, Login::kNever));
  ORRERY_TRY_ASSIGN([[maybe_unused]] ClientResponse answer,
                    client.send({.path = "/v1/ping", .timeout_micros = 30'000'000}));
  return {};
}

/// The project's targets that the command line means; one without a project.
Result<std::vector<ProjectTarget>> targets_of(const Arguments& arguments) {
  std::string named = arguments.positional().empty() ? "" : arguments.positional()[0];
  std::optional<ProjectConfig> project;
  if (!arguments.has("no-config")) {
    std::string environment = arguments.value_or("env", "");
    ORRERY_TRY_ASSIGN(project, find_project_config("", environment));
    if (!project && arguments.has("module-path")) {
      ORRERY_TRY_ASSIGN(project,
                        find_project_config(arguments.value_or("module-path", "."), environment));
    }
  }
  ProjectTarget alone;
  alone.database = named;
  if (!project || project->targets.empty()) return std::vector<ProjectTarget>{alone};
  const ProjectTarget* target = named.empty() ? nullptr : project->find(named);
  if (target != nullptr) return std::vector<ProjectTarget>{*target};
  if (named.empty()) return project->targets;
  bool says_what = arguments.has("module-path") || arguments.has("bin-path");
  if (says_what) return std::vector<ProjectTarget>{alone};
  std::string message = project->files[0] + " has no database '" + named + "', but:";
  for (const ProjectTarget& one : project->targets) message += " " + one.database;
  return usage_error(message + "\nTry: --no-config, or say what to publish by -p or -b");
}

Result<int> run(const Arguments& arguments) {
  if (arguments.positional().size() > 1) return usage_error("publish takes one database name");
  ORRERY_TRY_ASSIGN(std::vector<ProjectTarget> targets, targets_of(arguments));
  for (const ProjectTarget& target : targets) {
    Publication publication;
    publication.database = target.database;
    publication.server = target.server;
    publication.environment = target.environment;
    for (auto& [key, value] : publication.environment) {
      if (const char* over = std::getenv(key.c_str())) value = over;
    }
    publication.break_clients = target.break_clients || arguments.has("break-clients");
    if (arguments.has("delete-data")) {
      std::string when = arguments.value_or("delete-data", "always");
      publication.clear = when == "always"        ? Clear::kAlways
                          : when == "on-conflict" ? Clear::kOnConflict
                                                  : Clear::kNever;
    }
    ORRERY_TRY(check_server_answers(target, arguments));
    ORRERY_TRY(load_program(target, arguments, &publication));
    ORRERY_TRY_ASSIGN(int code, publish(publication, arguments));
    if (code != kExitOk) return code;
  }
  return kExitOk;
}

}  // namespace

constexpr Command kPublishCommand = {
    .name = "publish",
    .summary = "build a module and run it in a server as a database",
    .usage = "[DATABASE] [options]",
    .about =
        "Makes a database of a module, or puts a new module into one that is there. Tables are\n"
        "migrated where that can be done without losing rows; what would change is shown first,\n"
        "and what breaks clients or deletes rows is asked about. Names are of a-z, 0-9 and single\n"
        "hyphens. Without a name the one of spacetime.json is meant, or the database gets none.\n",
    .options = kOptions,
    .examples =
        "  orrery publish chat -p templates/chat-cpp      build and publish to the default server\n"
        "  orrery publish chat -b chat.wasm -s local -y   from a file, without questions\n"
        "  orrery publish chat --delete-data=on-conflict  start anew where migrating cannot work\n",
    .run = run,
};

}  // namespace orrery::cli
