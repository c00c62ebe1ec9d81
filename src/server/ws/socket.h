// Socket: one WebSocket connection as its session sees it, and SocketReader: the session as the
// connection sees it.
//
// The connection answers pings, keeps idle clients alive, does the closing handshake and puts
// messages together from frames. Functions of Socket may be called from any thread; those of
// SocketReader come from the connection's io thread, one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace orrery::server::ws {

class Outbox;

enum class MessageKind : uint8_t { kText, kBinary };

/// Close codes that the server sends.
inline constexpr uint16_t kCloseNormal = 1000;
inline constexpr uint16_t kCloseAway = 1001;
inline constexpr uint16_t kCloseProtocolError = 1002;
inline constexpr uint16_t kCloseBadText = 1007;
inline constexpr uint16_t kClosePolicy = 1008;
inline constexpr uint16_t kCloseTooBig = 1009;
inline constexpr uint16_t kCloseError = 1011;
inline constexpr uint16_t kCloseAgain = 1013;

struct SocketLimits {
  uint64_t message_bytes_max = 32 << 20;  ///< incoming
  int64_t ping_micros = 15'000'000;
  int64_t idle_micros = 30'000'000;
  int64_t close_micros = 250'000;  ///< for the other side's Close
};

class SocketReader {
 public:
  virtual ~SocketReader() = default;
  /// The message is valid during the call.
  virtual void on_message(MessageKind kind, std::string_view message) = 0;
  /// All messages that have come were given; others come later.
  virtual void on_quiet() {}
  /// Once; nothing comes after it.
  virtual void on_closed(std::string_view why) = 0;
};

class Socket {
 public:
  virtual ~Socket() = default;
  /// Begins to read; before, nothing is read.
  virtual void start(std::shared_ptr<SocketReader> reader) = 0;
  /// There is something to take from the outbox.
  virtual void wake() = 0;
  /// Sends what the outbox has ready, then Close with that code; what comes from the client is
  /// dropped from now on.
  virtual void close(uint16_t code, std::string_view reason) = 0;
  /// Closes without a handshake.
  virtual void drop(std::string_view why) = 0;
  /// Where outgoing messages wait; set before start().
  virtual void set_outbox(std::shared_ptr<Outbox> outbox) = 0;
};

}  // namespace orrery::server::ws
