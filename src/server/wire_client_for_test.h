// Clients that talk to a server over real sockets, made of a library that the server's own
// WebSocket code does not use. What does not come within a minute counts as closed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orrery::server {

using WireHeaders = std::vector<std::pair<std::string, std::string>>;

struct WireAnswer {
  int status = 0;  ///< 0: none came
  WireHeaders headers;
  std::string body;

  std::string header(std::string_view name) const;
};

WireAnswer wire_request(uint16_t port, std::string_view method, std::string_view target,
                        const WireHeaders& headers = {}, std::string_view body = {});
/// Sends bytes as they are and reads until the server closes.
std::string wire_raw(uint16_t port, std::string_view bytes);

/// A plain TCP connection.
class WireSocket {
 public:
  explicit WireSocket(uint16_t port);
  ~WireSocket();
  void write(std::string_view bytes);
  /// At least one byte; "" at the end.
  std::string read_some();
  std::string read_until(std::string_view end);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class WireWebSocket {
 public:
  /// `answer` gets the response to the upgrade; connected() tells how it went.
  WireWebSocket(uint16_t port, std::string_view target, std::string_view subprotocols,
                const WireHeaders& headers = {}, WireAnswer* answer = nullptr);
  ~WireWebSocket();
  bool connected() const;
  std::string subprotocol() const;

  bool send(std::string_view message);
  bool send_text(std::string_view message);
  bool ping();
  struct Received {
    bool closed = false;
    uint16_t code = 0;  ///< of closed; 0 where there was no Close
    std::string reason;
    bool text = false;
    std::string payload;
  };
  Received receive();
  void close();
  /// Cuts the connection without a word.
  void cut();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orrery::server
