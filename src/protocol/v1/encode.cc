#include "protocol/v1/fields.h"
#include "protocol/v1/messages.h"

namespace orrery::protocol::v1 {

void JsonFields::bytes(std::string_view s) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string digits = "\"";
  for (char c : s) {
    auto byte = static_cast<uint8_t>(c);
    digits.push_back(kDigits[byte >> 4]);
    digits.push_back(kDigits[byte & 15]);
  }
  digits.push_back('"');
  block(digits);
}

namespace {

/// Writes the payload of a server message; Fields is BsatnFields or JsonFields.
template <class Fields>
class MessageWriter {
 public:
  explicit MessageWriter(std::string* out) : to_(out) {}

  void write(const InitialSubscription& m) {
    to_.variant(0, "InitialSubscription");
    to_.product();
    database_update("database_update", m.update);
    number("request_id", m.request_id);
    duration("total_host_execution_duration", m.duration);
    end_message();
  }
  void write(const TransactionUpdate& m) {
    to_.variant(1, "TransactionUpdate");
    to_.product();
    status(m);
    timestamp("timestamp", m.timestamp);
    to_.field("caller_identity");
    to_.identity(m.caller);
    to_.field("caller_connection_id");
    to_.connection_id(m.connection);
    reducer_call(m.call);
    to_.field("energy_quanta_used");
    to_.product();
    to_.field("quanta");
    to_.quanta(m.energy);
    to_.end_product();
    duration("total_host_execution_duration", m.duration);
    end_message();
  }
  void write(const TransactionUpdateLight& m) {
    to_.variant(2, "TransactionUpdateLight");
    to_.product();
    number("request_id", m.request_id);
    database_update("update", m.update);
    end_message();
  }
  void write(const IdentityToken& m) {
    to_.variant(3, "IdentityToken");
    to_.product();
    to_.field("identity");
    to_.identity(m.identity);
    text("token", m.token);
    to_.field("connection_id");
    to_.connection_id(m.connection_id);
    end_message();
  }
  void write(const OneOffQueryResponse& m) {
    to_.variant(4, "OneOffQueryResponse");
    to_.product();
    to_.field("message_id");
    to_.bytes(m.message_id);
    to_.field("error");
    if (m.error) {
      to_.variant(0, "some");
      to_.text(*m.error);
      to_.end_variant();
    } else {
      none();
    }
    to_.field("tables");
    to_.array(m.tables.size());
    for (const OneOffTable& table : m.tables) {
      to_.element();
      to_.product();
      text("table_name", table.table_name);
      to_.field("rows");
      to_.block(table.rows);
      to_.end_product();
    }
    to_.end_array();
    duration("total_host_execution_duration", m.duration);
    end_message();
  }
  void write(const SingleApplied& m) {
    if (m.kind == SingleApplied::Kind::kSubscribe) {
      to_.variant(5, "SubscribeApplied");
    } else {
      to_.variant(6, "UnsubscribeApplied");
    }
    to_.product();
    applied(m.request_id, m.duration, m.query_id);
    to_.field("rows");
    to_.product();
    number("table_id", m.rows.table_id);
    text("table_name", m.rows.table_name);
    to_.field("table_rows");
    table_update(m.rows);
    to_.end_product();
    end_message();
  }
  void write(const SubscriptionError& m) {
    to_.variant(7, "SubscriptionError");
    to_.product();
    number("total_host_execution_duration_micros", m.duration);
    optional("request_id", m.request_id);
    optional("query_id", m.query_id);
    optional("table_id", m.table_id);
    text("error", m.error);
    end_message();
  }
  void write(const MultiApplied& m) {
    if (m.kind == MultiApplied::Kind::kSubscribe) {
      to_.variant(8, "SubscribeMultiApplied");
    } else {
      to_.variant(9, "UnsubscribeMultiApplied");
    }
    to_.product();
    applied(m.request_id, m.duration, m.query_id);
    database_update("update", m.update);
    end_message();
  }
  void write(const ProcedureResult& m) {
    to_.variant(10, "ProcedureResult");
    to_.product();
    to_.field("status");
    if (const auto* value = std::get_if<ProcedureReturn>(&m.status)) {
      to_.variant(0, "Returned");
      to_.encoded(value->value);
    } else if (const auto* error = std::get_if<InternalError>(&m.status)) {
      to_.variant(2, "InternalError");
      to_.text(error->message);
    } else {
      to_.variant(1, "OutOfEnergy");
      to_.unit();
    }
    to_.end_variant();
    timestamp("timestamp", m.timestamp);
    duration("total_host_execution_duration", m.duration);
    number("request_id", m.request_id);
    end_message();
  }

 private:
  void end_message() {
    to_.end_product();
    to_.end_variant();
  }
  template <class T>
  void number(std::string_view name, T n) {
    to_.field(name);
    to_.number(n);
  }
  void text(std::string_view name, std::string_view s) {
    to_.field(name);
    to_.text(s);
  }
  void none() {
    to_.variant(1, "none");
    to_.unit();
    to_.end_variant();
  }
  void optional(std::string_view name, const std::optional<uint32_t>& n) {
    to_.field(name);
    if (!n) return none();
    to_.variant(0, "some");
    to_.number(*n);
    to_.end_variant();
  }
  void micros(std::string_view name, std::string_view inner, int64_t n) {
    to_.field(name);
    to_.product();
    number(inner, n);
    to_.end_product();
  }
  void timestamp(std::string_view name, int64_t n) {
    micros(name, "__timestamp_micros_since_unix_epoch__", n);
  }
  void duration(std::string_view name, int64_t n) { micros(name, "__time_duration_micros__", n); }
  void applied(uint32_t request_id, uint64_t micros_taken, uint32_t query_id) {
    number("request_id", request_id);
    number("total_host_execution_duration_micros", micros_taken);
    to_.field("query_id");
    to_.product();
    number("id", query_id);
    to_.end_product();
  }
  void status(const TransactionUpdate& m) {
    to_.field("status");
    if (const auto* update = std::get_if<DatabaseUpdate>(&m.status)) {
      to_.variant(0, "Committed");
      tables(*update);
    } else if (const auto* failed = std::get_if<Failed>(&m.status)) {
      to_.variant(1, "Failed");
      to_.text(failed->error);
    } else {
      to_.variant(2, "OutOfEnergy");
      to_.unit();
    }
    to_.end_variant();
  }
  void reducer_call(const ReducerCall& call) {
    to_.field("reducer_call");
    to_.product();
    text("reducer_name", call.reducer);
    number("reducer_id", call.reducer_id);
    to_.field("args");
    to_.encoded(call.arguments);
    number("request_id", call.request_id);
    to_.end_product();
  }
  void database_update(std::string_view name, const DatabaseUpdate& update) {
    to_.field(name);
    tables(update);
  }
  void tables(const DatabaseUpdate& update) {
    to_.product();
    to_.field("tables");
    to_.array(update.tables.size());
    for (const TableUpdate& table : update.tables) {
      to_.element();
      table_update(table);
    }
    to_.end_array();
    to_.end_product();
  }
  void table_update(const TableUpdate& table) {
    to_.product();
    number("table_id", table.table_id);
    text("table_name", table.table_name);
    number("num_rows", table.row_count);
    to_.field("updates");
    to_.array(table.changes.size());
    for (std::string_view changes : table.changes) {
      to_.element();
      to_.block(changes);
    }
    to_.end_array();
    to_.end_product();
  }

  Fields to_;
};

}  // namespace

void append(const ServerMessage& message, Format format, std::string* out) {
  std::visit(
      [format, out](const auto& m) {
        if (format == Format::kBsatn) {
          MessageWriter<BsatnFields>(out).write(m);
        } else {
          MessageWriter<JsonFields>(out).write(m);
        }
      },
      message);
}

void append_row_changes(const RowListView& deletes, const RowListView& inserts,
                        Compression compression, Compressor* compressor, std::string* out) {
  size_t start = out->size();
  append_number(static_cast<uint8_t>(Compression::kNone), out);
  deletes.append_to(out);
  inserts.append_to(out);
  std::string_view plain = std::string_view(*out).substr(start + 1);
  if (compressor == nullptr || plain.size() <= kCompressThreshold) return;
  std::string compressed;
  if (!compressor->compress(plain, compression, &compressed)) return;
  out->resize(start);
  append_number(static_cast<uint8_t>(compression), out);
  append_bytes(compressed, out);
}

Status append_rows_json(const RowFormat& format, const RowListView& rows, std::string* out) {
  out->push_back('[');
  std::string text;
  size_t count = rows.row_count();
  for (size_t i = 0; i < count; ++i) {
    text.clear();
    ORRERY_TRY(types::bsatn_to_json(*format.type, rows.row(i), format.shape, &text, format.space));
    if (i != 0) out->push_back(',');
    types::append_json_string(text, out);
  }
  out->push_back(']');
  return {};
}

Status append_row_changes_json(const RowFormat& format, const RowListView& deletes,
                               const RowListView& inserts, std::string* out) {
  out->append("{\"deletes\":");
  ORRERY_TRY(append_rows_json(format, deletes, out));
  out->append(",\"inserts\":");
  ORRERY_TRY(append_rows_json(format, inserts, out));
  out->push_back('}');
  return {};
}

}  // namespace orrery::protocol::v1
