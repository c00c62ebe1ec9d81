// For tests: the vectors of tests/data/spacetimedb, and messages as the JSON those are described
// in.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "protocol/v1/fields.h"
#include "protocol/v2/messages.h"
#include "types/json.h"

namespace orrery::protocol {

inline std::string unhex(std::string_view digits) {
  auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1])));
  }
  return out;
}

inline types::JsonValue load_golden(const std::string& name) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");
  std::ifstream in(std::string(root == nullptr ? "." : root) + "/tests/data/spacetimedb/" + name);
  std::stringstream text;
  text << in.rdbuf();
  auto json = types::JsonValue::parse(text.str());
  EXPECT_TRUE(json.has_value()) << name << ": " << (json ? "" : json.error().message());
  return json ? std::move(*json) : types::JsonValue();
}

/// Writes v2 messages as the typed JSON of the vectors.
class MessageJson {
 public:
  template <class Message>
  static std::string of(const Message& message) {
    std::string out;
    MessageJson writer(&out);
    std::visit([&writer](const auto& m) { writer.write(m); }, message);
    return out;
  }
  static std::string of_rows(const RowListView& rows) {
    std::string out;
    MessageJson(&out).row_list(rows);
    return out;
  }

 private:
  explicit MessageJson(std::string* out) : to_(out) {}

  void begin(std::string_view name) {
    to_.variant(0, name);
    to_.product();
  }
  void end() {
    to_.end_product();
    to_.end_variant();
  }
  void number(std::string_view name, int64_t n) {
    to_.field(name);
    to_.number(n);
  }
  void text(std::string_view name, std::string_view s) {
    to_.field(name);
    to_.text(s);
  }
  void bytes(std::string_view name, std::string_view s) {
    to_.field(name);
    to_.bytes(s);
  }
  void wrapped(std::string_view name, std::string_view inner, int64_t n) {
    to_.field(name);
    to_.product();
    number(inner, n);
    to_.end_product();
  }
  void set(uint32_t id) { wrapped("query_set_id", "id", id); }
  void timestamp(int64_t n) { wrapped("timestamp", "__timestamp_micros_since_unix_epoch__", n); }
  void none() {
    to_.variant(1, "none");
    to_.unit();
    to_.end_variant();
  }
  void row_list(const RowListView& rows) {
    to_.product();
    to_.field("size_hint");
    if (rows.fixed_size() != 0) {
      to_.variant(0, "FixedSize");
      to_.number(rows.fixed_size());
    } else {
      to_.variant(1, "RowOffsets");
      to_.array(rows.row_count());
      for (size_t i = 0; i < rows.row_count(); ++i) {
        to_.element();
        to_.number(rows.row(i).data() - rows.data().data());
      }
      to_.end_array();
    }
    to_.end_variant();
    bytes("rows_data", rows.data());
    to_.end_product();
  }
  void list_field(std::string_view name, const RowListView& rows) {
    to_.field(name);
    row_list(rows);
  }
  void query_rows(const v2::QueryRows& rows) {
    to_.product();
    to_.field("tables");
    to_.array(rows.tables.size());
    for (const v2::TableRows& table : rows.tables) {
      to_.element();
      to_.product();
      text("table", table.table);
      list_field("rows", table.rows);
      to_.end_product();
    }
    to_.end_array();
    to_.end_product();
  }
  void changes(const v2::RowChanges& c) {
    if (c.kind == v2::RowChanges::Kind::kEvent) {
      begin("EventTable");
      list_field("events", c.inserts);
    } else {
      begin("PersistentTable");
      list_field("inserts", c.inserts);
      list_field("deletes", c.deletes);
    }
    end();
  }
  void update(const v2::TransactionUpdate& m) {
    to_.product();
    to_.field("query_sets");
    to_.array(m.query_sets.size());
    for (const v2::QuerySetUpdate& s : m.query_sets) {
      to_.element();
      to_.product();
      set(s.query_set);
      to_.field("tables");
      to_.array(s.tables.size());
      for (const v2::TableUpdate& table : s.tables) {
        to_.element();
        to_.product();
        text("table_name", table.table);
        to_.field("rows");
        to_.array(table.changes.size());
        for (const v2::RowChanges& c : table.changes) {
          to_.element();
          changes(c);
        }
        to_.end_array();
        to_.end_product();
      }
      to_.end_array();
      to_.end_product();
    }
    to_.end_array();
    to_.end_product();
  }
  void call(std::string_view kind, std::string_view what, uint32_t request_id,
            std::string_view function, std::string_view arguments) {
    begin(kind);
    number("request_id", request_id);
    number("flags", 0);
    text(what, function);
    bytes("args", arguments);
    end();
  }

  void write(const v2::Subscribe& m) {
    begin("Subscribe");
    number("request_id", m.request_id);
    set(m.query_set);
    to_.field("query_strings");
    to_.array(m.queries.size());
    for (std::string_view query : m.queries) {
      to_.element();
      to_.text(query);
    }
    to_.end_array();
    end();
  }
  void write(const v2::Unsubscribe& m) {
    begin("Unsubscribe");
    number("request_id", m.request_id);
    set(m.query_set);
    to_.field("flags");
    to_.variant(0, m.dropped_rows == v2::DroppedRows::kSend ? "SendDroppedRows" : "Default");
    to_.unit();
    to_.end_variant();
    end();
  }
  void write(const v2::OneOffQuery& m) {
    begin("OneOffQuery");
    number("request_id", m.request_id);
    text("query_string", m.query);
    end();
  }
  void write(const v2::CallReducer& m) {
    call("CallReducer", "reducer", m.request_id, m.reducer, m.arguments);
  }
  void write(const v2::CallProcedure& m) {
    call("CallProcedure", "procedure", m.request_id, m.procedure, m.arguments);
  }
  void write(const v2::InitialConnection& m) {
    begin("InitialConnection");
    to_.field("identity");
    to_.identity(m.identity);
    to_.field("connection_id");
    to_.connection_id(m.connection_id);
    text("token", m.token);
    end();
  }
  void write(const v2::SubscribeApplied& m) {
    begin("SubscribeApplied");
    number("request_id", m.request_id);
    set(m.query_set);
    to_.field("rows");
    query_rows(m.rows);
    end();
  }
  void write(const v2::UnsubscribeApplied& m) {
    begin("UnsubscribeApplied");
    number("request_id", m.request_id);
    set(m.query_set);
    to_.field("rows");
    if (m.rows) {
      to_.variant(0, "some");
      query_rows(*m.rows);
      to_.end_variant();
    } else {
      none();
    }
    end();
  }
  void write(const v2::SubscriptionError& m) {
    begin("SubscriptionError");
    to_.field("request_id");
    if (m.request_id) {
      to_.variant(0, "some");
      to_.number(*m.request_id);
      to_.end_variant();
    } else {
      none();
    }
    set(m.query_set);
    text("error", m.error);
    end();
  }
  void write(const v2::TransactionUpdate& m) {
    to_.variant(4, "TransactionUpdate");
    update(m);
    to_.end_variant();
  }
  void write(const v2::OneOffQueryResult& m) {
    begin("OneOffQueryResult");
    number("request_id", m.request_id);
    to_.field("result");
    if (const auto* rows = std::get_if<v2::QueryRows>(&m.result)) {
      to_.variant(0, "ok");
      query_rows(*rows);
    } else {
      to_.variant(1, "err");
      to_.text(*std::get_if<std::string_view>(&m.result));
    }
    to_.end_variant();
    end();
  }
  void write(const v2::ReducerResult& m) {
    begin("ReducerResult");
    number("request_id", m.request_id);
    timestamp(m.timestamp);
    to_.field("result");
    if (const auto* ok = std::get_if<v2::ReducerOk>(&m.outcome)) {
      begin("Ok");
      bytes("ret_value", ok->return_value);
      to_.field("transaction_update");
      update(ok->update);
      to_.end_product();
    } else if (const auto* error = std::get_if<v2::ReducerError>(&m.outcome)) {
      to_.variant(2, "Err");
      to_.bytes(error->error);
    } else if (const auto* internal = std::get_if<v2::InternalError>(&m.outcome)) {
      to_.variant(3, "InternalError");
      to_.text(internal->message);
    } else {
      to_.variant(1, "OkEmpty");
      to_.unit();
    }
    to_.end_variant();
    end();
  }
  void write(const v2::ProcedureResult& m) {
    begin("ProcedureResult");
    to_.field("status");
    if (const auto* value = std::get_if<v2::ProcedureReturn>(&m.status)) {
      to_.variant(0, "Returned");
      to_.bytes(value->value);
    } else {
      to_.variant(1, "InternalError");
      to_.text(std::get_if<v2::InternalError>(&m.status)->message);
    }
    to_.end_variant();
    timestamp(m.timestamp);
    wrapped("total_host_execution_duration", "__time_duration_micros__", m.duration);
    number("request_id", m.request_id);
    end();
  }

  v1::JsonFields to_;
};

}  // namespace orrery::protocol
