// The values that many messages of FoundationDB share.
//
// Strings are views; whoever fills or decodes a value keeps the bytes. Names are FoundationDB's, in this tree's form.
// Thread-safety: as values.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "fdb/network_address.h"
#include "fdb/wire/fields.h"
#include "fdb/wire/vector.h"

namespace orrery::fdb::wire {

/// 128 bits that name a process, a role, a connection's endpoint.
struct Uid {
  /// Bit of `first` of the tokens to which many messages may come; answers to one request have it clear.
  static constexpr uint64_t kStreamFlag = 1;

  uint64_t first = 0;
  uint64_t second = 0;

  bool is_valid() const { return first != 0 || second != 0; }
  bool is_stream() const { return (first & kStreamFlag) != 0; }
  bool is_well_known() const { return first == UINT64_MAX; }

  using WireStruct = Fields<&Uid::first, &Uid::second>;
  friend bool operator==(const Uid&, const Uid&) = default;
  friend auto operator<=>(const Uid&, const Uid&) = default;
};

struct UidHash {
  size_t operator()(const Uid& uid) const {
    return static_cast<size_t>(uid.first * 0x9E3779B97F4A7C15u ^ uid.second);
  }
};

/// Tokens that every process listens to.
enum class WellKnown : uint64_t {
  kEndpointNotFound = 0,
  kPing = 1,
  kUnauthorizedEndpoint = 2,
  kGetLeader = 3,
  kOpenDatabase = 4,
  kProtocolInfo = 10,
  kDescriptorMutable = 12,
};

constexpr Uid well_known_token(WellKnown token) {
  return {UINT64_MAX, static_cast<uint64_t>(token)};
}

/// The token of method `index` of an interface whose first method has the token `base`.
constexpr Uid adjusted_token(const Uid& base, uint32_t index) {
  uint32_t slot = static_cast<uint32_t>(base.second) + index;
  return {base.first + (uint64_t{index} << 32), (base.second & 0xFFFFFFFF00000000u) | slot};
}

/// A transaction log's tag.
struct Tag {
  uint16_t id = 0;
  int8_t locality = 0;

  using WireStruct = Fields<&Tag::id, &Tag::locality>;
  friend bool operator==(const Tag&, const Tag&) = default;
};

/// A table without members: "done".
struct Void {
  static constexpr uint32_t kFileId = 2010442;
  using WireFields = Fields<>;
  friend bool operator==(const Void&, const Void&) = default;
};

/// An error as it travels.
struct ErrorCode {
  static constexpr uint32_t kFileId = 14065384;
  uint16_t code = 0;
  using WireFields = Fields<&ErrorCode::code>;
  friend bool operator==(const ErrorCode&, const ErrorCode&) = default;
};

/// Where the answer to a request is to go.
struct ReplyPromise {
  Uid token;
  using WireFields = Fields<&ReplyPromise::token>;
  friend bool operator==(const ReplyPromise&, const ReplyPromise&) = default;
};

/// Zeros where nothing is traced.
struct SpanContext {
  Uid trace_id;
  uint64_t span_id = 0;
  uint8_t flags = 0;
  using WireFields = Fields<&SpanContext::trace_id, &SpanContext::span_id, &SpanContext::flags>;
  friend bool operator==(const SpanContext&, const SpanContext&) = default;
};

struct TenantInfo {
  static constexpr int64_t kNoTenant = -1;

  int64_t tenant_id = kNoTenant;
  /// The authorization token.
  std::optional<std::string_view> token;
  using WireFields = Fields<&TenantInfo::tenant_id, &TenantInfo::token>;
  friend bool operator==(const TenantInfo&, const TenantInfo&) = default;
};

enum class ReadType : int32_t { kEager = 0, kFetch = 1, kLow = 2, kNormal = 3, kHigh = 4 };

struct ReadOptions {
  static constexpr bool kOutOfLine = true;
  ReadType type = ReadType::kNormal;
  bool cache_result = true;
  std::optional<Uid> debug_id;
  std::optional<int64_t> consistency_check_start_version;
  bool lock_aware = false;
  using WireFields = Fields<&ReadOptions::type, &ReadOptions::cache_result, &ReadOptions::debug_id,
                            &ReadOptions::consistency_check_start_version, &ReadOptions::lock_aware>;
  friend bool operator==(const ReadOptions&, const ReadOptions&) = default;
};

/// Versions by transaction log, which clusters do not use by default. Never of no bytes: a storage server of 7.3.77
/// does not survive that.
struct VersionVector {
  static constexpr std::string_view kEmpty{"\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16};

  std::string_view bytes = kEmpty;

  std::string_view wire_bytes() const { return bytes.empty() ? kEmpty : bytes; }
  bool assign_wire_bytes(std::string_view value) {
    bytes = value.empty() ? kEmpty : value;
    return true;
  }
  friend bool operator==(const VersionVector&, const VersionVector&) = default;
};

/// Transaction tags, each a length byte and its bytes.
struct TagSet {
  std::string_view bytes;

  std::string_view wire_bytes() const { return bytes; }
  /// False for lengths that do not come out even.
  bool assign_wire_bytes(std::string_view value);
  /// Takes the first tag off.
  std::string_view pop();
  bool empty() const { return bytes.empty(); }
  friend bool operator==(const TagSet&, const TagSet&) = default;
};

struct KeyValue {
  std::string_view key;
  std::string_view value;
  using WireFields = Fields<&KeyValue::key, &KeyValue::value>;
  friend bool operator==(const KeyValue&, const KeyValue&) = default;
};

struct KeySelector {
  std::string_view key;
  bool or_equal = false;
  int32_t offset = 0;
  using WireFields = Fields<&KeySelector::key, &KeySelector::or_equal, &KeySelector::offset>;
  friend bool operator==(const KeySelector&, const KeySelector&) = default;
};

constexpr KeySelector last_less_than(std::string_view key) { return {key, false, 0}; }
constexpr KeySelector last_less_or_equal(std::string_view key) { return {key, true, 0}; }
constexpr KeySelector first_greater_than(std::string_view key) { return {key, true, 1}; }
constexpr KeySelector first_greater_or_equal(std::string_view key) { return {key, false, 1}; }

/// True where `end` is `begin` and a zero byte: the range of one key.
inline bool is_key_after(std::string_view begin, std::string_view end) {
  return end.size() == begin.size() + 1 && end.back() == '\0' && end.starts_with(begin);
}

/// The keys from `begin` up to but not including `end`. The range of one key travels as that key's end alone.
struct KeyRange {
  std::string_view begin;
  std::string_view end;

  using WireForm = KeyValue;
  WireForm to_wire() const {
    if (is_key_after(begin, end)) return {end, {}};
    return {begin, end};
  }
  /// False for a range that ends before it begins.
  bool from_wire(const WireForm& form);
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

enum class MutationType : uint8_t {
  kSetValue = 0,
  kClearRange = 1,
  kAddValue = 2,
  kDebugKeyRange = 3,
  kDebugKey = 4,
  kNoOp = 5,
  kAnd = 6,
  kOr = 7,
  kXor = 8,
  kAppendIfFits = 9,
  kAvailableForReuse = 10,
  kLogProtocolMessage = 11,
  kMax = 12,
  kMin = 13,
  kSetVersionstampedKey = 14,
  kSetVersionstampedValue = 15,
  kByteMin = 16,
  kByteMax = 17,
  kMinV2 = 18,
  kAndV2 = 19,
  kCompareAndClear = 20,
};

/// A key and its value or operand; of kClearRange, where the range begins and ends.
struct Mutation {
  MutationType type = MutationType::kNoOp;
  std::string_view param1;
  std::string_view param2;

  struct Form {
    MutationType type = MutationType::kNoOp;
    std::string_view param1;
    std::string_view param2;
    using WireFields = Fields<&Form::type, &Form::param1, &Form::param2>;
  };
  using WireForm = Form;
  WireForm to_wire() const {
    if (type == MutationType::kClearRange && is_key_after(param1, param2)) return {type, param2, {}};
    return {type, param1, param2};
  }
  bool from_wire(const WireForm& form);
  friend bool operator==(const Mutation&, const Mutation&) = default;
};

/// The addresses that a process listens on, with and without TLS.
struct NetworkAddressList {
  static constexpr bool kOutOfLine = true;
  NetworkAddress address;
  std::optional<NetworkAddress> secondary;
  using WireFields = Fields<&NetworkAddressList::address, &NetworkAddressList::secondary>;
  friend bool operator==(const NetworkAddressList&, const NetworkAddressList&) = default;
};

/// Which of a process's two addresses a client takes. FoundationDB's own clients take the plain one.
enum class Encryption : uint8_t { kPlain, kTls };

/// Where a message goes: a process and a token there.
struct Endpoint {
  static constexpr uint32_t kFileId = 10618805;

  NetworkAddressList addresses;
  Uid token;

  /// Method `index` of the interface whose first method this is.
  Endpoint adjusted(uint32_t index) const { return {addresses, adjusted_token(token, index)}; }
  /// The address that has the wanted form, or else the first.
  const NetworkAddress& address(Encryption wanted = Encryption::kPlain) const {
    bool first = !addresses.secondary || addresses.address.is_tls() == (wanted == Encryption::kTls);
    return first ? addresses.address : *addresses.secondary;
  }

  using WireFields = Fields<&Endpoint::addresses, &Endpoint::token>;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// An endpoint that takes requests. Where an interface travels as one of these, it is the first method's.
struct RequestStream {
  static constexpr bool kOutOfLine = true;
  Endpoint endpoint;
  using WireFields = Fields<&RequestStream::endpoint>;
  friend bool operator==(const RequestStream&, const RequestStream&) = default;
};

/// Where a process stands: "processid", "zoneid", "machineid", "dcid", "data_hall".
struct Locality {
  static constexpr bool kOutOfLine = true;
  using Entry = std::pair<std::string_view, std::optional<std::string_view>>;

  Vector<Entry> entries;

  /// What the process says for `key`; nothing where it says nothing.
  std::optional<std::string_view> get(std::string_view key) const;

  using WireFields = Fields<&Locality::entries>;
  friend bool operator==(const Locality&, const Locality&) = default;
};

template <>
struct Description<IpAddress> {
  using Fields = wire::Fields<&IpAddress::store>;
};
template <>
struct Description<NetworkAddress> {
  using Fields = wire::Fields<&NetworkAddress::ip, &NetworkAddress::port, &NetworkAddress::flags,
                              &NetworkAddress::from_hostname>;
};

}  // namespace orrery::fdb::wire
