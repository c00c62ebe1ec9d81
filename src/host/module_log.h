// ModuleLog: what a database's module and the host have to say: one JSON object per line, in a file
// per day, or in memory.
//
// Files: <directory>/<yyyy-mm-dd>.log, written as records come, not synced; in memory the last
// kRecordsInMemory records are kept. A record that cannot be written is lost: logging never fails a
// call; how many were lost is said by a record once writing works again. Thread-safe; reading files
// does not hold up who writes. Followers are called on the writer's thread, one record at a time,
// and must not call the log.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sync.h"
#include "env/environment.h"
#include "host/log_record.h"

namespace orrery::host {

class ModuleLog {
 public:
  static constexpr size_t kRecordsInMemory = 2500;
  static constexpr uint32_t kFollowLinesMax = 2500;  ///< that a follower gets to begin with
  /// What the host itself says.
  static constexpr std::string_view kSystemTarget = "__spacetimedb__";

  /// `directory` empty: in memory.
  static Result<std::unique_ptr<ModuleLog>> open(const env::Environment& environment,
                                                 std::string directory);
  ModuleLog(const ModuleLog&) = delete;
  ModuleLog& operator=(const ModuleLog&) = delete;
  ~ModuleLog();

  void write(const LogRecord& record);
  /// A record of the host's own.
  void system(LogLevel level, std::string_view message);

  /// The last `lines` records of all days, oldest first, each ended by a newline.
  Result<std::string> tail(uint64_t lines);

  enum class Heard : uint8_t { kGoOn, kNoMore };
  using Follower = std::function<Heard(std::string_view line)>;
  using FollowerId = uint64_t;
  struct Following {
    FollowerId id = 0;
    std::string lines;  ///< the last ones before the first that the follower is called with
  };
  Result<Following> follow(uint64_t lines, Follower follower);
  /// The follower is not called any more once this returns; fine where it said kNoMore.
  void unfollow(FollowerId id);

 private:
  ModuleLog(const env::Environment& environment, std::string directory);
  Status open_day(int64_t day);
  std::string tail_of_memory(uint64_t lines) const;
  Result<std::string> tail_of_files(uint64_t lines) const;
  Status append(std::string_view line, int64_t day);
  void tell_lost(int64_t nanos);

  const env::Environment environment_;
  const std::string directory_;
  Mutex mutex_;
  std::unique_ptr<env::File> file_;
  int64_t day_ = INT64_MIN;  ///< since 1970, of file_
  std::deque<std::string> recent_;  ///< in memory only
  std::map<FollowerId, Follower> followers_;
  FollowerId next_follower_ = 1;
  uint64_t lost_ = 0;
  std::string scratch_;
};

}  // namespace orrery::host
