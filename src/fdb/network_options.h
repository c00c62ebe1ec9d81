// NetworkOptions: what was set before (and while) the client runs.
//
// Values come from calls and from environment variables FDB_NETWORK_OPTION_<NAME>, where ':'
// separates several values and
// '\' keeps the next ':' or '\' as it is. This client is one library that speaks one protocol
// version: the options that load further client libraries are remembered and looked at by nobody
// but the C interface.
//
// Errors: 2007 for unknown codes, for options that exclude each other and for those that come too
// late; 2006 for unfit values; 2022 environment_variable_network_option_failed. Thread-safety:
// none.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fdb/options.h"
#include "fdb/tls_settings.h"

namespace orrery::fdb {

struct TraceSettings {
  /// Where traces go; nullopt: nowhere, empty: the working directory.
  std::optional<std::string> directory;
  int64_t roll_size = 10 * 1024 * 1024;
  int64_t total_size_max = 100 * 1024 * 1024;
  std::string log_group = "default";
  std::string format = "xml";        ///< or "json"
  std::string clock_source = "now";  ///< or "realtime"
  std::string file_identifier;
  std::string partial_file_suffix;
  bool share_among_threads = false;
  bool initialize_on_setup = false;
};

enum class DistributedTracer : uint8_t { kNone, kLogFile, kNetworkLossy };

struct NetworkSettings {
  TraceSettings trace;
  TlsSettings tls;
  std::vector<std::pair<std::string, std::string>> knobs;
  DistributedTracer tracer = DistributedTracer::kNone;
  std::vector<std::string> external_client_libraries;
  std::vector<std::string> external_client_directories;
  std::string future_version_library;
  std::string temporary_directory = "/tmp";
  int client_threads = 1;
  bool multi_version_client = true;
  bool client_bypass = true;
  bool local_client = true;
  bool callbacks_on_external_threads = false;
  bool retain_library_copies = false;
  bool ignore_external_failures = false;
  bool fail_incompatible_client = false;
  bool client_statistics = true;
  bool run_loop_profiling = false;
  bool client_buggify = false;
  int buggify_activated_percent = 25;
  int buggify_fired_percent = 25;
};

class NetworkOptions {
 public:
  /// nullopt where the variable is not set.
  using Variables = std::function<std::optional<std::string>(const std::string& name)>;

  Status set(int code, std::optional<std::string_view> value);
  Status set(NetworkOption option, std::optional<std::string_view> value = std::nullopt) {
    return set(static_cast<int>(option), value);
  }
  Status set(NetworkOption option, int64_t value);
  /// Sets what the environment says; later calls do nothing.
  Status load_variables(const Variables& variables);
  /// Options that must come before this are refused from now on.
  void mark_set_up() { is_set_up_ = true; }

  const NetworkSettings& settings() const { return settings_; }

 private:
  Status check(NetworkOption option, const OptionValue& value) const;
  void apply_number(NetworkOption option, int64_t number);
  void apply_switch(NetworkOption option);
  void apply_trace_text(NetworkOption option, const std::optional<std::string_view>& text);
  void apply_tls(NetworkOption option, std::string_view text);
  void apply_text(NetworkOption option, std::string_view text);

  NetworkSettings settings_;
  bool is_set_up_ = false;
  bool variables_loaded_ = false;
};

/// The values that one environment variable holds; nullopt for a '\' before anything else.
std::optional<std::vector<std::string>> split_option_values(std::string_view text);

}  // namespace orrery::fdb
