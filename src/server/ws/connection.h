// Connection: a WebSocket over a TCP socket; see socket.h. Only for the .cc files that do socket
// I/O.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "server/http/io_loop.h"
#include "server/ws/frame.h"
#include "server/ws/outbox.h"
#include "server/ws/socket.h"

namespace orrery::server::ws {

class Connection final : public Socket,
                         public http::IoLoop::Sleeper,
                         public std::enable_shared_from_this<Connection> {
 public:
  /// `early`: what the client sent behind its upgrade request. `on_gone` is called on the loop when
  /// the TCP socket is closed.
  Connection(std::shared_ptr<http::IoLoop> loop, boost::asio::ip::tcp::socket socket,
             std::string early, const SocketLimits& limits, std::function<void()> on_gone);
  ~Connection() override;

  void set_outbox(std::shared_ptr<Outbox> outbox) override { outbox_ = std::move(outbox); }
  void start(std::shared_ptr<SocketReader> reader) override;
  void wake() override;
  void woken() override { pump(); }
  void close(uint16_t code, std::string_view reason) override;
  void drop(std::string_view why) override;

 private:
  using Clock = std::chrono::steady_clock;
  void read();
  void read_some();
  void take_input(std::span<char> input);
  /// False where nothing more is to be read.
  bool on_event(FrameReader::Event event);
  void pump();
  /// Writes, at once as far as the socket takes it. False where the rest of it goes later, or
  /// nothing may follow.
  bool write(Outbox::Batch* batch);
  void write_later(Outbox::Batch* batch, std::vector<boost::asio::const_buffer> left);
  bool on_written();
  void begin_close(uint16_t code, std::string_view reason);
  void tick();
  void finish(std::string_view why);

  const std::shared_ptr<http::IoLoop> loop_;
  boost::asio::ip::tcp::socket socket_;
  const SocketLimits limits_;
  boost::asio::steady_timer timer_;
  std::function<void()> on_gone_;
  std::shared_ptr<Outbox> outbox_;
  std::shared_ptr<SocketReader> reader_;
  FrameReader frames_;
  std::string early_;

  std::unique_ptr<Outbox::Batch> batch_;  ///< that is being written
  std::string control_;                   ///< control frames to send next
  std::string control_sent_;              ///< being sent
  std::string close_frame_;
  bool writing_ = false;
  bool closing_ = false;     ///< what comes in is dropped
  bool close_sent_ = false;  ///< nothing may be sent behind it
  bool close_received_ = false;
  bool finished_ = false;
  bool ponged_ = true;
  Clock::time_point last_active_;
  Clock::time_point last_ping_;
  Clock::time_point close_deadline_;
};

}  // namespace orrery::server::ws
