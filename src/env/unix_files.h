// UnixFileSystem: files through the calls that posix and wasi share. Locks, which they do not
// share, are left to the two subclasses. Private to env/.
#pragma once

#include "env/file_system.h"

namespace orrery::env {

class UnixFileSystem : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(std::string_view path, OpenMode mode) override;
  Status rename(std::string_view from, std::string_view to) override;
  Status remove(std::string_view path) override;
  Result<std::vector<DirEntry>> list_dir(std::string_view path) override;
  Status create_dirs(std::string_view path) override;
  Status sync_dir(std::string_view path) override;
  bool exists(std::string_view path) override;
};

/// An Error for `errno_value`, with kDiskFull told apart: "cannot <action> '<path>': <reason>".
Error unix_error(std::string_view action, std::string_view path, int errno_value);
/// Opens with close-on-exec, retrying interrupted calls; -1 with errno set.
/// Permissions are those of a file that it makes.
int unix_open(const char* path, int flags, unsigned permissions = 0644);

}  // namespace orrery::env
