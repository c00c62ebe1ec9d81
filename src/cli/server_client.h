// ServerClient: requests of the commands to one server, with the user's token.
//
// Every call blocks; Ctrl-C ends it with kCancelled. What takes longer than a second is shown on a
// terminal. Answers that are no success become errors that say what to do next (see check()). One
// thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/user_config.h"
#include "server/http/client_request.h"
#include "server/ws/client.h"

namespace orrery::cli {

/// What a command does where there is no token.
enum class Login : uint8_t {
  kNever,     ///< goes without, even where there is one
  kIfThere,   ///< goes without
  kLocal,     ///< a server of this machine is asked for one, which is kept; else goes without
  kRequired,  ///< the same, but goes nowhere without
};

class ServerClient {
 public:
  /// Of -s, or where that is missing `server_of_project`, or the default server. --anonymous makes
  /// any login kNever.
  static Result<ServerClient> open(const Arguments& arguments, std::string_view server_of_project,
                                   Login login);

  struct Call {
    std::string_view method = "GET";
    std::string path;  ///< from "/v1" on, encoded
    std::string_view body = {};
    std::string_view content_type = {};
    server::http::Headers headers = {};  ///< beside those that every request has
    std::string what = "waiting for the server";  ///< for the progress line
    std::function<void(std::string_view)> on_body = {};
    int64_t timeout_micros = 600'000'000;  ///< without anything coming; 0: for ever
  };
  Result<server::http::ClientResponse> send(const Call& call);
  /// send() and check().
  Result<std::string> body_of(const Call& call, std::string_view subject);
  Result<std::unique_ptr<server::ws::WebSocketClient>> socket(const std::string& path,
                                                              std::string_view subprotocols,
                                                              std::string_view subject);
  /// kOk for a status 2xx. `subject` is what it was about, for messages: "chat".
  Status check(const server::http::ClientResponse& answer, std::string_view subject) const;

  const std::string& url() const { return url_; }
  const std::string& token() const { return token_; }
  const UserConfig& config() const { return config_; }

 private:
  server::http::ClientRequest request_of(const Call& call) const;
  Status ensure_token(Login login);

  UserConfig config_;
  std::string url_;
  std::string token_;  ///< "": none
};

/// Asks the server for a new identity and keeps its token. Gives the identity.
Result<std::string> login_at_server(UserConfig& config, const std::string& url);
/// The identity that a token was issued for, as its claims say; "" where it says none.
std::string identity_of_token(std::string_view token);
/// With everything encoded but what a path's segment may hold.
std::string path_segment(std::string_view text);
/// "/v1/database/<name>" and more.
std::string database_path(std::string_view database, std::string_view rest = "");
/// Until Ctrl-C; `line` may be null.
server::http::Patience patient(int64_t timeout_micros, ProgressLine* line);

}  // namespace orrery::cli
