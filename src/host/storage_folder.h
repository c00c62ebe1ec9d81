// Where the files of a host and of its databases lie. Stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "host/host_options.h"
#include "types/identity.h"

namespace orrery::host {

struct DatabaseFolder {
  std::string root;
  std::string data;  ///< of the engine
  std::string logs;
};
/// Empty paths for a host in memory.
DatabaseFolder database_folder(const HostOptions& options, const types::Identity& identity);
std::string control_folder(const HostOptions& options);
std::string cache_folder(const HostOptions& options);

/// Files and all; fine where there is none.
Status remove_database_folder(const HostOptions& options, const types::Identity& identity);
Status remove_tree(env::FileSystem& files, std::string_view path);

}  // namespace orrery::host
