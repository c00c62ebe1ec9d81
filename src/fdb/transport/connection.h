// Connection: one stream to a peer, from dialling to its end: connect packets both ways, frames
// both ways.
//
// Ownership: owns the stream; the queue and the events are borrowed and outlive it. Errors: the
// first one is told to the events as on_broken and ends the connection; its owner destroys it
// later, not from within an event. Thread-safety: inside one loop.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "fdb/error.h"
#include "fdb/runtime/loop.h"
#include "fdb/transport/connect_packet.h"
#include "fdb/transport/frame.h"
#include "fdb/transport/send_queue.h"
#include "fdb/transport/stream.h"

namespace orrery::fdb {

/// What a connection tells its owner.
class ConnectionEvents {
 public:
  /// The stream is there; nothing is exchanged before begin().
  virtual void on_connected() = 0;
  /// The peer's connect packet came. Of an incompatible peer no frames are read.
  virtual void on_hello(const ConnectPacket& hello, Compatibility what) = 0;
  virtual void on_frame(Frame frame) = 0;
  /// An incompatible peer sent something.
  virtual void on_ignored() = 0;
  virtual void on_broken(Error why) = 0;

 protected:
  ~ConnectionEvents() = default;
};

class Connection final : private FdWatch {
 public:
  Connection(Loop& loop, std::unique_ptr<Stream> stream, SendQueue& queue, ConnectionEvents& events)
      : FdWatch(loop),
        stream_(std::move(stream)),
        reader_(queue.form()),
        queue_(queue),
        events_(events) {}
  ~Connection() { unwatch(); }

  /// Begins to connect.
  void start() { go_on_connecting(); }
  /// Sends `hello`, then what is in the queue; reads from now on.
  void begin(const ConnectPacket& hello);
  /// Writes what is in the queue as far as the stream takes it.
  void flush();

  bool is_connected() const { return state_ == State::kConnected || state_ == State::kOpen; }
  uint64_t bytes_received() const { return bytes_received_; }
  uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  enum class State : uint8_t { kConnecting, kConnected, kOpen, kBroken };

  void on_ready(uint32_t what) override;
  void go_on_connecting();
  void read_all();
  bool take_received();
  bool take_hello();
  Result<size_t> write_some(std::string_view bytes);
  void watch_for_needs();
  void break_with(Error why);

  std::unique_ptr<Stream> stream_;
  FrameReader reader_;
  SendQueue& queue_;
  ConnectionEvents& events_;
  State state_ = State::kConnecting;
  Need read_need_ = Need::kReadable;
  Need write_need_ = Need::kNothing;
  std::array<char, ConnectPacket::kSize> hello_{};
  size_t hello_sent_ = 0;
  bool heard_hello_ = false;
  bool ignores_frames_ = false;
  uint64_t bytes_received_ = 0;
  uint64_t bytes_sent_ = 0;
};

}  // namespace orrery::fdb
