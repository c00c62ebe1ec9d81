// What stands at / in a server that was built without the console.
#include "server/console_files.h"

namespace orrery::server {

std::span<const ConsoleFile> console_files() {
  static constexpr ConsoleFile kFiles[] = {
      {"/",
       "text/html; charset=utf-8",
       R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Orrery</title>
<h1>Orrery</h1>
<p>The server runs. The console was not built into it: its build needs node 18 and npm (tools/setup installs them) and the
CMake option ORRERY_CONSOLE=ON.</p>
<p>The API is under <a href="/v1/health">/v1</a>.</p>
</html>
)",
       {},
       "\"not-built\"",
       ConsoleFile::Keep::kAskAgain}};
  return kFiles;
}

}  // namespace orrery::server
