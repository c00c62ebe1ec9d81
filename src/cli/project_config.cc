#include "cli/project_config.h"

#include <unistd.h>

#include <climits>

#include "env/environment.h"
#include "types/json.h"

namespace orrery::cli {
using types::JsonKind;
using types::JsonValue;

namespace {

constexpr uint64_t kFileBytesMax = 4 << 20;
constexpr int kFoldersMax = 256;

std::string current_folder() {
  char buffer[PATH_MAX];
  return getcwd(buffer, sizeof(buffer)) == nullptr ? "." : buffer;
}

Result<JsonValue> read_object(const std::string& path) {
  ORRERY_TRY_ASSIGN(std::string text,
                    env::read_file(*env::system_environment().files, path, kFileBytesMax));
  auto json = JsonValue::parse(text);
  if (!json) return usage_error(path + ": " + json.error().message());
  if (!json->is(JsonKind::kObject)) return usage_error(path + ": not a JSON object");
  return json;
}

/// Whole keys are replaced, but those of the environment one by one.
void lay_over(JsonValue& base, const JsonValue& over) {
  for (const JsonValue::Member& member : over.members()) {
    bool found = false;
    for (JsonValue::Member& old : base.mutable_members()) {
      if (old.first != member.first) continue;
      const bool merged = member.first == "env" && old.second.is(JsonKind::kObject) &&
                          member.second.is(JsonKind::kObject);
      if (merged) {
        lay_over(old.second, member.second);
      } else {
        old.second = member.second;
      }
      found = true;
    }
    if (!found) base.mutable_members().push_back(member);
  }
}

bool is_inherited(std::string_view key) {
  return key != "database" && key != "generate" && key != "children" && key != "dev";
}

class TargetReader {
 public:
  explicit TargetReader(ProjectConfig* out) : out_(out) {}

  Status read(const JsonValue& object, int depth = 0) {
    ProjectTarget target;
    ORRERY_TRY(text(object, "database", &target.database));
    ORRERY_TRY(text(object, "server", &target.server));
    ORRERY_TRY(text(object, "module-path", &target.module_path));
    ORRERY_TRY(text(object, "bin-path", &target.bin_path));
    ORRERY_TRY(text(object, "build-options", &target.build_options));
    ORRERY_TRY(flag(object, "break-clients", &target.break_clients));
    ORRERY_TRY(flag(object, "anonymous", &target.anonymous));
    ORRERY_TRY(texts(object, "env", &target.environment));
    if (object.find("js-path") != nullptr) {
      return Error(ErrorCode::kNotSupported, "not supported yet: js-path, in " + file());
    }
    if (!target.module_path.empty() && !target.bin_path.empty()) {
      return usage_error(file() + ": module-path and bin-path exclude each other");
    }
    target.module_path = absolute(target.module_path);
    target.bin_path = absolute(target.bin_path);
    if (!target.database.empty()) out_->targets.push_back(std::move(target));
    const JsonValue* children = object.find("children");
    if (children == nullptr) return {};
    if (!children->is(JsonKind::kArray) || depth > 8) {
      return usage_error(file() + ": children is an array of objects, not too deep");
    }
    for (const JsonValue& child : children->items()) {
      if (!child.is(JsonKind::kObject)) return usage_error(file() + ": a child is an object");
      std::vector<JsonValue::Member> members;
      for (const JsonValue::Member& member : object.members()) {
        if (is_inherited(member.first)) members.push_back(member);
      }
      JsonValue whole = JsonValue::object(std::move(members));
      lay_over(whole, child);
      ORRERY_TRY(read(whole, depth + 1));
    }
    return {};
  }

 private:
  const std::string& file() const { return out_->files.front(); }
  std::string absolute(const std::string& path) const {
    return path.empty() || path[0] == '/' ? path : env::join_path(out_->folder, path);
  }
  Status text(const JsonValue& object, std::string_view key, std::string* out) {
    const JsonValue* value = object.find(key);
    if (value == nullptr || value->is(JsonKind::kNull)) return {};
    if (!value->is(JsonKind::kString)) {
      return usage_error(file() + ": " + std::string(key) + " is a text");
    }
    *out = value->as_string();
    return {};
  }
  /// Numbers and booleans count as the texts that they are written as.
  Status texts(const JsonValue& object, std::string_view key,
               std::map<std::string, std::string>* out) {
    const JsonValue* map = object.find(key);
    if (map == nullptr) return {};
    if (!map->is(JsonKind::kObject)) {
      return usage_error(file() + ": " + std::string(key) + " is an object of texts");
    }
    for (const JsonValue::Member& member : map->members()) {
      const JsonValue& value = member.second;
      if (value.is(JsonKind::kString)) {
        (*out)[member.first] = value.as_string();
      } else if (value.is(JsonKind::kNumber) || value.is(JsonKind::kBool)) {
        (*out)[member.first] = value.to_string();
      } else {
        return usage_error(file() + ": " + std::string(key) + "." + member.first + " is a text");
      }
    }
    return {};
  }
  Status flag(const JsonValue& object, std::string_view key, bool* out) {
    const JsonValue* value = object.find(key);
    if (value == nullptr) return {};
    if (!value->is(JsonKind::kBool)) {
      return usage_error(file() + ": " + std::string(key) + " is true or false");
    }
    *out = value->as_bool();
    return {};
  }

  ProjectConfig* out_;
};

}  // namespace

const ProjectTarget* ProjectConfig::find(std::string_view database) const {
  for (const ProjectTarget& target : targets) {
    if (target.database == database) return &target;
  }
  return nullptr;
}

Result<std::optional<ProjectConfig>> find_project_config(const std::string& start_folder,
                                                         const std::string& environment) {
  env::FileSystem& files = *env::system_environment().files;
  std::string folder = start_folder.empty() ? current_folder() : start_folder;
  if (folder[0] != '/') folder = env::join_path(current_folder(), folder);
  for (int i = 0; i < kFoldersMax; ++i) {
    if (files.exists(env::join_path(folder, "spacetime.json"))) break;
    if (folder == "/" || folder.empty()) return std::optional<ProjectConfig>();
    folder = env::parent_path(folder);
  }
  ProjectConfig out;
  out.folder = folder;
  std::vector<std::string> names = {"spacetime.json", "spacetime.local.json"};
  if (!environment.empty()) {
    names.push_back("spacetime." + environment + ".json");
    names.push_back("spacetime." + environment + ".local.json");
  }
  JsonValue merged = JsonValue::object({});
  for (const std::string& name : names) {
    std::string path = env::join_path(folder, name);
    if (!files.exists(path)) continue;
    ORRERY_TRY_ASSIGN(JsonValue layer, read_object(path));
    lay_over(merged, layer);
    out.files.push_back(path);
  }
  if (out.files.empty()) return std::optional<ProjectConfig>();
  ORRERY_TRY(TargetReader(&out).read(merged));
  return std::optional<ProjectConfig>(std::move(out));
}

Result<DatabaseWords> take_database(const Arguments& arguments, Rest rest, size_t count,
                                    std::string_view what) {
  DatabaseWords out;
  out.rest = arguments.positional();
  std::optional<ProjectConfig> project;
  if (!arguments.has("no-config")) {
    ORRERY_TRY_ASSIGN(project, find_project_config("", ""));
  }
  bool has_targets = project && !project->targets.empty();
  const ProjectTarget* target = nullptr;
  if (has_targets && !out.rest.empty()) target = project->find(out.rest[0]);
  if (target != nullptr) {
    out.rest.erase(out.rest.begin());
  } else if (has_targets && project->targets.size() == 1 &&
             (rest == Rest::kAtLeast || out.rest.size() == count)) {
    target = &project->targets[0];
  }
  if (target != nullptr) {
    out.database = target->database;
    out.server = target->server;
  } else if (out.rest.size() > count) {
    out.database = out.rest[0];
    out.rest.erase(out.rest.begin());
  } else if (out.rest.size() == count || has_targets) {
    std::string message = "which database? Name it first";
    if (has_targets) {
      message += "; spacetime.json has:";
      for (const ProjectTarget& t : project->targets) message += " " + t.database;
    } else {
      message += ", or in a spacetime.json\nTry: orrery list";
    }
    return usage_error(std::move(message));
  }
  if (out.rest.size() < count) return usage_error("missing: " + std::string(what));
  if (rest == Rest::kExactly && out.rest.size() > count) {
    return usage_error("too many words: '" + out.rest.back() + "'; quote what belongs together");
  }
  return out;
}

}  // namespace orrery::cli
