#include "env/file_system.h"

namespace orrery::env {

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
  return path;
}

std::string parent_path(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(slash == 0 ? path.substr(0, 1) : path.substr(0, slash));
}

Result<std::string> read_file(FileSystem& files, std::string_view path, uint64_t size_max) {
  ORRERY_TRY_ASSIGN(auto file, files.open(path, OpenMode::kReadOnly));
  ORRERY_TRY_ASSIGN(const uint64_t size, file->size());
  if (size > size_max) {
    return Error(ErrorCode::kLimit, "file '" + std::string(path) + "' has " + std::to_string(size) +
                                        " bytes, at most " + std::to_string(size_max) +
                                        " expected");
  }
  std::string bytes(size, '\0');
  ORRERY_TRY_ASSIGN(const size_t count, file->read_at(0, bytes));
  bytes.resize(count);
  return bytes;
}

}  // namespace orrery::env
