// Network: the test double's sockets, timers and thread.
//
// One thread waits on an epoll and calls the handler for each frame. Everything is behind one
// mutex, which that thread holds while it works and gives back while it waits; whoever holds it may
// send, close and set timers. Bytes that were sent leave when the thread comes by: wake() it from
// other threads. Part of the test double (see cluster.h). Errors: what the system refuses fails
// listen(). Thread-safety: start(), stop(), mutex() and wake() from any thread; the rest with the
// mutex held.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/sync.h"
#include "env/clock.h"
#include "fdb/double/request.h"
#include "fdb/transport/connect_packet.h"
#include "fdb/transport/frame.h"
#include "fdb/transport/stream.h"
#include "fdb/wire/out_buffer.h"

namespace orrery::fdb::test_double {

class Network;

/// One client's connection to one process.
class Connection {
 public:
  uint64_t id() const { return id_; }
  ProcessId process() const { return process_; }
  FrameForm form() const { return form_; }
  /// Whether both speak the same protocol; only then requests are taken.
  bool is_compatible() const { return compatible_; }

 private:
  friend class Network;
  uint64_t id_ = 0;
  ProcessId process_ = 0;
  std::unique_ptr<Stream> stream_;
  FrameForm form_ = FrameForm::kChecked;
  FrameReader reader_{FrameForm::kChecked};
  wire::OutBuffer out_;
  size_t written_ = 0;
  uint32_t watched_ = 0;
  bool connected_ = false;  // the TLS handshake is through
  bool greeted_ = false;
  bool compatible_ = false;
  bool dirty_ = false;
  bool paused_ = false;
  bool closed_ = false;
  bool closes_when_written_ = false;
};

class Network {
 public:
  class Handler {
   public:
    /// A connection that was accepted, as the stream to speak over.
    virtual std::unique_ptr<Stream> wrap(ProcessId process, std::unique_ptr<Stream> stream) = 0;
    virtual FrameForm form(ProcessId process) = 0;
    /// What the process says first. Port and address are filled in by the handler.
    virtual ConnectPacket hello(ProcessId process) = 0;
    virtual void on_frame(Connection& from, Frame frame) = 0;

   protected:
    ~Handler() = default;
  };

  Network(Handler& handler, env::Clock& clock);
  ~Network();
  Network(const Network&) = delete;

  bool start();
  void stop();
  Mutex& mutex() { return mutex_; }
  void wake();

  // --- with the mutex held
  int64_t now() const { return clock_.monotonic_nanos(); }
  void call_at(int64_t nanos, std::function<void()> call) {
    calls_.emplace(nanos, std::move(call));
  }
  /// Accepts connections for a process, at any port or at one that was given before; the port, or
  /// 0.
  uint16_t listen(ProcessId process, uint16_t port);
  void stop_listening(ProcessId process);
  /// From now on the process reads nothing and sends nothing; its connections stay.
  void pause(ProcessId process);
  void resume(ProcessId process);
  void close_all(ProcessId process);
  void close(Connection& connection);
  void close_when_written(Connection& connection) { connection.closes_when_written_ = true; }
  /// Null where it is closed.
  Connection* find(uint64_t id);
  void for_each(const std::function<void(Connection&)>& call);
  uint64_t accepted() const { return accepted_; }
  size_t open_connections(ProcessId process) const;

  /// Where to encode a message that is to be sent: behind room for its header.
  wire::OutBuffer& out(Connection& connection);
  /// Makes a frame of the last `size` bytes of out().
  void finish(Connection& connection, size_t size, const wire::Uid& token);
  void send_raw(Connection& connection, std::string_view bytes);

 private:
  struct Listener {
    int socket = -1;
    bool paused = false;
  };
  void loop();
  int wait_millis();
  void run_calls();
  void on_events(uint64_t id, uint32_t events);
  void accept_all(ProcessId process);
  void read(Connection& connection);
  bool greet(Connection& connection);
  void flush(Connection& connection);
  void flush_all();
  void watch(Connection& connection);
  void bury();

  Handler& handler_;
  env::Clock& clock_;
  Mutex mutex_;
  std::atomic<bool> stopping_{false};
  int epoll_ = -1;
  int wake_fd_ = -1;
  std::multimap<int64_t, std::function<void()>> calls_;
  std::map<ProcessId, Listener> listeners_;
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<uint64_t> dirty_;
  std::vector<uint64_t> closed_;
  uint64_t last_id_ = 0;
  uint64_t accepted_ = 0;
  Thread thread_;
};

}  // namespace orrery::fdb::test_double
