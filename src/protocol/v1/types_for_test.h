// For tests and fuzzing: the types of v1's messages, written down from the protocol's tables, so
// that the generic codecs of types/ can check the ones here.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "protocol/v1/messages.h"
#include "types/algebraic_type.h"

namespace orrery::protocol::v1 {

using types::AlgebraicType;
using types::TypeElement;

inline AlgebraicType single_type(Format format) {
  return format == Format::kBsatn ? AlgebraicType::bytes() : AlgebraicType::string();
}

inline AlgebraicType client_message_type(Format format) {
  AlgebraicType u32 = AlgebraicType::u32();
  AlgebraicType string = AlgebraicType::string();
  AlgebraicType strings = AlgebraicType::array(string);
  AlgebraicType id = AlgebraicType::product({{"id", u32}});
  AlgebraicType args = single_type(format);
  auto call = [&](const char* name) {
    return AlgebraicType::product(
        {{name, string}, {"args", args}, {"request_id", u32}, {"flags", AlgebraicType::u8()}});
  };
  AlgebraicType unsubscribe = AlgebraicType::product({{"request_id", u32}, {"query_id", id}});
  return AlgebraicType::sum(
      {{"CallReducer", call("reducer")},
       {"Subscribe", AlgebraicType::product({{"query_strings", strings}, {"request_id", u32}})},
       {"OneOffQuery",
        AlgebraicType::product({{"message_id", AlgebraicType::bytes()}, {"query_string", string}})},
       {"SubscribeSingle",
        AlgebraicType::product({{"query", string}, {"request_id", u32}, {"query_id", id}})},
       {"SubscribeMulti", AlgebraicType::product(
                              {{"query_strings", strings}, {"request_id", u32}, {"query_id", id}})},
       {"Unsubscribe", unsubscribe},
       {"UnsubscribeMulti", unsubscribe},
       {"CallProcedure", call("procedure")}});
}

inline AlgebraicType rows_type(Format format) {
  if (format == Format::kJson) return AlgebraicType::array(AlgebraicType::string());
  AlgebraicType hint =
      AlgebraicType::sum({{"FixedSize", AlgebraicType::u16()},
                          {"RowOffsets", AlgebraicType::array(AlgebraicType::u64())}});
  return AlgebraicType::product({{"size_hint", hint}, {"rows_data", AlgebraicType::bytes()}});
}

inline AlgebraicType row_changes_type(Format format) {
  AlgebraicType rows = rows_type(format);
  AlgebraicType plain = AlgebraicType::product({{"deletes", rows}, {"inserts", rows}});
  if (format == Format::kJson) return plain;
  return AlgebraicType::sum({{"Uncompressed", plain},
                             {"Brotli", AlgebraicType::bytes()},
                             {"Gzip", AlgebraicType::bytes()}});
}

inline AlgebraicType server_message_type(Format format) {
  AlgebraicType u32 = AlgebraicType::u32();
  AlgebraicType u64 = AlgebraicType::u64();
  AlgebraicType string = AlgebraicType::string();
  AlgebraicType id = AlgebraicType::product({{"id", u32}});
  AlgebraicType single = single_type(format);
  AlgebraicType timestamp = AlgebraicType::timestamp_micros();
  AlgebraicType duration = AlgebraicType::time_duration();
  AlgebraicType maybe_u32 = AlgebraicType::option(u32);
  AlgebraicType table =
      AlgebraicType::product({{"table_id", u32},
                              {"table_name", string},
                              {"num_rows", u64},
                              {"updates", AlgebraicType::array(row_changes_type(format))}});
  AlgebraicType update = AlgebraicType::product({{"tables", AlgebraicType::array(table)}});
  AlgebraicType status = AlgebraicType::sum(
      {{"Committed", update}, {"Failed", string}, {"OutOfEnergy", AlgebraicType::unit()}});
  AlgebraicType call = AlgebraicType::product(
      {{"reducer_name", string}, {"reducer_id", u32}, {"args", single}, {"request_id", u32}});
  AlgebraicType one_off =
      AlgebraicType::product({{"table_name", string}, {"rows", rows_type(format)}});
  auto applied = [&](const char* name, AlgebraicType rows) {
    return AlgebraicType::product({{"request_id", u32},
                                   {"total_host_execution_duration_micros", u64},
                                   {"query_id", id},
                                   {name, std::move(rows)}});
  };
  AlgebraicType table_rows =
      AlgebraicType::product({{"table_id", u32}, {"table_name", string}, {"table_rows", table}});
  AlgebraicType outcome = AlgebraicType::sum(
      {{"Returned", single}, {"OutOfEnergy", AlgebraicType::unit()}, {"InternalError", string}});
  return AlgebraicType::sum(
      {{"InitialSubscription",
        AlgebraicType::product({{"database_update", update},
                                {"request_id", u32},
                                {"total_host_execution_duration", duration}})},
       {"TransactionUpdate",
        AlgebraicType::product(
            {{"status", status},
             {"timestamp", timestamp},
             {"caller_identity", AlgebraicType::identity()},
             {"caller_connection_id", AlgebraicType::connection_id()},
             {"reducer_call", call},
             {"energy_quanta_used", AlgebraicType::product({{"quanta", AlgebraicType::u128()}})},
             {"total_host_execution_duration", duration}})},
       {"TransactionUpdateLight",
        AlgebraicType::product({{"request_id", u32}, {"update", update}})},
       {"IdentityToken",
        AlgebraicType::product({{"identity", AlgebraicType::identity()},
                                {"token", string},
                                {"connection_id", AlgebraicType::connection_id()}})},
       {"OneOffQueryResponse",
        AlgebraicType::product({{"message_id", AlgebraicType::bytes()},
                                {"error", AlgebraicType::option(string)},
                                {"tables", AlgebraicType::array(one_off)},
                                {"total_host_execution_duration", duration}})},
       {"SubscribeApplied", applied("rows", table_rows)},
       {"UnsubscribeApplied", applied("rows", table_rows)},
       {"SubscriptionError", AlgebraicType::product({{"total_host_execution_duration_micros", u64},
                                                     {"request_id", maybe_u32},
                                                     {"query_id", maybe_u32},
                                                     {"table_id", maybe_u32},
                                                     {"error", string}})},
       {"SubscribeMultiApplied", applied("update", update)},
       {"UnsubscribeMultiApplied", applied("update", update)},
       {"ProcedureResult", AlgebraicType::product({{"status", outcome},
                                                   {"timestamp", timestamp},
                                                   {"total_host_execution_duration", duration},
                                                   {"request_id", u32}})}});
}

}  // namespace orrery::protocol::v1
