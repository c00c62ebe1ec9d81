// `orrery start`: runs a server until it is told to stop.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace orrery::cli {

struct StartOptions {
  std::string address = "0.0.0.0";
  uint16_t port = 3000;
  std::string data_directory;  ///< empty: where the system keeps such data
  bool in_memory = false;
  std::string public_key_path;
  std::string private_key_path;
  std::string key_directory;
  std::vector<std::string> http_allowed_hosts;  ///< that procedures may send requests to
  std::vector<std::string> issuers;             ///< whose tokens are taken beside the server's own
  bool any_issuer = false;
  bool help = false;
};

/// `arguments` without the program and command names. kInvalidArgument says what is wrong with
/// them.
Result<StartOptions> parse_start_options(const std::vector<std::string>& arguments);
extern const char* const kStartHelp;
/// Where the data is without --data-dir.
std::string default_data_directory();

/// Returns the program's exit code.
int run_start(const std::vector<std::string>& arguments);

}  // namespace orrery::cli
