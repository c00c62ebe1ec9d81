// The console's pages. They run no script but their own and talk to nobody but this server.
#include "server/api.h"
#include "server/console_files.h"

namespace orrery::server {
using http::Request;
using http::Responder;
using http::Response;

namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// One file with its answers made beforehand.
struct Page {
  std::string etag;
  Response plain;
  Response gzip;
  Response unchanged;
};

Response answer_of(const ConsoleFile& file, std::string_view body) {
  Response out;
  out.headers.add("content-type", file.content_type);
  out.headers.add("etag", file.etag);
  out.headers.add("cache-control", file.keep == ConsoleFile::Keep::kForEver
                                       ? "public, max-age=31536000, immutable"
                                       : "no-cache");
  out.headers.add("content-security-policy", kPolicy);
  out.headers.add("x-content-type-options", "nosniff");
  out.headers.add("referrer-policy", "no-referrer");
  out.headers.add("vary", "accept-encoding");
  out.shared_body = std::make_shared<const std::string>(body);
  return out;
}

std::shared_ptr<const Page> page_of(const ConsoleFile& file) {
  auto page = std::make_shared<Page>();
  page->etag = file.etag;
  page->plain = answer_of(file, file.bytes);
  page->unchanged = answer_of(file, "");
  page->unchanged.status = 304;
  if (!file.gzip.empty()) {
    page->gzip = answer_of(file, file.gzip);
    page->gzip.headers.add("content-encoding", "gzip");
  }
  return page;
}

/// "gzip" in "br, gzip;q=0.5"; not where it has the weight 0.
bool accepts_gzip(std::string_view list) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    const size_t semicolon = std::min(item.find(';'), item.size());
    if (!http::equal_ignoring_case(http::trim_blanks(item.substr(0, semicolon)), "gzip")) continue;
    std::string_view weight = item.substr(semicolon);
    const size_t equals = weight.find('=');
    if (equals == std::string_view::npos) return true;
    return http::trim_blanks(weight.substr(equals + 1)).find_first_not_of("0.") !=
           std::string_view::npos;
  }
  return false;
}

bool names_tag(std::string_view list, std::string_view etag) {
  return list.find(etag) != std::string_view::npos || http::trim_blanks(list) == "*";
}

}  // namespace

void add_console_routes(Api&, http::Router& router) {
  for (const ConsoleFile& file : console_files()) {
    router.add("GET", file.path, [page = page_of(file)](Request request, Responder respond) {
      const std::string* known = request.headers.find("if-none-match");
      if (known != nullptr && names_tag(*known, page->etag)) {
        respond(page->unchanged);
        return;
      }
      const std::string* encodings = request.headers.find("accept-encoding");
      const bool packed =
          encodings != nullptr && page->gzip.shared_body != nullptr && accepts_gzip(*encodings);
      respond(packed ? page->gzip : page->plain);
    });
  }
}

}  // namespace orrery::server
