#include "protocol/v1/messages.h"
#include "protocol/wire_reader.h"

namespace orrery::protocol::v1 {
namespace {

std::vector<std::string_view> read_queries(WireReader* in) {
  std::vector<std::string_view> out;
  uint32_t n = in->count(sizeof(uint32_t));
  out.reserve(n);
  for (uint32_t i = 0; i < n && in->ok(); ++i) out.push_back(in->text());
  return out;
}

uint8_t read_flags(WireReader* in, uint8_t max, std::string_view what) {
  uint8_t flags = in->u8();
  if (flags <= max) return flags;
  in->fail_at(in->offset() - 1, "invalid " + std::string(what) + " flag " + std::to_string(flags));
  return 0;
}

CallReducer read_call_reducer(WireReader* in) {
  CallReducer out;
  out.reducer = in->text();
  out.arguments = in->bytes();
  out.request_id = in->u32();
  out.notice = static_cast<CallNotice>(read_flags(in, 1, "call reducer"));
  return out;
}

Subscribe read_subscribe(WireReader* in) {
  Subscribe out;
  out.queries = read_queries(in);
  out.request_id = in->u32();
  return out;
}

OneOffQuery read_one_off_query(WireReader* in) {
  OneOffQuery out;
  out.message_id = in->bytes();
  out.query = in->text();
  return out;
}

SubscribeSingle read_subscribe_single(WireReader* in) {
  SubscribeSingle out;
  out.query = in->text();
  out.request_id = in->u32();
  out.query_id = in->u32();
  return out;
}

SubscribeMulti read_subscribe_multi(WireReader* in) {
  SubscribeMulti out;
  out.queries = read_queries(in);
  out.request_id = in->u32();
  out.query_id = in->u32();
  return out;
}

template <class Message>
Message read_unsubscribe(WireReader* in) {
  Message out;
  out.request_id = in->u32();
  out.query_id = in->u32();
  return out;
}

CallProcedure read_call_procedure(WireReader* in) {
  CallProcedure out;
  out.procedure = in->text();
  out.arguments = in->bytes();
  out.request_id = in->u32();
  read_flags(in, 0, "call procedure");
  return out;
}

ClientMessage read_message(WireReader* in) {
  switch (in->tag(8, "ClientMessage")) {
    case 0:
      return read_call_reducer(in);
    case 1:
      return read_subscribe(in);
    case 2:
      return read_one_off_query(in);
    case 3:
      return read_subscribe_single(in);
    case 4:
      return read_subscribe_multi(in);
    case 5:
      return read_unsubscribe<Unsubscribe>(in);
    case 6:
      return read_unsubscribe<UnsubscribeMulti>(in);
    default:
      return read_call_procedure(in);
  }
}

}  // namespace

Result<ClientMessage> decode_bsatn(std::string_view payload) {
  WireReader in(payload);
  ClientMessage out = read_message(&in);
  if (!in.ok()) return in.error();
  return out;
}

}  // namespace orrery::protocol::v1
