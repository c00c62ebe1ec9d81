// Reads of ranges, which storage servers take. See message.h for lifetimes and point_reads.h for errors.
#pragma once

#include <optional>
#include <string_view>

#include "fdb/wire/key_value_list.h"
#include "fdb/wire/message.h"
#include "fdb/wire/messages/interfaces.h"

namespace orrery::fdb::wire {

struct GetKeyValuesReply {
  static constexpr uint32_t kFileId = 1783066;

  double penalty = 1.0;
  std::optional<ErrorCode> error;
  KeyValueList data;
  int64_t version = 0;
  /// A limit ended the read.
  bool more = false;
  bool cached = false;

  using WireFields =
      Fields<&GetKeyValuesReply::penalty, &GetKeyValuesReply::error, &GetKeyValuesReply::data,
             &GetKeyValuesReply::version, &GetKeyValuesReply::more, &GetKeyValuesReply::cached>;
  friend bool operator==(const GetKeyValuesReply&, const GetKeyValuesReply&) = default;
};

struct GetKeyValuesRequest {
  static constexpr uint32_t kFileId = 6795746;
  static constexpr StorageMethod kMethod = StorageMethod::kGetKeyValues;
  using Reply = GetKeyValuesReply;

  KeySelector begin;
  KeySelector end;
  int64_t version = 0;
  /// Rows; below zero, from the end.
  int32_t limit = 0;
  int32_t limit_bytes = 0;
  std::optional<TagSet> tags;
  ReplyPromise reply;
  SpanContext span_context;
  TenantInfo tenant_info;
  std::optional<ReadOptions> options;
  VersionVector latest_commit_versions;

  using WireFields =
      Fields<&GetKeyValuesRequest::begin, &GetKeyValuesRequest::end, &GetKeyValuesRequest::version,
             &GetKeyValuesRequest::limit, &GetKeyValuesRequest::limit_bytes,
             &GetKeyValuesRequest::tags, &GetKeyValuesRequest::reply,
             &GetKeyValuesRequest::span_context, &GetKeyValuesRequest::tenant_info,
             &GetKeyValuesRequest::options, &GetKeyValuesRequest::latest_commit_versions>;
  friend bool operator==(const GetKeyValuesRequest&, const GetKeyValuesRequest&) = default;
};

/// One of the many answers to a GetKeyValuesRequest that was sent to StorageMethod::kGetKeyValuesStream.
struct GetKeyValuesStreamReply {
  static constexpr uint32_t kFileId = GetKeyValuesReply::kFileId;

  std::optional<Uid> acknowledge_token;
  uint16_t sequence = 0;
  KeyValueList data;
  int64_t version = 0;
  bool more = false;
  bool cached = false;

  using WireFields = Fields<&GetKeyValuesStreamReply::acknowledge_token, &GetKeyValuesStreamReply::sequence,
                            &GetKeyValuesStreamReply::data, &GetKeyValuesStreamReply::version,
                            &GetKeyValuesStreamReply::more, &GetKeyValuesStreamReply::cached>;
  friend bool operator==(const GetKeyValuesStreamReply&, const GetKeyValuesStreamReply&) = default;
};

/// Sent, as a reply, to a stream's acknowledge token: how many bytes were taken so far.
struct AcknowledgementReply {
  static constexpr uint32_t kFileId = 1389929;

  int64_t bytes = 0;

  using WireFields = Fields<&AcknowledgementReply::bytes>;
  friend bool operator==(const AcknowledgementReply&, const AcknowledgementReply&) = default;
};

/// Rows and how a read of them ended.
struct RangeResult {
  static constexpr uint32_t kFileId = 3985192;
  static constexpr bool kOutOfLine = true;

  Vector<KeyValue> rows;
  bool more = false;
  /// Where to go on, if not behind the last row.
  std::optional<std::string_view> read_through;
  bool read_to_begin = false;
  bool read_through_end = false;

  using WireFields = Fields<&RangeResult::rows, &RangeResult::more, &RangeResult::read_through,
                            &RangeResult::read_to_begin, &RangeResult::read_through_end>;
  friend bool operator==(const RangeResult&, const RangeResult&) = default;
};

/// A mapped read's inner read of one key.
struct MappedGet {
  static constexpr bool kOutOfLine = true;

  std::string_view key;
  std::optional<std::string_view> result;

  using WireFields = Fields<&MappedGet::key, &MappedGet::result>;
  friend bool operator==(const MappedGet&, const MappedGet&) = default;
};

/// A mapped read's inner read of a range.
struct MappedGetRange {
  static constexpr bool kOutOfLine = true;

  KeySelector begin;
  KeySelector end;
  RangeResult result;

  using WireFields = Fields<&MappedGetRange::begin, &MappedGetRange::end, &MappedGetRange::result>;
  friend bool operator==(const MappedGetRange&, const MappedGetRange&) = default;
};

/// A row of the index and what it leads to.
struct MappedKeyValue {
  KeyValue row;
  std::variant<MappedGet, MappedGetRange> mapped;

  using WireFields = Fields<&MappedKeyValue::row, &MappedKeyValue::mapped>;
  friend bool operator==(const MappedKeyValue&, const MappedKeyValue&) = default;
};

struct GetMappedKeyValuesReply {
  static constexpr uint32_t kFileId = 1783067;

  double penalty = 1.0;
  std::optional<ErrorCode> error;
  Vector<MappedKeyValue> data;
  int64_t version = 0;
  bool more = false;
  bool cached = false;

  using WireFields = Fields<&GetMappedKeyValuesReply::penalty, &GetMappedKeyValuesReply::error,
                            &GetMappedKeyValuesReply::data, &GetMappedKeyValuesReply::version,
                            &GetMappedKeyValuesReply::more, &GetMappedKeyValuesReply::cached>;
  friend bool operator==(const GetMappedKeyValuesReply&, const GetMappedKeyValuesReply&) = default;
};

struct GetMappedKeyValuesRequest {
  static constexpr uint32_t kFileId = 6795747;
  static constexpr StorageMethod kMethod = StorageMethod::kGetMappedKeyValues;
  using Reply = GetMappedKeyValuesReply;

  KeySelector begin;
  KeySelector end;
  /// A packed tuple.
  std::string_view mapper;
  int64_t version = 0;
  int32_t limit = 0;
  int32_t limit_bytes = 0;
  std::optional<TagSet> tags;
  ReplyPromise reply;
  SpanContext span_context;
  TenantInfo tenant_info;
  std::optional<ReadOptions> options;
  VersionVector latest_commit_versions;

  using WireFields =
      Fields<&GetMappedKeyValuesRequest::begin, &GetMappedKeyValuesRequest::end,
             &GetMappedKeyValuesRequest::mapper, &GetMappedKeyValuesRequest::version,
             &GetMappedKeyValuesRequest::limit, &GetMappedKeyValuesRequest::limit_bytes,
             &GetMappedKeyValuesRequest::tags, &GetMappedKeyValuesRequest::reply,
             &GetMappedKeyValuesRequest::span_context, &GetMappedKeyValuesRequest::tenant_info,
             &GetMappedKeyValuesRequest::options,
             &GetMappedKeyValuesRequest::latest_commit_versions>;
  friend bool operator==(const GetMappedKeyValuesRequest&, const GetMappedKeyValuesRequest&) = default;
};

}  // namespace orrery::fdb::wire
