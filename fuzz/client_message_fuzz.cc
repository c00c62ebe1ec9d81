// Input: one byte that says what the rest is: a client's payload in one of the protocols, or a
// frame of a server. What is accepted must be written again with the same bytes, and JSON must
// come to what the generic reader makes of it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "protocol/envelope.h"
#include "protocol/payload.h"
#include "protocol/v1/types_for_test.h"

namespace {

using namespace orrery::protocol;

constexpr size_t kBodyMax = size_t{1} << 20;

template <class Message>
void check_payload(std::string_view payload, Framing framing) {
  PayloadReader<Message> reader(payload, framing);
  std::string again;
  while (true) {
    auto message = reader.next();
    if (!message) {
      ORRERY_ASSERT(message.error().code() == orrery::ErrorCode::kDecode);
      break;
    }
    if (!message->has_value()) {
      ORRERY_ASSERT(framing == Framing::kOneMessage || again.size() == payload.size());
      break;
    }
    append(**message, &again);
  }
  ORRERY_ASSERT(payload.starts_with(again));
}

void check_json(std::string_view payload) {
  std::string buffer;
  auto message = v1::decode_json(payload, &buffer);
  if (!message) {
    ORRERY_ASSERT(message.error().code() == orrery::ErrorCode::kDecode);
    return;
  }
  static const orrery::types::AlgebraicType kType = v1::client_message_type(v1::Format::kJson);
  auto json = orrery::types::JsonValue::parse(payload);
  ORRERY_ASSERT(json.has_value());
  orrery::ByteWriter bytes;
  ORRERY_ASSERT(orrery::types::json_to_bsatn(kType, *json, &bytes).has_value());
  ORRERY_ASSERT(bytes.buffer() == buffer);
}

void check_frame(std::string_view frame) {
  std::string buffer;
  auto body = open_envelope(frame, kBodyMax, &buffer);
  ORRERY_ASSERT(buffer.size() <= kBodyMax + 1);
  if (body) check_payload<v2::ServerMessage>(*body, Framing::kManyMessages);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      check_payload<v2::ClientMessage>(rest, Framing::kManyMessages);
      break;
    case 1:
      check_payload<v2::ClientMessage>(rest, Framing::kOneMessage);
      break;
    case 2:
      (void)v1::decode_bsatn(rest);
      break;
    case 3:
      check_json(rest);
      break;
    default:
      check_frame(rest);
      break;
  }
  return 0;
}
