// The console's pages.
#include "server/api.h"
#include "server/console_files.h"

namespace orrery::server {

void add_console_routes(Api&, http::Router& router) {
  for (const ConsoleFile& file : console_files()) {
    http::Response answer;
    answer.headers.add("content-type", file.content_type);
    answer.shared_body = std::make_shared<const std::string>(file.bytes);
    router.add("GET", file.path,
               [answer](http::Request, http::Responder respond) { respond(answer); });
  }
}

}  // namespace orrery::server
