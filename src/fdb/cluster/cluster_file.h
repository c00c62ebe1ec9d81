// ClusterFile: the connection string in use and the file that it came from.
//
// Coordinators may move a cluster; then the new string is adopted at once and written to the file
// when it was seen to work, by replacing the file in one step. Where the file cannot be written the
// string in use stays, and writing is tried again whenever persist() is called. A ClusterFile
// without a path (made from a connection string) is never written.
//
// Errors: 1515 no_cluster_file_found where there is no file, 1513 file_not_readable, 1516
// file_too_large past kClusterFileBytesMax, 2104 connection_string_invalid, 1514 file_not_writable.
// Thread-safety: none of its own. The FileSystem and Random are borrowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "env/file_system.h"
#include "env/random.h"
#include "fdb/cluster/connection_string.h"

namespace orrery::fdb {

/// MAX_CLUSTER_FILE_BYTES of FoundationDB.
inline constexpr uint64_t kClusterFileBytesMax = 60000;

struct ClusterFilePath {
  std::string path;
  /// Whether neither the caller nor the environment named it.
  bool is_default = false;
};

/// The value of FDB_CLUSTER_FILE; nullopt where it is not set. An empty value is one that names no
/// file.
std::optional<std::string> cluster_file_variable();

/// The file to use: `chosen` where it is not empty; else what the variable says, whether or not
/// that exists; else fdb.cluster in the working directory where it exists; else the platform's
/// default.
ClusterFilePath find_cluster_file(env::FileSystem& files, std::string_view chosen,
                                  const std::optional<std::string>& variable);

/// Why a cluster file could not be used, for people.
std::string cluster_file_error_text(const ClusterFilePath& file, Error error);

class ClusterFile {
 public:
  static Result<ClusterFile> open(env::FileSystem& files, env::Random& random, std::string path);
  static ClusterFile in_memory(ConnectionString connection);

  const ConnectionString& connection() const { return connection_; }
  /// Empty for one in memory.
  const std::string& path() const { return path_; }
  bool needs_persist() const { return needs_persist_; }

  /// What the file says now. One in memory says what is in use.
  Result<ConnectionString> stored() const;
  /// False where the file says something else than what is in use, or cannot be read; true while
  /// the string in use still has to be written.
  bool is_up_to_date() const;

  /// Uses `connection` from now on; persist() will write it.
  void adopt(ConnectionString connection);
  /// Uses what the file says where that is another string; returns whether it was.
  Result<bool> reload();
  /// Writes the string in use where that is needed. After an error it still is.
  Status persist();

 private:
  explicit ClusterFile(ConnectionString connection) : connection_(std::move(connection)) {}

  ConnectionString connection_;
  std::string path_;
  env::FileSystem* files_ = nullptr;
  env::Random* random_ = nullptr;
  bool needs_persist_ = false;
};

}  // namespace orrery::fdb
