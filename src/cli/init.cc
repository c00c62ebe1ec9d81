// orrery init.
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "cli/command.h"
#include "cli/module_build.h"
#include "cli/options.h"
#include "cli/templates.h"
#include "env/environment.h"
#include "types/json.h"

namespace orrery::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "template",
     .letter = 't',
     .takes = Option::Takes::kValue,
     .value = "NAME",
     .help = "basic-cpp (the default) or chat-cpp",
     .choices = "basic-cpp chat-cpp"},
    {.name = "lang",
     .takes = Option::Takes::kValue,
     .value = "LANGUAGE",
     .help = "cpp, the only one so far",
     .choices = "cpp"},
    {.name = "project-path",
     .takes = Option::Takes::kValue,
     .value = "FOLDER",
     .help = "where to put it (default: a folder of the project's name)",
     .completes = Option::Completes::kFolder},
    {.name = "server-only", .help = "a module alone; that is all there is so far"},
    {.name = "local", .help = "for the server `local`, as it is anyway"},
    {.name = "non-interactive", .help = "never ask (it never does)"},
    kYesOption,
    kHelpOption,
};

Status write_file(const std::string& path, std::string_view text) {
  env::FileSystem& files = *env::system_environment().files;
  ORRERY_TRY(files.create_dirs(env::parent_path(path)));
  ORRERY_TRY_ASSIGN(std::unique_ptr<env::File> file, files.open(path, env::OpenMode::kCreateNew));
  ORRERY_TRY(file->append(text));
  return file->close();
}

/// A name that a database may have: "My Game" gives "my-game".
std::string database_name(std::string_view project) {
  std::string out;
  for (char c : project) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (out.ends_with('-')) out.pop_back();
  return out.empty() ? "my-database" : out;
}

Result<int> run(const Arguments& arguments) {
  if (arguments.positional().size() > 1) return usage_error("init takes one project name");
  std::string chosen = arguments.value_or("template", "basic-cpp");
  std::string name = arguments.positional().empty() ? chosen : arguments.positional()[0];
  std::string folder = arguments.value_or("project-path", name);
  std::error_code error;
  if (std::filesystem::exists(folder, error) && !std::filesystem::is_empty(folder, error)) {
    return usage_error("the folder " + folder +
                       " is there already, and not empty\n"
                       "Choose another by --project-path");
  }
  for (const TemplateFile& file : template_files()) {
    if (file.project != chosen) continue;
    ORRERY_TRY(write_file(env::join_path(folder, file.path), file.text));
  }
  std::string database =
      database_name(std::filesystem::path(name).lexically_normal().filename().string());
  std::string config = "{\n  \"database\": ";
  types::append_json_string(database, &config);
  config += ",\n  \"module-path\": \".\",\n  \"server\": \"local\"\n}\n";
  ORRERY_TRY(write_file(env::join_path(folder, "spacetime.json"), config));
  ORRERY_TRY(write_file(env::join_path(folder, ".gitignore"), "/build/\n"));
  std::printf(
      "Made %s in %s\n\n"
      "  cd %s\n"
      "  orrery build                 to a .wasm file\n"
      "  orrery publish               to the server `local` (orrery start), as %s\n"
      "  orrery describe\n",
      chosen.c_str(), folder.c_str(), folder.c_str(), database.c_str());
  if (module_sdk_folder().empty()) {
    std::fprintf(stderr,
                 "orrery: the C++ module SDK is not there; building needs it: set "
                 "ORRERY_MODULE_SDK\n");
  }
  return kExitOk;
}

}  // namespace

constexpr Command kInitCommand = {
    .name = "init",
    .summary = "make a module project to begin with",
    .usage = "[NAME] [options]",
    .about =
        "Makes a folder with a C++ module that builds, and a spacetime.json that says which\n"
        "database it becomes. basic-cpp has one table and a few reducers, chat-cpp is a chat\n"
        "with users, messages, an event table, a schedule and a view.\n",
    .options = kOptions,
    .examples =
        "  orrery init talk --template chat-cpp\n"
        "  cd talk && orrery publish\n",
    .run = run,
};

}  // namespace orrery::cli
