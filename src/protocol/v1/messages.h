// The messages of v1.bsatn.spacetimedb and v1.json.spacetimedb as a server sees them: what clients
// say is decoded, what the server says is encoded.
//
// Texts, arguments and rows borrow: from the payload (or the buffer given with it) where a message
// was decoded, from the caller where one is to be encoded. Rows come as blocks that were encoded
// once, in the format of the message that takes them. Times are microseconds, points in time since
// 1970-01-01 UTC. Plain values; decoding and encoding are stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "protocol/envelope.h"
#include "protocol/row_list.h"
#include "types/algebraic_type.h"
#include "types/algebraic_typespace.h"
#include "types/identity.h"
#include "types/sats_json.h"

namespace orrery::protocol::v1 {

enum class Format : uint8_t { kBsatn, kJson };

// --- client to server -----------------------------------------------------------------------

enum class CallNotice : uint8_t { kFullUpdate = 0, kNoSuccessNotify = 1 };

/// The arguments are BSATN of the product of parameters, or the text of a JSON array.
struct CallReducer {
  std::string_view reducer;
  std::string_view arguments;
  uint32_t request_id = 0;
  CallNotice notice = CallNotice::kFullUpdate;
};
/// Replaces the queries of the Subscribe before.
struct Subscribe {
  std::vector<std::string_view> queries;
  uint32_t request_id = 0;
};
struct OneOffQuery {
  std::string_view message_id;
  std::string_view query;
};
struct SubscribeSingle {
  std::string_view query;
  uint32_t request_id = 0;
  uint32_t query_id = 0;
};
struct SubscribeMulti {
  std::vector<std::string_view> queries;
  uint32_t request_id = 0;
  uint32_t query_id = 0;
};
struct Unsubscribe {
  uint32_t request_id = 0;
  uint32_t query_id = 0;
};
struct UnsubscribeMulti {
  uint32_t request_id = 0;
  uint32_t query_id = 0;
};
struct CallProcedure {
  std::string_view procedure;
  std::string_view arguments;
  uint32_t request_id = 0;
};
using ClientMessage = std::variant<CallReducer, Subscribe, OneOffQuery, SubscribeSingle,
                                   SubscribeMulti, Unsubscribe, UnsubscribeMulti, CallProcedure>;

/// Bytes behind the message are ignored. Errors are kDecode.
Result<ClientMessage> decode_bsatn(std::string_view payload);
/// Products as objects or arrays, sums by name or tag. The message borrows from *buffer.
Result<ClientMessage> decode_json(std::string_view payload, std::string* buffer);

// --- server to client -----------------------------------------------------------------------

struct TableUpdate {
  uint32_t table_id = 0;
  std::string_view table_name;
  uint64_t row_count = 0;  ///< of all changes
  /// Each as made by append_row_changes or append_row_changes_json.
  std::vector<std::string_view> changes;
};
struct DatabaseUpdate {
  std::vector<TableUpdate> tables;
};
struct InitialSubscription {
  DatabaseUpdate update;
  uint32_t request_id = 0;
  int64_t duration = 0;
};
struct Failed {
  std::string_view error;
};
struct OutOfEnergy {};
struct ReducerCall {
  std::string_view reducer;
  uint32_t reducer_id = 0;
  std::string_view arguments;  ///< in the format of the message
  uint32_t request_id = 0;
};
struct TransactionUpdate {
  std::variant<DatabaseUpdate, Failed, OutOfEnergy> status;
  int64_t timestamp = 0;
  types::Identity caller;
  types::ConnectionId connection;
  ReducerCall call;
  types::U128 energy = 0;
  int64_t duration = 0;
};
struct TransactionUpdateLight {
  uint32_t request_id = 0;
  DatabaseUpdate update;
};
struct IdentityToken {
  types::Identity identity;
  std::string_view token;
  types::ConnectionId connection_id;
};
struct OneOffTable {
  std::string_view table_name;
  std::string_view rows;  ///< as made by RowList::append_to or append_rows_json
};
struct OneOffQueryResponse {
  std::string_view message_id;
  std::optional<std::string_view> error;
  std::vector<OneOffTable> tables;
  int64_t duration = 0;
};
/// The answer to SubscribeSingle, or to Unsubscribe.
struct SingleApplied {
  enum class Kind : uint8_t { kSubscribe, kUnsubscribe };
  Kind kind = Kind::kSubscribe;
  uint32_t request_id = 0;
  uint64_t duration = 0;
  uint32_t query_id = 0;
  TableUpdate rows;
};
struct SubscriptionError {
  uint64_t duration = 0;
  std::optional<uint32_t> request_id;
  std::optional<uint32_t> query_id;
  std::optional<uint32_t> table_id;
  std::string_view error;
};
/// The answer to SubscribeMulti, or to UnsubscribeMulti.
struct MultiApplied {
  enum class Kind : uint8_t { kSubscribe, kUnsubscribe };
  Kind kind = Kind::kSubscribe;
  uint32_t request_id = 0;
  uint64_t duration = 0;
  uint32_t query_id = 0;
  DatabaseUpdate update;
};
struct ProcedureReturn {
  std::string_view value;  ///< in the format of the message
};
struct InternalError {
  std::string_view message;
};
struct ProcedureResult {
  std::variant<ProcedureReturn, OutOfEnergy, InternalError> status;
  int64_t timestamp = 0;
  int64_t duration = 0;
  uint32_t request_id = 0;
};
using ServerMessage = std::variant<InitialSubscription, TransactionUpdate, TransactionUpdateLight,
                                   IdentityToken, OneOffQueryResponse, SingleApplied,
                                   SubscriptionError, MultiApplied, ProcedureResult>;

/// Appends the message, without an envelope. Texts in JSON must be UTF-8.
void append(const ServerMessage& message, Format format, std::string* out);

/// Appends one query's changes of a table for messages in BSATN. With a compressor (else null)
/// changes of more than kCompressThreshold bytes are compressed, which the original leaves to the
/// envelope.
void append_row_changes(const RowListView& deletes, const RowListView& inserts,
                        Compression compression, Compressor* compressor, std::string* out);

/// How rows are written as JSON texts.
struct RowFormat {
  const types::AlgebraicType* type = nullptr;
  const types::Typespace* space = nullptr;
  types::JsonShape shape = types::JsonShape::kPositional;
};
/// The same for messages in JSON. kDecode where a row is not of the type.
Status append_row_changes_json(const RowFormat& format, const RowListView& deletes,
                               const RowListView& inserts, std::string* out);
/// Appends an array of strings, each the JSON of a row.
Status append_rows_json(const RowFormat& format, const RowListView& rows, std::string* out);

}  // namespace orrery::protocol::v1
