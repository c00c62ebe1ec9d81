// Builds the messages that carry rows piece by piece, from parts that were encoded once and go to
// many clients.
//
//   std::string changes;                       // once for each result of a query
//   append_row_changes({.inserts = inserted.view(), .deletes = deleted.view()}, &changes);
//
//   begin_transaction_update(&message);        // for each client
//   UpdateWriter update(&message);
//   update.begin_query_set(7);
//   update.add("user", changes);
//
// The message is complete after every step: counts are kept up to date in place. The string must
// outlive the writer, and be appended to by it alone. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/v2/messages.h"

namespace orrery::protocol::v2 {

/// What UpdateWriter::add takes.
void append_row_changes(const RowChanges& changes, std::string* out);

// The beginnings of messages. A QueryRowsWriter must follow ...
void begin_subscribe_applied(uint32_t request_id, uint32_t query_set, std::string* out);
void begin_unsubscribe_applied(uint32_t request_id, uint32_t query_set, std::string* out);
void begin_one_off_rows(uint32_t request_id, std::string* out);
// ... or an UpdateWriter.
void begin_transaction_update(std::string* out);
void begin_reducer_ok(uint32_t request_id, int64_t timestamp, std::string_view return_value,
                      std::string* out);

class QueryRowsWriter {
 public:
  explicit QueryRowsWriter(std::string* out);
  void add(std::string_view table, const RowListView& rows);

 private:
  std::string* out_;
  size_t tables_at_;
};

class UpdateWriter {
 public:
  explicit UpdateWriter(std::string* out);
  void begin_query_set(uint32_t query_set);
  /// Adds to the set begun last. Changes of one table that follow each other share its entry.
  void add(std::string_view table, std::string_view changes);

 private:
  std::string* out_;
  size_t sets_at_;
  size_t tables_at_ = 0;  ///< 0: no set yet
  size_t table_at_ = 0;   ///< the name of the last table; 0: none in this set
  size_t table_size_ = 0;
};

}  // namespace orrery::protocol::v2
