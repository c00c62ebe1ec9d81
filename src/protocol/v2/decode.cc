#include "protocol/v2/messages.h"

namespace orrery::protocol::v2 {
namespace {

/// Flags that have no bits yet.
void read_no_flags(WireReader* in, std::string_view what) {
  uint8_t flags = in->u8();
  if (flags == 0) return;
  in->fail_at(in->offset() - 1, "invalid " + std::string(what) + " flag " + std::to_string(flags));
}

Subscribe read_subscribe(WireReader* in) {
  Subscribe out;
  out.request_id = in->u32();
  out.query_set = in->u32();
  uint32_t n = in->count(sizeof(uint32_t));
  out.queries.reserve(n);
  for (uint32_t i = 0; i < n && in->ok(); ++i) out.queries.push_back(in->text());
  return out;
}

Unsubscribe read_unsubscribe(WireReader* in) {
  Unsubscribe out;
  out.request_id = in->u32();
  out.query_set = in->u32();
  out.dropped_rows = static_cast<DroppedRows>(in->tag(2, "UnsubscribeFlags"));
  return out;
}

OneOffQuery read_one_off_query(WireReader* in) {
  OneOffQuery out;
  out.request_id = in->u32();
  out.query = in->text();
  return out;
}

CallReducer read_call_reducer(WireReader* in) {
  CallReducer out;
  out.request_id = in->u32();
  read_no_flags(in, "call reducer");
  out.reducer = in->text();
  out.arguments = in->bytes();
  return out;
}

CallProcedure read_call_procedure(WireReader* in) {
  CallProcedure out;
  out.request_id = in->u32();
  read_no_flags(in, "call procedure");
  out.procedure = in->text();
  out.arguments = in->bytes();
  return out;
}

QueryRows read_query_rows(WireReader* in) {
  QueryRows out;
  uint32_t n = in->count(sizeof(uint32_t) + RowListView::kEncodedBytesMin);
  out.tables.reserve(n);
  for (uint32_t i = 0; i < n && in->ok(); ++i) {
    std::string_view table = in->text();
    out.tables.push_back({table, RowListView::read(in)});
  }
  return out;
}

RowChanges read_row_changes(WireReader* in) {
  RowChanges out;
  out.kind = static_cast<RowChanges::Kind>(in->tag(2, "TableUpdateRows"));
  out.inserts = RowListView::read(in);
  if (out.kind == RowChanges::Kind::kPersistent) out.deletes = RowListView::read(in);
  return out;
}

TableUpdate read_table_update(WireReader* in) {
  TableUpdate out;
  out.table = in->text();
  uint32_t n = in->count(1 + RowListView::kEncodedBytesMin);
  out.changes.reserve(n);
  for (uint32_t i = 0; i < n && in->ok(); ++i) out.changes.push_back(read_row_changes(in));
  return out;
}

TransactionUpdate read_transaction_update(WireReader* in) {
  TransactionUpdate out;
  uint32_t sets = in->count(2 * sizeof(uint32_t));
  out.query_sets.reserve(sets);
  for (uint32_t i = 0; i < sets && in->ok(); ++i) {
    QuerySetUpdate& set = out.query_sets.emplace_back();
    set.query_set = in->u32();
    uint32_t tables = in->count(2 * sizeof(uint32_t));
    set.tables.reserve(tables);
    for (uint32_t k = 0; k < tables && in->ok(); ++k) set.tables.push_back(read_table_update(in));
  }
  return out;
}

InitialConnection read_initial_connection(WireReader* in) {
  InitialConnection out;
  out.identity = in->identity();
  out.connection_id = in->connection_id();
  out.token = in->text();
  return out;
}

SubscribeApplied read_subscribe_applied(WireReader* in) {
  SubscribeApplied out;
  out.request_id = in->u32();
  out.query_set = in->u32();
  out.rows = read_query_rows(in);
  return out;
}

UnsubscribeApplied read_unsubscribe_applied(WireReader* in) {
  UnsubscribeApplied out;
  out.request_id = in->u32();
  out.query_set = in->u32();
  if (in->tag(2, "Option") == 0) out.rows = read_query_rows(in);
  return out;
}

SubscriptionError read_subscription_error(WireReader* in) {
  SubscriptionError out;
  if (in->tag(2, "Option") == 0) out.request_id = in->u32();
  out.query_set = in->u32();
  out.error = in->text();
  return out;
}

OneOffQueryResult read_one_off_query_result(WireReader* in) {
  OneOffQueryResult out;
  out.request_id = in->u32();
  if (in->tag(2, "Result") == 0) {
    out.result = read_query_rows(in);
  } else {
    out.result = in->text();
  }
  return out;
}

ReducerResult read_reducer_result(WireReader* in) {
  ReducerResult out;
  out.request_id = in->u32();
  out.timestamp = in->i64();
  switch (in->tag(4, "ReducerOutcome")) {
    case 0: {
      ReducerOk ok;
      ok.return_value = in->bytes();
      ok.update = read_transaction_update(in);
      out.outcome = std::move(ok);
      break;
    }
    case 1:
      out.outcome = ReducerOkEmpty{};
      break;
    case 2:
      out.outcome = ReducerError{in->bytes()};
      break;
    default:
      out.outcome = InternalError{in->text()};
      break;
  }
  return out;
}

ProcedureResult read_procedure_result(WireReader* in) {
  ProcedureResult out;
  if (in->tag(2, "ProcedureStatus") == 0) {
    out.status = ProcedureReturn{in->bytes()};
  } else {
    out.status = InternalError{in->text()};
  }
  out.timestamp = in->i64();
  out.duration = in->i64();
  out.request_id = in->u32();
  return out;
}

}  // namespace

void read(WireReader* in, ClientMessage* out) {
  switch (in->tag(5, "ClientMessage")) {
    case 0:
      *out = read_subscribe(in);
      return;
    case 1:
      *out = read_unsubscribe(in);
      return;
    case 2:
      *out = read_one_off_query(in);
      return;
    case 3:
      *out = read_call_reducer(in);
      return;
    default:
      *out = read_call_procedure(in);
      return;
  }
}

void read(WireReader* in, ServerMessage* out) {
  switch (in->tag(8, "ServerMessage")) {
    case 0:
      *out = read_initial_connection(in);
      return;
    case 1:
      *out = read_subscribe_applied(in);
      return;
    case 2:
      *out = read_unsubscribe_applied(in);
      return;
    case 3:
      *out = read_subscription_error(in);
      return;
    case 4:
      *out = read_transaction_update(in);
      return;
    case 5:
      *out = read_one_off_query_result(in);
      return;
    case 6:
      *out = read_reducer_result(in);
      return;
    default:
      *out = read_procedure_result(in);
      return;
  }
}

}  // namespace orrery::protocol::v2
