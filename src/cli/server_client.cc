#include "cli/server_client.h"

#include "cli/shell.h"
#include "server/auth/base64url.h"
#include "types/identity.h"
#include "types/json.h"

namespace orrery::cli {
namespace http = server::http;
using types::JsonKind;
using types::JsonValue;

namespace {

constexpr int64_t kLoginMicros = 15'000'000;
constexpr uint64_t kSocketMessageBytesMax = uint64_t{1} << 30;

Error unreachable(const std::string& url, const Error& error) {
  if (error.code() != ErrorCode::kIo) return error.clone();
  std::string hint = is_local_url(url)
                         ? "\nIs a server running? Start one: orrery start"
                         : "\nOther servers are chosen by -s; see: orrery server list";
  return unreachable_error(error.message() + hint);
}

/// A text for people out of the body of an error.
std::string reason_of(const http::ClientResponse& answer) {
  std::string text = answer.body;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (text.empty()) text = std::string(http::reason_phrase(answer.status));
  return text;
}

}  // namespace

http::Patience patient(int64_t timeout_micros, ProgressLine* line) {
  return {.timeout_micros = timeout_micros, .go_on = [line] {
            if (line != nullptr) line->update(0, 0, 0);
            return !interrupt_flag().load(std::memory_order_relaxed);
          }};
}

std::string path_segment(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_' || c == '.';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<uint8_t>(c) >> 4];
      out += kHex[static_cast<uint8_t>(c) & 15];
    }
  }
  return out;
}

std::string database_path(std::string_view database, std::string_view rest) {
  return "/v1/database/" + path_segment(database) + std::string(rest);
}

std::string identity_of_token(std::string_view token) {
  size_t first = token.find('.');
  size_t second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return "";
  auto claims = server::base64url_decode(token.substr(first + 1, second - first - 1));
  if (!claims) return "";
  auto json = JsonValue::parse(*claims);
  if (!json) return "";
  auto text = [&](std::string_view key) -> std::string {
    const JsonValue* value = json->find(key);
    return value != nullptr && value->is(JsonKind::kString) ? value->as_string() : "";
  };
  if (std::string own = text("hex_identity"); !own.empty()) return own;
  std::string issuer = text("iss");
  std::string subject = text("sub");
  if (issuer.empty() || subject.empty()) return "";
  return types::Identity::from_claims(issuer, subject).to_hex();
}

Result<std::string> login_at_server(UserConfig& config, const std::string& url) {
  ProgressLine line("logging in at " + url, true);
  http::ClientRequest request;
  request.method = "POST";
  request.url = url + "/v1/identity";
  auto answer = http::send_request(request, patient(kLoginMicros, &line));
  if (!answer) return unreachable(url, answer.error());
  auto json = JsonValue::parse(answer->body);
  const JsonValue* token = json ? json->find("token") : nullptr;
  const JsonValue* identity = json ? json->find("identity") : nullptr;
  if (answer->status != 200 || token == nullptr || !token->is(JsonKind::kString)) {
    return failed_error(url + " gives out no identities (status " + std::to_string(answer->status) +
                        ")\nTry: orrery login --token TOKEN, with one from its operator");
  }
  config.server_tokens[url] = token->as_string();
  ORRERY_TRY(config.save());
  bool named = identity != nullptr && identity->is(JsonKind::kString);
  return named ? identity->as_string() : identity_of_token(token->as_string());
}

Result<ServerClient> ServerClient::open(const Arguments& arguments,
                                        std::string_view server_of_project, Login login) {
  cancel_on_interrupt(nullptr);
  ServerClient out;
  ORRERY_TRY_ASSIGN(out.config_, UserConfig::load());
  std::string server = arguments.value_or("server", server_of_project);
  ORRERY_TRY_ASSIGN(out.url_, out.config_.url_of(server));
  if (!arguments.has("anonymous") && login != Login::kNever) {
    out.token_ = out.config_.token_for(out.url_);
    ORRERY_TRY(out.ensure_token(login));
  }
  return out;
}

Status ServerClient::ensure_token(Login login) {
  if (!token_.empty() || login == Login::kIfThere) return {};
  if (!is_local_url(url_)) {
    if (login == Login::kLocal) return {};
    return not_allowed_error("you are not logged in at " + url_ + "\nTry: orrery login -s " + url_);
  }
  ORRERY_TRY_ASSIGN(std::string identity, login_at_server(config_, url_));
  std::fprintf(stderr, "Logged in at %s as %s (kept in %s)\n", url_.c_str(), identity.c_str(),
               config_.path.c_str());
  token_ = config_.token_for(url_);
  return {};
}

http::ClientRequest ServerClient::request_of(const Call& call) const {
  http::ClientRequest request;
  request.method = call.method;
  request.url = url_ + call.path;
  request.body = call.body;
  request.headers = call.headers;
  request.on_body = call.on_body;
  if (!token_.empty()) request.headers.add("Authorization", "Bearer " + token_);
  if (!call.content_type.empty()) request.headers.add("Content-Type", call.content_type);
  return request;
}

Result<http::ClientResponse> ServerClient::send(const Call& call) {
  ProgressLine line(call.what, !call.what.empty());
  auto answer = http::send_request(request_of(call), patient(call.timeout_micros, &line));
  if (!answer) return unreachable(url_, answer.error());
  return answer;
}

Result<std::string> ServerClient::body_of(const Call& call, std::string_view subject) {
  ORRERY_TRY_ASSIGN(http::ClientResponse answer, send(call));
  ORRERY_TRY(check(answer, subject));
  return std::move(answer.body);
}

Result<std::unique_ptr<server::ws::WebSocketClient>> ServerClient::socket(
    const std::string& path, std::string_view subprotocols, std::string_view subject) {
  http::ClientRequest request = request_of({.path = path});
  http::ClientResponse refused;
  auto socket = server::ws::WebSocketClient::connect(request, subprotocols, kSocketMessageBytesMax,
                                                     patient(30'000'000, nullptr), &refused);
  if (socket) return socket;
  if (refused.status != 0) ORRERY_TRY(check(refused, subject));
  return unreachable(url_, socket.error());
}

Status ServerClient::check(const http::ClientResponse& answer, std::string_view subject) const {
  if (answer.status / 100 == 2) return {};
  std::string reason = reason_of(answer);
  if (answer.status == 401) {
    if (token_.empty()) {
      return not_allowed_error(reason + "\nTry: orrery login -s " + url_);
    }
    return not_allowed_error(url_ + " does not accept your token: " + reason +
                             "\nTry: orrery logout -s " + url_ + "; orrery login -s " + url_);
  }
  if (answer.status == 403) {
    std::string who = identity_of_token(token_);
    return not_allowed_error(reason + "\nYou are " + (who.empty() ? "anonymous" : who) +
                             "; see: orrery login show");
  }
  if (answer.status == 404) {
    return not_found_error(std::string(subject) + " at " + url_ + ": " + reason +
                           "\nTry: orrery list" + (token_.empty() ? "" : ", orrery describe"));
  }
  if (answer.status == 413) return failed_error("the request is too long for the server");
  if (answer.status / 100 == 3) {
    return failed_error(url_ + " answers from elsewhere (status " + std::to_string(answer.status) +
                        "); give its own address by -s");
  }
  return failed_error(std::move(reason));
}

}  // namespace orrery::cli
