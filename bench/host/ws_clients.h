// Many WebSocket clients of one server on one thread: frames of v2.bsatn over plain sockets, so that
// the clients cost little beside the server that is measured. And the server itself, in this process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::host {
class Host;
class HostedDatabase;
}  // namespace orrery::host

namespace bench {

/// A server on a free port of loopback with the module published as "bench".
class BenchServer {
 public:
  /// `folder` empty: in memory.
  explicit BenchServer(const std::string& module, const std::string& folder = {});
  ~BenchServer();
  BenchServer(const BenchServer&) = delete;
  BenchServer& operator=(const BenchServer&) = delete;
  uint16_t port() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// The numbers in front of the messages of v2.
enum class Said : uint8_t {
  kConnection = 0,
  kSubscribed = 1,
  kSubscriptionError = 3,
  kUpdate = 4,
  kReducerResult = 6,
};

/// What ReducerResult says.
struct Answer {
  uint32_t request = 0;
  bool ok = false;
};
Answer answer_of(std::string_view message);

class WsClients {
 public:
  /// Connects `count` clients, one after the other, and hears their greetings.
  WsClients(uint16_t port, uint32_t count);
  ~WsClients();
  WsClients(const WsClients&) = delete;
  WsClients& operator=(const WsClients&) = delete;

  uint32_t count() const { return static_cast<uint32_t>(clients_.size()); }
  /// Queues a message; it is written by the next wait().
  void call(uint32_t client, std::string_view reducer, std::string_view arguments);
  void subscribe(uint32_t client, std::string_view sql);
  /// Waits for messages and gives each to `heard`: who said it, what kind, all of it. Gives up the
  /// program where nothing comes for 30 seconds.
  using Heard = std::function<void(uint32_t client, Said said, std::string_view message)>;
  void wait(const Heard& heard);
  /// wait() until `messages` of this kind came, from all together.
  void wait_for(Said said, uint64_t messages);

 private:
  struct Client {
    int socket = -1;
    std::string in;   ///< bytes of frames that are not whole yet
    std::string out;  ///< frames to be written
    size_t written = 0;
    bool wants_write = false;
    uint32_t next_request = 1;
    bool dirty = false;
  };
  /// Puts message_ into a frame.
  void send(uint32_t client);
  void flush(uint32_t client);
  void read(uint32_t client, const Heard& heard);

  std::vector<Client> clients_;
  std::vector<uint32_t> dirty_;
  int poll_ = -1;
  std::string buffer_;
  std::string message_;
  uint64_t mask_bits_ = 0x9E3779B97F4A7C15ULL;
};

/// Room for this many sockets, as far as the system allows.
void allow_sockets(uint32_t count);

}  // namespace bench
