#include "host/storage_folder.h"

#include <vector>

namespace orrery::host {
namespace {

constexpr uint32_t kTreeDepthMax = 16;

Status remove_tree_at(env::FileSystem& files, const std::string& path, uint32_t depth) {
  if (depth > kTreeDepthMax) return Error(ErrorCode::kLimit, "folders too deep: " + path);
  ORRERY_TRY_ASSIGN(std::vector<env::DirEntry> entries, files.list_dir(path));
  for (const env::DirEntry& entry : entries) {
    const std::string child = env::join_path(path, entry.name);
    if (entry.kind == env::FileKind::kDirectory) {
      ORRERY_TRY(remove_tree_at(files, child, depth + 1));
    } else {
      ORRERY_TRY(files.remove(child));
    }
  }
  return files.remove(path);
}

}  // namespace

DatabaseFolder database_folder(const HostOptions& options, const types::Identity& identity) {
  DatabaseFolder out;
  if (options.storage == HostStorage::kMemory) return out;
  out.root = env::join_path(env::join_path(options.data_directory, "databases"),
                            identity.to_hex());
  out.data = env::join_path(out.root, "data");
  out.logs = env::join_path(out.root, "logs");
  return out;
}

std::string control_folder(const HostOptions& options) {
  return env::join_path(options.data_directory, "control");
}

std::string cache_folder(const HostOptions& options) {
  return env::join_path(options.data_directory, "cache");
}

Status remove_tree(env::FileSystem& files, std::string_view path) {
  if (!files.exists(path)) return {};
  return remove_tree_at(files, std::string(path), 0);
}

Status remove_database_folder(const HostOptions& options, const types::Identity& identity) {
  if (options.storage == HostStorage::kMemory) return {};
  return remove_tree(*options.environment.files, database_folder(options, identity).root);
}

}  // namespace orrery::host
