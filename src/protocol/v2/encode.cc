#include "protocol/v2/update_writer.h"
#include "protocol/wire_writer.h"

namespace orrery::protocol::v2 {
namespace {

constexpr uint8_t kSome = 0;
constexpr uint8_t kNone = 1;
constexpr uint8_t kOk = 0;
constexpr uint8_t kErr = 1;
constexpr uint8_t kNoFlags = 0;

void append_tag(uint8_t tag, std::string* out) {
  out->push_back(static_cast<char>(tag));
}

void append_query_rows(const QueryRows& rows, std::string* out) {
  QueryRowsWriter writer(out);
  for (const TableRows& table : rows.tables) writer.add(table.table, table.rows);
}

void append_transaction_update(const TransactionUpdate& update, std::string* out) {
  append_number(static_cast<uint32_t>(update.query_sets.size()), out);
  for (const QuerySetUpdate& set : update.query_sets) {
    append_number(set.query_set, out);
    append_number(static_cast<uint32_t>(set.tables.size()), out);
    for (const TableUpdate& table : set.tables) {
      append_bytes(table.table, out);
      append_number(static_cast<uint32_t>(table.changes.size()), out);
      for (const RowChanges& changes : table.changes) append_row_changes(changes, out);
    }
  }
}

struct ClientEncoder {
  std::string* out;

  void operator()(const Subscribe& m) const {
    append_tag(0, out);
    append_number(m.request_id, out);
    append_number(m.query_set, out);
    append_number(static_cast<uint32_t>(m.queries.size()), out);
    for (std::string_view query : m.queries) append_bytes(query, out);
  }
  void operator()(const Unsubscribe& m) const {
    append_tag(1, out);
    append_number(m.request_id, out);
    append_number(m.query_set, out);
    append_tag(static_cast<uint8_t>(m.dropped_rows), out);
  }
  void operator()(const OneOffQuery& m) const {
    append_tag(2, out);
    append_number(m.request_id, out);
    append_bytes(m.query, out);
  }
  void operator()(const CallReducer& m) const { call(3, m.request_id, m.reducer, m.arguments); }
  void operator()(const CallProcedure& m) const { call(4, m.request_id, m.procedure, m.arguments); }
  void call(uint8_t tag, uint32_t request_id, std::string_view function,
            std::string_view arguments) const {
    append_tag(tag, out);
    append_number(request_id, out);
    append_number(kNoFlags, out);
    append_bytes(function, out);
    append_bytes(arguments, out);
  }
};

struct ServerEncoder {
  std::string* out;

  void operator()(const InitialConnection& m) const {
    append_tag(0, out);
    out->append(m.identity.bytes());
    out->append(m.connection_id.bytes());
    append_bytes(m.token, out);
  }
  void operator()(const SubscribeApplied& m) const {
    begin_subscribe_applied(m.request_id, m.query_set, out);
    append_query_rows(m.rows, out);
  }
  void operator()(const UnsubscribeApplied& m) const {
    if (m.rows) {
      begin_unsubscribe_applied(m.request_id, m.query_set, out);
      append_query_rows(*m.rows, out);
      return;
    }
    append_tag(2, out);
    append_number(m.request_id, out);
    append_number(m.query_set, out);
    append_tag(kNone, out);
  }
  void operator()(const SubscriptionError& m) const {
    append_tag(3, out);
    append_tag(m.request_id ? kSome : kNone, out);
    if (m.request_id) append_number(*m.request_id, out);
    append_number(m.query_set, out);
    append_bytes(m.error, out);
  }
  void operator()(const TransactionUpdate& m) const {
    begin_transaction_update(out);
    append_transaction_update(m, out);
  }
  void operator()(const OneOffQueryResult& m) const {
    if (const auto* rows = std::get_if<QueryRows>(&m.result)) {
      begin_one_off_rows(m.request_id, out);
      append_query_rows(*rows, out);
      return;
    }
    append_tag(5, out);
    append_number(m.request_id, out);
    append_tag(kErr, out);
    append_bytes(*std::get_if<std::string_view>(&m.result), out);
  }
  void operator()(const ReducerResult& m) const {
    if (const auto* ok = std::get_if<ReducerOk>(&m.outcome)) {
      begin_reducer_ok(m.request_id, m.timestamp, ok->return_value, out);
      append_transaction_update(ok->update, out);
      return;
    }
    append_tag(6, out);
    append_number(m.request_id, out);
    append_number(m.timestamp, out);
    append_tag(static_cast<uint8_t>(m.outcome.index()), out);
    if (const auto* error = std::get_if<ReducerError>(&m.outcome)) append_bytes(error->error, out);
    if (const auto* error = std::get_if<InternalError>(&m.outcome)) {
      append_bytes(error->message, out);
    }
  }
  void operator()(const ProcedureResult& m) const {
    append_tag(7, out);
    append_tag(static_cast<uint8_t>(m.status.index()), out);
    if (const auto* value = std::get_if<ProcedureReturn>(&m.status)) {
      append_bytes(value->value, out);
    } else {
      append_bytes(std::get_if<InternalError>(&m.status)->message, out);
    }
    append_number(m.timestamp, out);
    append_number(m.duration, out);
    append_number(m.request_id, out);
  }
};

}  // namespace

void append(const ClientMessage& message, std::string* out) {
  std::visit(ClientEncoder{out}, message);
}
void append(const ServerMessage& message, std::string* out) {
  std::visit(ServerEncoder{out}, message);
}

void append_row_changes(const RowChanges& changes, std::string* out) {
  append_tag(static_cast<uint8_t>(changes.kind), out);
  changes.inserts.append_to(out);
  if (changes.kind == RowChanges::Kind::kPersistent) changes.deletes.append_to(out);
}

void begin_subscribe_applied(uint32_t request_id, uint32_t query_set, std::string* out) {
  append_tag(1, out);
  append_number(request_id, out);
  append_number(query_set, out);
}

void begin_unsubscribe_applied(uint32_t request_id, uint32_t query_set, std::string* out) {
  append_tag(2, out);
  append_number(request_id, out);
  append_number(query_set, out);
  append_tag(kSome, out);
}

void begin_transaction_update(std::string* out) {
  append_tag(4, out);
}

void begin_one_off_rows(uint32_t request_id, std::string* out) {
  append_tag(5, out);
  append_number(request_id, out);
  append_tag(kOk, out);
}

void begin_reducer_ok(uint32_t request_id, int64_t timestamp, std::string_view return_value,
                      std::string* out) {
  append_tag(6, out);
  append_number(request_id, out);
  append_number(timestamp, out);
  append_tag(0, out);
  append_bytes(return_value, out);
}

QueryRowsWriter::QueryRowsWriter(std::string* out) : out_(out), tables_at_(out->size()) {
  append_number(uint32_t{0}, out);
}

void QueryRowsWriter::add(std::string_view table, const RowListView& rows) {
  add_to_count(tables_at_, out_);
  append_bytes(table, out_);
  rows.append_to(out_);
}

UpdateWriter::UpdateWriter(std::string* out) : out_(out), sets_at_(out->size()) {
  append_number(uint32_t{0}, out);
}

void UpdateWriter::begin_query_set(uint32_t query_set) {
  add_to_count(sets_at_, out_);
  append_number(query_set, out_);
  tables_at_ = out_->size();
  append_number(uint32_t{0}, out_);
  table_at_ = 0;
}

void UpdateWriter::add(std::string_view table, std::string_view changes) {
  ORRERY_ASSERT(tables_at_ != 0);
  if (table_at_ == 0 || std::string_view(*out_).substr(table_at_, table_size_) != table) {
    add_to_count(tables_at_, out_);
    append_bytes(table, out_);
    table_at_ = out_->size() - table.size();
    table_size_ = table.size();
    append_number(uint32_t{0}, out_);
  }
  add_to_count(table_at_ + table_size_, out_);
  out_->append(changes);
}

}  // namespace orrery::protocol::v2
