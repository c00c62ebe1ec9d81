#include "env/unix_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace orrery::env {
namespace {

// Larger single calls are cut by the kernel anyway.
constexpr size_t kTransferMax = size_t{1} << 30;

class UnixFile final : public File {
 public:
  UnixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~UnixFile() override {
    if (fd_ >= 0) ::close(fd_);
  }

  Result<size_t> read_at(uint64_t offset, std::span<char> out) override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t n = ::pread(fd_, out.data() + done, std::min(out.size() - done, kTransferMax),
                                static_cast<off_t>(offset + done));
      if (n < 0) {
        if (errno == EINTR) continue;
        return unix_error("read", path_, errno);
      }
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Status write_at(uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::pwrite(fd_, bytes.data(), std::min(bytes.size(), kTransferMax),
                                 static_cast<off_t>(offset));
      if (n < 0) {
        if (errno == EINTR) continue;
        return unix_error("write", path_, errno);
      }
      if (n == 0) return unix_error("write", path_, ENOSPC);
      bytes.remove_prefix(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
    return {};
  }

  Status append(std::string_view bytes) override {
    ORRERY_TRY_ASSIGN(const uint64_t end, size());
    return write_at(end, bytes);
  }

  Result<uint64_t> size() override {
    struct stat info;
    if (::fstat(fd_, &info) != 0) return unix_error("examine", path_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

  Status truncate(uint64_t size) override {
    while (::ftruncate(fd_, static_cast<off_t>(size)) != 0) {
      if (errno != EINTR) return unix_error("resize", path_, errno);
    }
    return {};
  }

  Status sync() override {
#if defined(__APPLE__)
    // fsync leaves the bytes in the drive's cache there.
    if (::fcntl(fd_, F_FULLFSYNC) == 0) return {};
    const int rc = ::fsync(fd_);
#else
    // An interrupted call says nothing about the bytes, so it is an error like any other.
    const int rc = ::fdatasync(fd_);
#endif
    if (rc != 0) return unix_error("sync", path_, errno);
    return {};
  }

  Status close() override {
    const int fd = std::exchange(fd_, -1);
    if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) return unix_error("close", path_, errno);
    return {};
  }

 private:
  int fd_;
  std::string path_;
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::kReadOnly:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT;
    case OpenMode::kCreateNew:
    case OpenMode::kCreateSecret:
      return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::kTruncate:
      return O_RDWR | O_CREAT | O_TRUNC;
  }
  return O_RDONLY;
}

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kFile;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  return FileKind::kOther;
}

}  // namespace

Error unix_error(std::string_view action, std::string_view path, int errno_value) {
  const bool full = errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EFBIG;
  std::string message = "cannot ";
  message.append(action).append(" '").append(path).append("': ").append(std::strerror(errno_value));
  return Error(full ? ErrorCode::kDiskFull : ErrorCode::kIo, std::move(message));
}

int unix_open(const char* path, int flags, unsigned permissions) {
#if defined(O_CLOEXEC)
  flags |= O_CLOEXEC;
#endif
  for (;;) {
    const int fd = ::open(path, flags, permissions);
    if (fd >= 0 || errno != EINTR) return fd;
  }
}

Result<std::unique_ptr<File>> UnixFileSystem::open(std::string_view path, OpenMode mode) {
  std::string name(path);
  const unsigned permissions = mode == OpenMode::kCreateSecret ? 0600 : 0644;
  const int fd = unix_open(name.c_str(), flags_of(mode), permissions);
  if (fd < 0) return unix_error("open", path, errno);
  return std::unique_ptr<File>(std::make_unique<UnixFile>(fd, std::move(name)));
}

Status UnixFileSystem::rename(std::string_view from, std::string_view to) {
  if (::rename(std::string(from).c_str(), std::string(to).c_str()) != 0) {
    return unix_error("rename", from, errno);
  }
  return {};
}

Status UnixFileSystem::remove(std::string_view path) {
  const std::string name(path);
  struct stat info;
  if (::lstat(name.c_str(), &info) != 0) return unix_error("remove", path, errno);
  const int rc = S_ISDIR(info.st_mode) ? ::rmdir(name.c_str()) : ::unlink(name.c_str());
  if (rc != 0) return unix_error("remove", path, errno);
  return {};
}

Result<std::vector<DirEntry>> UnixFileSystem::list_dir(std::string_view path) {
  const std::string name(path);
  DIR* dir = ::opendir(name.c_str());
  if (dir == nullptr) return unix_error("list", path, errno);
  std::vector<DirEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir);
    if (entry == nullptr) break;
    const std::string_view entry_name = entry->d_name;
    if (entry_name == "." || entry_name == "..") continue;
    struct stat info;
    // The entry may be gone by now, or a link to nothing: not ours in either case.
    const bool known = ::stat(join_path(name, entry_name).c_str(), &info) == 0;
    entries.push_back({std::string(entry_name), known ? kind_of(info.st_mode) : FileKind::kOther});
  }
  const int read_errno = errno;
  ::closedir(dir);
  if (read_errno != 0) return unix_error("list", path, read_errno);
  std::sort(entries.begin(), entries.end(),
            [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
  return entries;
}

Status UnixFileSystem::create_dirs(std::string_view path) {
  // Walks up to the nearest folder that exists, so that folders above a sandbox's root, which
  // cannot be seen, are never asked for.
  std::vector<std::string> missing;
  std::string at(path);
  struct stat info;
  while (::stat(at.c_str(), &info) != 0) {
    if (errno != ENOENT) return unix_error("create directory", at, errno);
    missing.push_back(at);
    std::string parent = parent_path(at);
    if (parent == at) break;
    at = std::move(parent);
  }
  if (missing.empty() && !S_ISDIR(info.st_mode)) {
    return unix_error("create directory", path, ENOTDIR);
  }
  for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
    if (::mkdir(it->c_str(), 0755) != 0 && errno != EEXIST) {
      return unix_error("create directory", *it, errno);
    }
    ORRERY_TRY(sync_dir(parent_path(*it)));
  }
  return {};
}

Status UnixFileSystem::sync_dir(std::string_view path) {
  const int fd = unix_open(std::string(path).c_str(), O_RDONLY | O_DIRECTORY);
  if (fd < 0) return unix_error("open directory", path, errno);
  const int rc = ::fsync(fd);
  const int sync_errno = errno;
  ::close(fd);
  // Some file systems have nothing to sync in a folder and say so.
  if (rc != 0 && sync_errno != EINVAL && sync_errno != ENOTSUP && sync_errno != EBADF) {
    return unix_error("sync directory", path, sync_errno);
  }
  return {};
}

bool UnixFileSystem::exists(std::string_view path) {
  struct stat info;
  return ::stat(std::string(path).c_str(), &info) == 0;
}

}  // namespace orrery::env
