// Subscription: one set of live queries over a WebSocket (v3 or v2, binary, else v1.json), its
// updates as lines of JSON: {"table": {"deletes": [...], "inserts": [...]}}. Blocks; one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/server_client.h"
#include "protocol/payload.h"
#include "protocol/subprotocol.h"
#include "schema/module_def.h"
#include "types/json.h"

namespace orrery::cli {

class Subscription {
 public:
  /// Subscribed when it returns; kInvalidArgument says why the server would not.
  static Result<std::unique_ptr<Subscription>> open(ServerClient& client,
                                                    const std::string& database,
                                                    const std::vector<std::string>& queries,
                                                    const std::optional<std::string>& confirmed);
  /// The rows that were there, in the form of an update.
  const std::string& initial_rows() const { return initial_; }
  /// The next update; nothing once the server has closed the connection.
  Result<std::optional<std::string>> next(const server::http::Patience& patience);
  /// After next() gave nothing: ": why" or "".
  std::string close_reason() const { return reason_; }
  void close() { socket_->close(); }

 private:
  struct Changes;
  Subscription(std::unique_ptr<server::ws::WebSocketClient> socket, schema::ModuleDef module);
  Status start(const std::vector<std::string>& queries);
  /// Takes the messages of one payload; what they changed is appended to `ready_`.
  Status take(const server::ws::WebSocketClient::Message& message);
  Status take_binary(std::string_view payload);
  Status take_text(std::string_view payload);
  Status take_database_update(const types::JsonValue& update, std::string* out);
  Status add_rows(std::string_view table, const protocol::RowListView& rows,
                  std::vector<std::string>* out);

  std::unique_ptr<server::ws::WebSocketClient> socket_;
  schema::ModuleDef module_;
  protocol::Subprotocol protocol_;
  bool applied_ = false;
  std::string initial_;
  std::vector<std::string> ready_;
  size_t given_ = 0;
  std::string reason_;
};

}  // namespace orrery::cli
