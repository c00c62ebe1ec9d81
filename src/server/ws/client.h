// WebSocketClient: the client's side of a WebSocket, for programs that talk to servers. Blocks; see
// http/client_stream.h for errors and how to end a call. Not thread-safe.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/http/client_request.h"
#include "server/ws/frame.h"

namespace orrery::server::ws {

class WebSocketClient {
 public:
  /// `request` has the http or https URL and what headers there are to be beside those of the
  /// handshake. Where the server answers with something else than an upgrade, the answer is in
  /// *refused and the error is kInvalidArgument.
  static Result<std::unique_ptr<WebSocketClient>> connect(const http::ClientRequest& request,
                                                          std::string_view subprotocols,
                                                          uint64_t message_bytes_max,
                                                          const http::Patience& patience,
                                                          http::ClientResponse* refused);

  /// What the server chose; "" for none.
  const std::string& subprotocol() const { return subprotocol_; }
  Status send(Opcode opcode, std::string_view payload, const http::Patience& patience);

  struct Message {
    FrameReader::Event kind = FrameReader::Event::kClose;  ///< or kText, kBinary
    std::string_view payload;                              ///< valid until the next call
    uint16_t code = 0;                                     ///< of kClose
    std::string_view reason;                               ///< of kClose
  };
  /// Pings are answered on the way. A connection that just ends is a kClose with code 1006.
  Result<Message> receive(const http::Patience& patience);
  /// Says good-bye and waits a moment for the answer.
  void close();

 private:
  WebSocketClient(std::unique_ptr<http::ClientStream> stream, std::string subprotocol,
                  std::string_view rest, uint64_t message_bytes_max);

  std::unique_ptr<http::ClientStream> stream_;
  std::string subprotocol_;
  FrameReader reader_;
  std::string bytes_;       ///< what came
  std::span<char> input_;  ///< of bytes_, not read yet
  bool closed_ = false;
};

}  // namespace orrery::server::ws
