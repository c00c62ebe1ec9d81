// SpillSpace: the temporary files of one statement. SpillFile: one of them, removed when destroyed.
//
// Errors: kOutOfMemory where spilling is not allowed (no folder given); kDiskFull and kIo from the
// file system. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/file_system.h"

namespace orrery::exec {

struct RunState;

/// How the names of all spill files begin.
inline constexpr std::string_view kSpillPrefix = "spill-";

class SpillFile {
 public:
  SpillFile(env::FileSystem& files, std::string path, std::unique_ptr<env::File> file)
      : files_(files), path_(std::move(path)), file_(std::move(file)) {}
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  uint64_t size() const { return size_; }
  Status append(std::string_view bytes);
  /// Exactly out.size() bytes.
  Status read(uint64_t offset, std::span<char> out);

 private:
  env::FileSystem& files_;
  std::string path_;
  std::unique_ptr<env::File> file_;
  uint64_t size_ = 0;
};

class SpillSpace {
 public:
  explicit SpillSpace(RunState& run) : run_(run) {}
  void begin() { files_made_ = 0; }
  bool available() const;
  Result<std::unique_ptr<SpillFile>> create();
  /// Whether this execution made files (some may still be open).
  bool used() const { return files_made_ != 0; }

 private:
  RunState& run_;
  uint64_t files_made_ = 0;
};

/// True where an operator that holds `bytes` should write them to files now: the statement is past
/// its limit, and the operator holds enough for that to help. An error where it may not spill.
Result<bool> should_spill(const RunState& run, uint64_t bytes, std::string_view what);
/// The error of an operator that cannot spill, where the statement is past its limit and the `bytes`
/// it holds have a share in that. Others may be above the limit for a while, until they spill.
Status check_memory(const RunState& run, uint64_t bytes, std::string_view what);

}  // namespace orrery::exec
