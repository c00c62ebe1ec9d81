#include "server/console_files.h"

namespace orrery::server {
namespace {

constexpr std::string_view kIndex = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Orrery</title>
<h1>Orrery</h1>
<p>The server runs. Its API is under <a href="/v1/health">/v1</a>.</p>
</html>
)";

constexpr ConsoleFile kFiles[] = {{"/", "text/html; charset=utf-8", kIndex}};

}  // namespace

std::span<const ConsoleFile> console_files() {
  return kFiles;
}

}  // namespace orrery::server
