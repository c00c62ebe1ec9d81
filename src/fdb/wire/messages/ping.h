// Messages that every process takes or sends, whatever its role. See message.h for lifetimes.
#pragma once

#include "fdb/wire/message.h"

namespace orrery::fdb::wire {

/// To WellKnown::kPing, in both directions.
struct PingRequest {
  static constexpr uint32_t kFileId = 4707015;
  using Reply = Void;

  ReplyPromise reply;

  using WireFields = Fields<&PingRequest::reply>;
  friend bool operator==(const PingRequest&, const PingRequest&) = default;
};

/// Comes to WellKnown::kEndpointNotFound or kUnauthorizedEndpoint: the token that a message of ours went to.
struct EndpointNotFound {
  static constexpr uint32_t kFileId = 15597147;
  static constexpr bool kIsRoot = true;

  Uid token;

  using WireFields = Fields<&EndpointNotFound::token>;
  friend bool operator==(const EndpointNotFound&, const EndpointNotFound&) = default;
};

struct ProtocolInfoReply {
  static constexpr uint32_t kFileId = 7784298;

  uint64_t version = 0;

  using WireFields = Fields<&ProtocolInfoReply::version>;
  friend bool operator==(const ProtocolInfoReply&, const ProtocolInfoReply&) = default;
};

/// To WellKnown::kProtocolInfo.
struct ProtocolInfoRequest {
  static constexpr uint32_t kFileId = 13261233;
  using Reply = ProtocolInfoReply;

  ReplyPromise reply;

  using WireFields = Fields<&ProtocolInfoRequest::reply>;
  friend bool operator==(const ProtocolInfoRequest&, const ProtocolInfoRequest&) = default;
};

}  // namespace orrery::fdb::wire
