// Input: one byte that chooses the form and what the rest is: a stream as a peer sends it, or
// payloads to be framed, cut at 255, and read again. A stream must give the same however it is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "fdb/transport/connect_packet.h"
#include "fdb/transport/frame.h"

namespace {

using namespace orrery::fdb;

/// What a connection makes of the bytes, as text; `step` bytes at a time.
std::string events_of(std::string_view stream, FrameForm form, size_t step) {
  FrameReader reader(form);
  std::string out;
  bool connected = false;
  while (!stream.empty()) {
    auto room = reader.room();
    ORRERY_ASSERT(room && !room->empty());
    size_t size = std::min({step, room->size(), stream.size()});
    std::copy_n(stream.data(), size, room->data());
    reader.received(size);
    stream.remove_prefix(size);
    if (!connected) {
      auto packet = parse_connect_packet(reader.unread());
      if (!packet) return out + "!" + std::to_string(packet.error().code());
      if (!*packet) continue;
      connected = true;
      reader.skip((*packet)->size);
      out += (*packet)->packet.version.text() + (*packet)->packet.ip.to_string();
    }
    while (true) {
      auto frame = reader.next();
      if (!frame) return out + "!" + std::to_string(frame.error().code());
      if (!*frame) break;
      ORRERY_ASSERT(!(*frame)->payload.empty());
      out += std::to_string((*frame)->token.first) + "," + std::to_string((*frame)->token.second) +
             ":";
      out += (*frame)->payload.view();
    }
  }
  return out + "~" + std::to_string(reader.unread().size());
}

void check_stream(std::string_view bytes, FrameForm form) {
  std::string whole = events_of(bytes, form, bytes.size());
  ORRERY_ASSERT(events_of(bytes, form, 1) == whole);
  ORRERY_ASSERT(events_of(bytes, form, 7) == whole);
}

void check_payloads(std::string_view bytes, FrameForm form) {
  auto hello = ConnectPacket().encode();
  std::string stream(hello.data(), hello.size());
  std::string expected = kOurProtocol.text() + "0.0.0.0";
  for (uint64_t i = 0; !bytes.empty(); ++i) {
    std::string_view payload = bytes.substr(0, bytes.find('\xff'));
    bytes.remove_prefix(std::min(payload.size() + 1, bytes.size()));
    if (payload.empty()) continue;
    std::string room(kFrameRoom, ' ');
    room += payload;
    stream += finish_frame(room.data() + kFrameRoom, payload.size(), wire::Uid{i, ~i}, form);
    expected += std::to_string(i) + "," + std::to_string(~i) + ":";
    expected += payload;
  }
  ORRERY_ASSERT(events_of(stream, form, 11) == expected + "~0");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  FrameForm form = (data[0] & 1) != 0 ? FrameForm::kUnchecked : FrameForm::kChecked;
  if ((data[0] & 2) != 0) {
    check_payloads(bytes, form);
  } else {
    check_stream(bytes, form);
  }
  return 0;
}
