// The console's files, which are part of the program; made from console/ when it is built, see
// cmake/OrreryConsole.cmake. Constant.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace orrery::server {

struct ConsoleFile {
  enum class Keep : uint8_t {
    kAskAgain,  ///< a browser asks each time whether it is still the same
    kForEver,   ///< the path changes with the content
  };
  std::string_view path;  ///< "/", "/assets/console-5QK2TZ7A.js"
  std::string_view content_type;
  std::string_view bytes;
  std::string_view gzip;  ///< the same compressed; empty where that is no shorter
  std::string_view etag;  ///< with its quotes
  Keep keep = Keep::kAskAgain;
};

std::span<const ConsoleFile> console_files();

}  // namespace orrery::server
