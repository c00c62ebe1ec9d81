#include "server/ws/client.h"

#include <charconv>
#include <span>

#include "env/environment.h"
#include "server/ws/handshake.h"

namespace orrery::server::ws {
namespace {

constexpr size_t kHeadBytesMax = 64 << 10;
constexpr int64_t kCloseMicros = 500'000;

std::string random_key() {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint8_t bytes[22];
  env::system_environment().random->fill(bytes);
  std::string out;
  for (size_t i = 0; i < 21; ++i) out.push_back(kDigits[bytes[i] & 63]);
  out.push_back(kDigits[bytes[21] & 48]);  // 16 bytes leave four bits unused
  return out + "==";
}

struct Head {
  uint16_t status = 0;
  http::Headers headers;
};

/// `text` without the empty line at its end.
bool parse_head(std::string_view text, Head* out) {
  size_t line_end = text.find("\r\n");
  std::string_view first = text.substr(0, line_end);
  if (!first.starts_with("HTTP/1.") || first.size() < 12) return false;
  auto [end, error] = std::from_chars(first.data() + 9, first.data() + 12, out->status);
  if (error != std::errc() || end != first.data() + 12) return false;
  while (line_end != std::string_view::npos) {
    text.remove_prefix(line_end + 2);
    line_end = text.find("\r\n");
    std::string_view line = text.substr(0, line_end);
    size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    out->headers.add(line.substr(0, colon), http::trim_blanks(line.substr(colon + 1)));
  }
  return true;
}

Error no_handshake(const http::Target& target, std::string_view why) {
  return Error(ErrorCode::kIo, "no WebSocket at " + target.host_header() + ": " + std::string(why));
}

/// The body of an answer that is no upgrade, as far as it comes.
void read_refusal(http::ClientStream& stream, Head head, std::string body,
                  const http::Patience& patience, http::ClientResponse* refused) {
  size_t length = SIZE_MAX;
  if (const std::string* text = head.headers.find("content-length")) {
    (void)std::from_chars(text->data(), text->data() + text->size(), length);
  }
  while (body.size() < length && body.size() < kHeadBytesMax) {
    auto bytes = stream.read_some(patience);
    if (!bytes || bytes->empty()) break;
    body += *bytes;
  }
  refused->status = head.status;
  refused->headers = std::move(head.headers);
  refused->body = std::move(body);
}

}  // namespace

WebSocketClient::WebSocketClient(std::unique_ptr<http::ClientStream> stream,
                                 std::string subprotocol, std::string_view rest,
                                 uint64_t message_bytes_max)
    : stream_(std::move(stream)),
      subprotocol_(std::move(subprotocol)),
      reader_(message_bytes_max, FrameSender::kServer),
      bytes_(rest),
      input_(bytes_) {}

Result<std::unique_ptr<WebSocketClient>> WebSocketClient::connect(
    const http::ClientRequest& request, std::string_view subprotocols, uint64_t message_bytes_max,
    const http::Patience& patience, http::ClientResponse* refused) {
  ORRERY_TRY_ASSIGN(http::Target target, http::parse_target(request.url));
  ORRERY_TRY_ASSIGN(std::unique_ptr<http::ClientStream> stream,
                    http::ClientStream::connect(target, patience));
  std::string key = random_key();
  http::ClientRequest upgrade = request;
  upgrade.headers.add("Connection", "Upgrade");
  upgrade.headers.add("Upgrade", "websocket");
  upgrade.headers.add("Sec-WebSocket-Version", "13");
  upgrade.headers.add("Sec-WebSocket-Key", key);
  upgrade.headers.add("Sec-WebSocket-Protocol", subprotocols);
  ORRERY_TRY(stream->write(http::request_head(upgrade, target), patience));
  std::string answer;
  size_t end = std::string::npos;
  while ((end = answer.find("\r\n\r\n")) == std::string::npos) {
    ORRERY_TRY_ASSIGN(std::string_view bytes, stream->read_some(patience));
    if (bytes.empty()) return no_handshake(target, "the connection ended");
    answer += bytes;
    if (answer.size() > kHeadBytesMax) return no_handshake(target, "the answer is too long");
  }
  Head head;
  if (!parse_head(std::string_view(answer).substr(0, end), &head)) {
    return no_handshake(target, "the answer is not HTTP");
  }
  std::string_view rest = std::string_view(answer).substr(end + 4);
  if (head.status != 101) {
    read_refusal(*stream, std::move(head), std::string(rest), patience, refused);
    return Error(ErrorCode::kInvalidArgument, "the server refused the WebSocket");
  }
  const std::string* accepted = head.headers.find("sec-websocket-accept");
  if (accepted == nullptr || *accepted != accept_key(key)) {
    return no_handshake(target, "the handshake is wrong");
  }
  const std::string* chosen = head.headers.find("sec-websocket-protocol");
  return std::unique_ptr<WebSocketClient>(new WebSocketClient(
      std::move(stream), chosen == nullptr ? "" : *chosen, rest, message_bytes_max));
}

Status WebSocketClient::send(Opcode opcode, std::string_view payload,
                             const http::Patience& patience) {
  uint8_t mask[4];
  env::system_environment().random->fill(mask);
  std::string frame;
  append_client_frame(opcode, payload, mask, &frame);
  return stream_->write(frame, patience);
}

Result<WebSocketClient::Message> WebSocketClient::receive(const http::Patience& patience) {
  while (true) {
    FrameReader::Event event = reader_.next(&input_);
    switch (event) {
      case FrameReader::Event::kText:
      case FrameReader::Event::kBinary:
        return Message{event, reader_.payload(), 0, {}};
      case FrameReader::Event::kPing:
        ORRERY_TRY(send(Opcode::kPong, reader_.payload(), patience));
        break;
      case FrameReader::Event::kPong:
        break;
      case FrameReader::Event::kClose:
        closed_ = true;
        (void)send(Opcode::kClose, "", patience);
        return Message{event, {}, reader_.code(), reader_.reason()};
      case FrameReader::Event::kError:
        return Error(ErrorCode::kDecode,
                     "the server's frames are wrong: " + std::string(reader_.reason()));
      case FrameReader::Event::kNeedMore: {
        ORRERY_TRY_ASSIGN(std::string_view bytes, stream_->read_some(patience));
        if (bytes.empty()) {
          closed_ = true;
          return Message{FrameReader::Event::kClose, {}, 1006, {}};
        }
        bytes_ = bytes;
        input_ = bytes_;
        break;
      }
    }
  }
}

void WebSocketClient::close() {
  if (closed_) return;
  closed_ = true;
  http::Patience patience{.timeout_micros = kCloseMicros, .go_on = {}};
  static constexpr std::string_view kNormal("\x03\xE8", 2);
  if (!send(Opcode::kClose, kNormal, patience)) return;
  while (true) {
    auto message = receive(patience);
    if (!message || message->kind == FrameReader::Event::kClose) return;
  }
}

}  // namespace orrery::server::ws
