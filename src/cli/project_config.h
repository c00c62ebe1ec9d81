// spacetime.json: which databases a project publishes, from which module, to which server.
//
// The file is looked for in the current folder and those above it. Over it are laid, key by key,
// spacetime.local.json, and with an environment (publish --env NAME) spacetime.NAME.json and
// spacetime.NAME.local.json. `children` inherit every key but database, generate, children and
// dev. Paths are relative to the file. Plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"

namespace orrery::cli {

struct ProjectTarget {
  std::string database;
  std::string server;       ///< "": the default one
  std::string module_path;  ///< absolute; "": none
  std::string bin_path;     ///< absolute; "": none
  std::string build_options;
  bool break_clients = false;
  bool anonymous = false;
  std::map<std::string, std::string> environment;  ///< what a publish gives to the module
};
struct ProjectConfig {
  std::string folder;
  std::vector<std::string> files;  ///< those that were read
  std::vector<ProjectTarget> targets;

  const ProjectTarget* find(std::string_view database) const;
};

/// Nothing where there is no such file. `environment` may be empty.
Result<std::optional<ProjectConfig>> find_project_config(const std::string& start_folder,
                                                         const std::string& environment);

/// What the words of a command say once the database is known.
struct DatabaseWords {
  std::string database;
  std::string server;  ///< of the project, "": none is named there
  std::vector<std::string> rest;
};
enum class Rest : uint8_t { kExactly, kAtLeast };
/// Takes the database off the front of the command's words, or out of spacetime.json where it is
/// not named there: where just `count` words are left for the rest, or (kAtLeast) the first word is
/// no database of a project that has one. `what` names what the rest is, for the error.
Result<DatabaseWords> take_database(const Arguments& arguments, Rest rest, size_t count,
                                    std::string_view what);

}  // namespace orrery::cli
