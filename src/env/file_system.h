// File and FileSystem: all access to disks.
//
// Errors: kDiskFull where the device or quota is full, kDbLocked from lock_file, kIo for everything
// else; the message names the path and what was tried. FileSystem is thread-safe. A File may be
// used by several threads as long as they do not resize or append to it at once.
//
// Durability: bytes of a file survive a power loss after File::sync; its name (creation, rename,
// removal) after sync_dir of the folder that holds it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orrery::env {

enum class OpenMode : uint8_t {
  kReadOnly,   ///< must exist
  kReadWrite,  ///< must exist
  kCreate,     ///< opened for reading and writing, made empty where it does not exist
  kCreateNew,  ///< must not exist
  kTruncate,   ///< made, or emptied
  kCreateSecret,  ///< must not exist; only this user may read it, where the system can say so
};

class File {
 public:
  /// Closes; errors of that are lost, so writers call close() first.
  virtual ~File() = default;
  /// Reads up to out.size() bytes; fewer only where the file ends.
  virtual Result<size_t> read_at(uint64_t offset, std::span<char> out) = 0;
  /// All or an error; after an error some of the bytes may have been written.
  virtual Status write_at(uint64_t offset, std::string_view bytes) = 0;
  /// write_at the file's end.
  virtual Status append(std::string_view bytes) = 0;
  virtual Result<uint64_t> size() = 0;
  virtual Status truncate(uint64_t size) = 0;
  /// Returns when all bytes written so far are on the device.
  virtual Status sync() = 0;
  /// Nothing else may be called afterwards.
  virtual Status close() = 0;
};

/// Held until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class FileKind : uint8_t { kFile, kDirectory, kOther };

struct DirEntry {
  std::string name;
  FileKind kind = FileKind::kFile;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(std::string_view path, OpenMode mode) = 0;
  /// Replaces `to` in one step where it exists.
  virtual Status rename(std::string_view from, std::string_view to) = 0;
  /// A file or an empty directory.
  virtual Status remove(std::string_view path) = 0;
  /// Sorted by name, without "." and "..".
  virtual Result<std::vector<DirEntry>> list_dir(std::string_view path) = 0;
  /// The directory and all that lead to it. Fine where it exists already.
  virtual Status create_dirs(std::string_view path) = 0;
  virtual Status sync_dir(std::string_view path) = 0;
  virtual bool exists(std::string_view path) = 0;
  /// Makes the file if needed and takes it exclusively, against other processes and against other
  /// calls in this one, without waiting. kDbLocked where another holds it.
  virtual Result<std::unique_ptr<FileLock>> lock_file(std::string_view path) = 0;
  /// Bytes that can still be written where `path` lies; kNotSupported where the system cannot say.
  virtual Result<uint64_t> available_space(std::string_view path) = 0;
};

/// `directory`/`name`, without doubling the separator.
std::string join_path(std::string_view directory, std::string_view name);
/// The folder that holds `path`; "." where it names none.
std::string parent_path(std::string_view path);
/// Whole contents; refuses files larger than `size_max` with kLimit.
Result<std::string> read_file(FileSystem& files, std::string_view path, uint64_t size_max);

}  // namespace orrery::env
