// LiveSelects: any SELECTs of one database, kept up to date by the server (/live), their changes as
// lines of JSON: {"SELECT ...": {"deletes": [{"column": cell...}...], "inserts": [...]}}. Blocks; one
// thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/server_client.h"
#include "types/json.h"

namespace orrery::cli {

class LiveSelects {
 public:
  /// The first rows of all are there when it returns; the server's reason where one cannot be run.
  static Result<std::unique_ptr<LiveSelects>> open(ServerClient& client,
                                                   const std::string& database,
                                                   const std::vector<std::string>& queries);
  /// The rows that were there, in the form of a change.
  const std::string& initial_rows() const { return initial_; }
  /// The next change; nothing once the server has closed the connection.
  Result<std::optional<std::string>> next(const server::http::Patience& patience);
  /// After next() gave nothing: ": why" or "".
  std::string close_reason() const { return reason_; }
  void close() { socket_->close(); }

 private:
  struct Query {
    std::string sql;
    std::vector<std::string> columns;
    std::vector<std::string> rows;  ///< as JSON objects, in the order of the result
    bool has_result = false;
  };
  LiveSelects(std::unique_ptr<server::ws::WebSocketClient> socket,
              const std::vector<std::string>& queries);
  Status start();
  /// A line where the message was a change; nothing for other messages.
  Result<std::optional<std::string>> take(std::string_view payload);
  Status take_result(const types::JsonValue& result, Query* query);
  Result<std::string> take_change(const types::JsonValue& change, Query* query);

  std::unique_ptr<server::ws::WebSocketClient> socket_;
  std::vector<Query> queries_;
  size_t answered_ = 0;
  std::string initial_;
  std::string reason_;
};

}  // namespace orrery::cli
