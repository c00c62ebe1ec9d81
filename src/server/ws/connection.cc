#include "server/ws/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace orrery::server::ws {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {
/// Of frames that are put into one write.
constexpr size_t kWriteBytes = 256 << 10;
/// Control frames that wait for a client that does not read.
constexpr size_t kControlBytesMax = 64 << 10;
}  // namespace

Connection::Connection(std::shared_ptr<http::IoLoop> loop, asio::ip::tcp::socket socket,
                       std::string early, const SocketLimits& limits, std::function<void()> on_gone)
    : loop_(std::move(loop)),
      socket_(std::move(socket)),
      limits_(limits),
      timer_(loop_->io),
      on_gone_(std::move(on_gone)),
      frames_(limits.message_bytes_max),
      early_(std::move(early)),
      last_active_(Clock::now()),
      last_ping_(last_active_) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

Connection::~Connection() {
  if (on_gone_) on_gone_();
}

void Connection::start(std::shared_ptr<SocketReader> reader) {
  asio::post(loop_->io, [self = shared_from_this(), reader = std::move(reader)]() mutable {
    if (self->finished_) {
      reader->on_closed("closed before it began");
      return;
    }
    self->reader_ = std::move(reader);
    self->last_active_ = self->last_ping_ = Clock::now();
    self->tick();
    std::string early = std::move(self->early_);
    self->take_input(early);
    self->pump();
    self->read();
  });
}

void Connection::wake() {
  loop_->wake(shared_from_this());
}

void Connection::close(uint16_t code, std::string_view reason) {
  asio::post(loop_->io, [self = shared_from_this(), code, reason = std::string(reason)] {
    self->begin_close(code, reason);
    self->pump();
  });
}

void Connection::drop(std::string_view why) {
  asio::post(loop_->io, [self = shared_from_this(), why = std::string(why)] { self->finish(why); });
}

void Connection::read() {
  if (finished_ || close_received_) return;
  // Who is idle has no buffer: the loop's serves for all.
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](error_code error) {
                       if (error) {
                         self->finish("the connection broke");
                       } else {
                         self->read_some();
                       }
                     });
}

void Connection::read_some() {
  if (finished_) return;
  error_code error;
  const size_t bytes = socket_.read_some(asio::buffer(loop_->input), error);
  if (error && error != asio::error::would_block && error != asio::error::try_again) {
    finish(error == asio::error::eof ? "the client hung up" : "the connection broke");
    return;
  }
  if (bytes > 0) {
    last_active_ = Clock::now();
    take_input({loop_->input.data(), bytes});
    pump();
    if (close_sent_ && close_received_ && !writing_) finish("closed");
  }
  read();
}

void Connection::take_input(std::span<char> input) {
  while (!finished_ && !close_received_) {
    FrameReader::Event event = frames_.next(&input);
    if (event == FrameReader::Event::kNeedMore || !on_event(event)) break;
  }
  if (reader_ != nullptr) reader_->on_quiet();
}

bool Connection::on_event(FrameReader::Event event) {
  switch (event) {
    case FrameReader::Event::kText:
    case FrameReader::Event::kBinary:
      if (!closing_) {
        reader_->on_message(
            event == FrameReader::Event::kText ? MessageKind::kText : MessageKind::kBinary,
            frames_.payload());
      }
      return true;
    case FrameReader::Event::kPing:
      if (control_.size() < kControlBytesMax && !closing_) {
        append_frame_header(Opcode::kPong, frames_.payload().size(), &control_);
        control_ += frames_.payload();
      }
      return true;
    case FrameReader::Event::kPong:
      ponged_ = true;
      return true;
    case FrameReader::Event::kClose:
      close_received_ = true;
      // A code without a meaning on the wire is answered by a plain goodbye.
      begin_close(frames_.code() == 1005 ? kCloseNormal : frames_.code(), "");
      return false;
    case FrameReader::Event::kError:
      close_received_ = true;  // nothing that follows can be read
      begin_close(frames_.code(), frames_.reason());
      return false;
    case FrameReader::Event::kNeedMore:
      return false;
  }
  return false;
}

void Connection::begin_close(uint16_t code, std::string_view reason) {
  if (closing_ || finished_) return;
  closing_ = true;
  close_frame_ = ws::close_frame(code, reason);
  close_deadline_ = Clock::now() + std::chrono::microseconds(limits_.close_micros);
  if (outbox_) outbox_->close();
  tick();
}

void Connection::pump() {
  // Others on the loop are to have a turn, and whoever has nothing to write has no memory for it.
  constexpr int kTurns = 4;
  thread_local Outbox::Batch batch;
  for (int turn = 0; turn < kTurns; ++turn) {
    if (writing_ || finished_ || close_sent_) return;
    control_sent_.clear();
    std::swap(control_, control_sent_);
    // A client that is refused for what it sent gets the answers to what it sent before.
    bool more = outbox_ && outbox_->take(&batch, kWriteBytes);
    if (!more && closing_) {
      control_sent_ += close_frame_;
      close_sent_ = true;
    }
    if (!more && control_sent_.empty()) return;
    if (!write(&batch)) return;
  }
  asio::post(loop_->io, [self = shared_from_this()] { self->pump(); });
}

bool Connection::write(Outbox::Batch* batch) {
  thread_local std::vector<asio::const_buffer> buffers;
  buffers.clear();
  for (std::string_view part : batch->parts) buffers.emplace_back(part.data(), part.size());
  if (!control_sent_.empty()) buffers.emplace_back(control_sent_.data(), control_sent_.size());
  std::span<asio::const_buffer> left(buffers);
  while (!left.empty()) {
    error_code error;
    size_t bytes = socket_.write_some(left, error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      write_later(batch, {left.begin(), left.end()});
      return false;
    }
    if (error) {
      batch->clear();
      finish("the connection broke");
      return false;
    }
    while (!left.empty() && bytes >= left.front().size()) {
      bytes -= left.front().size();
      left = left.subspan(1);
    }
    if (!left.empty()) left.front() += bytes;
  }
  batch->clear();
  return on_written();
}

void Connection::write_later(Outbox::Batch* batch, std::vector<asio::const_buffer> left) {
  writing_ = true;
  batch_ = std::make_unique<Outbox::Batch>(std::exchange(*batch, {}));
  asio::async_write(socket_, left, [self = shared_from_this()](error_code error, size_t) {
    self->writing_ = false;
    self->batch_ = nullptr;
    if (error) {
      self->finish("the connection broke");
    } else if (self->on_written()) {
      self->pump();
    }
  });
}

/// False where nothing more may be written.
bool Connection::on_written() {
  last_active_ = Clock::now();
  if (!close_sent_) return true;
  if (close_received_) finish("closed");
  return false;
}

/// Pings, and looks whether the other side is still there.
void Connection::tick() {
  if (finished_) return;
  Clock::time_point now = Clock::now();
  auto micros = [](int64_t n) { return std::chrono::microseconds(n); };
  if (closing_) {
    // What is left to be written may take as long as an idle client may be silent.
    if (close_sent_ && !writing_ && now >= close_deadline_) {
      finish("no answer to Close");
      return;
    }
    if (now >= close_deadline_ + micros(limits_.idle_micros)) {
      finish("too slow to be closed");
      return;
    }
    timer_.expires_at(std::max(close_deadline_, now + std::chrono::milliseconds(20)));
  } else {
    if (now - last_active_ >= micros(limits_.idle_micros)) {
      finish("idle");
      return;
    }
    if (now - last_ping_ >= micros(limits_.ping_micros)) {
      last_ping_ = now;
      if (std::exchange(ponged_, false)) {
        append_frame_header(Opcode::kPing, 0, &control_);
        pump();
        if (finished_) return;
      }
    }
    timer_.expires_at(std::min(last_ping_ + micros(limits_.ping_micros),
                               last_active_ + micros(limits_.idle_micros)));
  }
  timer_.async_wait([weak = weak_from_this()](error_code error) {
    if (error) return;
    if (auto self = weak.lock()) self->tick();
  });
}

void Connection::finish(std::string_view why) {
  if (finished_) return;
  finished_ = true;
  if (outbox_) outbox_->close();
  error_code ignored;
  timer_.cancel();
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  if (auto reader = std::exchange(reader_, nullptr)) reader->on_closed(why);
  if (auto gone = std::exchange(on_gone_, nullptr)) gone();
}

}  // namespace orrery::server::ws
