// The messages of v2.bsatn.spacetimedb, which v3 uses too: what a client and a server say.
//
// Texts, arguments and rows borrow: from the payload where a message was decoded, from the caller
// where one is to be encoded. Times are microseconds, points in time since 1970-01-01 UTC. Plain
// values; decoding and encoding are stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/row_list.h"
#include "protocol/wire_reader.h"
#include "types/identity.h"

namespace orrery::protocol::v2 {

// --- client to server -----------------------------------------------------------------------

struct Subscribe {
  uint32_t request_id = 0;
  uint32_t query_set = 0;
  std::vector<std::string_view> queries;
};
enum class DroppedRows : uint8_t { kOmit = 0, kSend = 1 };
struct Unsubscribe {
  uint32_t request_id = 0;
  uint32_t query_set = 0;
  DroppedRows dropped_rows = DroppedRows::kOmit;
};
struct OneOffQuery {
  uint32_t request_id = 0;
  std::string_view query;
};
struct CallReducer {
  uint32_t request_id = 0;
  std::string_view reducer;
  std::string_view arguments;  ///< BSATN of the product of parameters
};
struct CallProcedure {
  uint32_t request_id = 0;
  std::string_view procedure;
  std::string_view arguments;
};
using ClientMessage = std::variant<Subscribe, Unsubscribe, OneOffQuery, CallReducer, CallProcedure>;

// --- server to client -----------------------------------------------------------------------

struct TableRows {
  std::string_view table;
  RowListView rows;
};
struct QueryRows {
  std::vector<TableRows> tables;
};
/// One query's part of a table's change. Of an event table `inserts` are the events, and there are
/// no deletes.
struct RowChanges {
  enum class Kind : uint8_t { kPersistent = 0, kEvent = 1 };
  Kind kind = Kind::kPersistent;
  RowListView inserts;
  RowListView deletes;
};
struct TableUpdate {
  std::string_view table;
  std::vector<RowChanges> changes;
};
struct QuerySetUpdate {
  uint32_t query_set = 0;
  std::vector<TableUpdate> tables;
};

struct InitialConnection {
  types::Identity identity;
  types::ConnectionId connection_id;
  std::string_view token;
};
struct SubscribeApplied {
  uint32_t request_id = 0;
  uint32_t query_set = 0;
  QueryRows rows;
};
struct UnsubscribeApplied {
  uint32_t request_id = 0;
  uint32_t query_set = 0;
  std::optional<QueryRows> rows;
};
/// Without a request it is about a set that was live and is gone now.
struct SubscriptionError {
  std::optional<uint32_t> request_id;
  uint32_t query_set = 0;
  std::string_view error;
};
struct TransactionUpdate {
  std::vector<QuerySetUpdate> query_sets;
};
struct OneOffQueryResult {
  uint32_t request_id = 0;
  std::variant<QueryRows, std::string_view> result;  ///< rows or an error's text
};
struct ReducerOk {
  std::string_view return_value;
  TransactionUpdate update;
};
struct ReducerOkEmpty {};
/// The reducer's own error: BSATN of its error type, a String.
struct ReducerError {
  std::string_view error;
};
struct InternalError {
  std::string_view message;
};
struct ReducerResult {
  uint32_t request_id = 0;
  int64_t timestamp = 0;
  std::variant<ReducerOk, ReducerOkEmpty, ReducerError, InternalError> outcome;
};
struct ProcedureReturn {
  std::string_view value;
};
struct ProcedureResult {
  std::variant<ProcedureReturn, InternalError> status;
  int64_t timestamp = 0;
  int64_t duration = 0;
  uint32_t request_id = 0;
};
using ServerMessage =
    std::variant<InitialConnection, SubscribeApplied, UnsubscribeApplied, SubscriptionError,
                 TransactionUpdate, OneOffQueryResult, ReducerResult, ProcedureResult>;

/// The message at the front; the reader stands behind it. Where the reader failed the message is
/// worth nothing. For whole payloads see protocol/payload.h.
void read(WireReader* in, ClientMessage* out);
void read(WireReader* in, ServerMessage* out);

/// Appends the message, without an envelope.
void append(const ClientMessage& message, std::string* out);
void append(const ServerMessage& message, std::string* out);

}  // namespace orrery::protocol::v2
