// The console's files, which are part of the program. Constant.
#pragma once

#include <span>
#include <string_view>

namespace orrery::server {

struct ConsoleFile {
  std::string_view path;  ///< "/", "/assets/app.js"
  std::string_view content_type;
  std::string_view bytes;
};

std::span<const ConsoleFile> console_files();

}  // namespace orrery::server
