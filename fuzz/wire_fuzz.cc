// Input: one byte that says what the rest is: a WebSocket client's bytes, or an HTTP request's
// target. Frames must give the same messages however the bytes are cut; routes must not depend on
// anything but the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/utf8.h"
#include "server/http/router.h"
#include "server/ws/frame.h"

namespace {

using namespace orrery::server;
using Event = ws::FrameReader::Event;

constexpr uint64_t kMessageMax = 1 << 16;

/// What a reader makes of the bytes, as text; `step` bytes at a time.
std::string events_of(std::string bytes, size_t step) {
  ws::FrameReader reader(kMessageMax);
  std::string out;
  for (std::span<char> left = bytes; !left.empty();) {
    std::span<char> piece = left.first(std::min(step, left.size()));
    left = left.subspan(piece.size());
    while (true) {
      Event event = reader.next(&piece);
      if (event == Event::kNeedMore) {
        ORRERY_ASSERT(piece.empty());
        break;
      }
      out.push_back(static_cast<char>('0' + static_cast<int>(event)));
      if (event == Event::kError || event == Event::kClose) {
        ORRERY_ASSERT(reader.code() >= 1000 && orrery::utf8_valid(reader.reason()));
        return out + std::to_string(reader.code()) + std::string(reader.reason());
      }
      ORRERY_ASSERT(reader.payload().size() <= kMessageMax);
      ORRERY_ASSERT(event != Event::kText || orrery::utf8_valid(reader.payload()));
      out += reader.payload();
    }
  }
  return out;
}

const http::Router& router() {
  static const http::Router made = [] {
    http::Router out;
    for (const char* pattern :
         {"/", "/v1/identity/public-key", "/v1/identity/:id/verify", "/v1/database/:n",
          "/v1/database/:n/call/:fn", "/v1/database/:n/route", "/v1/database/:n/route/*path"}) {
      out.add("GET", pattern, [](http::Request, http::Responder) {});
    }
    return out;
  }();
  return made;
}

void check_target(std::string_view target) {
  http::Request request;
  if (!http::split_target(target, &request.path, &request.query)) return;
  for (const auto& [name, value] : request.query) {
    ORRERY_ASSERT(orrery::utf8_valid(name) && orrery::utf8_valid(value));
  }
  auto match = router().match("GET", request.path);
  ORRERY_ASSERT(match.route == nullptr || match.route->method == "GET");
  auto put = router().match("PUT", request.path);
  ORRERY_ASSERT(put.route == nullptr && put.allowed.empty() == (match.route == nullptr));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    std::string whole = events_of(std::string(bytes), bytes.size() + 1);
    ORRERY_ASSERT(events_of(std::string(bytes), 1) == whole);
    ORRERY_ASSERT(events_of(std::string(bytes), 7) == whole);
  } else {
    check_target(bytes);
  }
  return 0;
}
