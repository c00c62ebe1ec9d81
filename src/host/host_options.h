// HostOptions: how a host and its databases run. A plain value; what it points to is borrowed and
// must outlive the host.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "env/environment.h"
#include "host/module_instance.h"
#include "schema/validate.h"
#include "storage/durability/durable_store.h"

namespace orrery::host {

class HttpClient;

enum class HostStorage : uint8_t { kFiles, kMemory };

struct HostOptions {
  HostStorage storage = HostStorage::kMemory;
  /// Of the whole host: control/, databases/<identity>/{data,logs}, cache/.
  std::string data_directory;
  env::Environment environment = env::system_environment();
  /// Of each database. Commits are seen before they are on the device; confirmed is what is.
  storage::DurabilityOptions durability = on_device();

  RuntimeLimits limits;
  /// Executes modules; empty: WebAssembly. Shared by all databases of the host.
  std::shared_ptr<ModuleRuntime> runtime;
  /// Instances that procedures and HTTP handlers of one database share.
  uint32_t procedure_instances = 8;
  /// Calls of procedures and HTTP handlers that may wait for one of them.
  uint32_t procedures_waiting_max = 4096;
  /// Tasks that may wait for one database.
  uint32_t lane_tasks_max = 1 << 16;

  /// Hosts that procedures may send requests to (see host/outgoing_http.h); none: HTTP is off.
  std::vector<std::string> http_allowed_hosts;
  HttpClient* http_client = nullptr;

  /// What is wrong with a filter of row-level security, for modules that are published; those that
  /// are there stay. None: any text passes.
  schema::RowLevelSecurityCheck check_row_level_security;

  /// Of one SQL statement: how long it may run, for the database's owner and for everybody else;
  /// what its rows may take, and its hash tables and sorts before they go to files.
  int64_t sql_owner_nanos_max = 60'000'000'000;
  int64_t sql_nanos_max = 10'000'000'000;
  uint64_t sql_rows_bytes_max = 256 << 20;
  uint64_t sql_memory_bytes_max = 256 << 20;

  /// Told in a text for people of a database that cannot be opened; in any thread.
  std::function<void(const std::string&)> on_trouble;

  /// Views that nobody uses are dropped after so long.
  int64_t view_idle_micros = 600'000'000;

  static storage::DurabilityOptions on_device() {
    storage::DurabilityOptions out;
    out.sync_mode = storage::SyncMode::kFull;
    return out;
  }
};

}  // namespace orrery::host
