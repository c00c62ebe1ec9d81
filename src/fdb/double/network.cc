#include "fdb/double/network.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "fdb/transport/tcp_stream.h"

namespace orrery::fdb::test_double {
namespace {

/// Of the ids in the epoll: processes that listen are above connections, the wake-up above both.
constexpr uint64_t kListenerBit = uint64_t{1} << 62;
constexpr uint64_t kWakeId = uint64_t{1} << 63;
/// A server hangs up on who connects and says nothing.
constexpr int64_t kSilenceMax = 2 * env::kNanosPerSecond;

void set_interest(int epoll, int operation, int fd, uint32_t events, uint64_t id) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  epoll_ctl(epoll, operation, fd, &event);
}

}  // namespace

Network::Network(Handler& handler, env::Clock& clock) : handler_(handler), clock_(clock) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (epoll_ >= 0 && wake_fd_ >= 0) {
    set_interest(epoll_, EPOLL_CTL_ADD, wake_fd_, EPOLLIN, kWakeId);
  }
}

Network::~Network() {
  stop();
  connections_.clear();
  for (auto& [process, listener] : listeners_) ::close(listener.socket);
  if (wake_fd_ >= 0) ::close(wake_fd_);
  if (epoll_ >= 0) ::close(epoll_);
}

bool Network::start() {
  if (epoll_ < 0 || wake_fd_ < 0) return false;
  thread_ = Thread([this] { loop(); });
  return true;
}

void Network::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  wake();
  thread_.join();
}

void Network::wake() {
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

uint16_t Network::listen(ProcessId process, uint16_t port) {
  int made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return 0;
  int on = 1;
  setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (bind(made, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(made, 1024) != 0 ||
      getsockname(made, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
    ::close(made);
    return 0;
  }
  listeners_[process] = {made, false};
  set_interest(epoll_, EPOLL_CTL_ADD, made, EPOLLIN, kListenerBit | process);
  return ntohs(at.sin_port);
}

void Network::stop_listening(ProcessId process) {
  auto found = listeners_.find(process);
  if (found == listeners_.end()) return;
  ::close(found->second.socket);
  listeners_.erase(found);
}

void Network::pause(ProcessId process) {
  // What connects meanwhile stays in the system's queue: connected, and never answered.
  auto found = listeners_.find(process);
  if (found != listeners_.end() && !found->second.paused) {
    found->second.paused = true;
    set_interest(epoll_, EPOLL_CTL_MOD, found->second.socket, 0, kListenerBit | process);
  }
  for_each([&](Connection& connection) {
    if (connection.process_ != process) return;
    connection.paused_ = true;
    watch(connection);
  });
}

void Network::resume(ProcessId process) {
  auto found = listeners_.find(process);
  if (found != listeners_.end() && found->second.paused) {
    found->second.paused = false;
    set_interest(epoll_, EPOLL_CTL_MOD, found->second.socket, EPOLLIN, kListenerBit | process);
  }
  for_each([&](Connection& connection) {
    if (connection.process_ != process) return;
    connection.paused_ = false;
    out(connection);
    watch(connection);
  });
}

void Network::close_all(ProcessId process) {
  for_each([&](Connection& connection) {
    if (connection.process_ == process) close(connection);
  });
}

void Network::close(Connection& connection) {
  if (connection.closed_) return;
  connection.closed_ = true;
  closed_.push_back(connection.id_);
}

Connection* Network::find(uint64_t id) {
  auto found = connections_.find(id);
  return found == connections_.end() || found->second->closed_ ? nullptr : found->second.get();
}

void Network::for_each(const std::function<void(Connection&)>& call) {
  for (auto& [id, connection] : connections_) {
    if (!connection->closed_) call(*connection);
  }
}

size_t Network::open_connections(ProcessId process) const {
  return static_cast<size_t>(std::ranges::count_if(connections_, [&](const auto& entry) {
    return entry.second->process_ == process && !entry.second->closed_;
  }));
}

wire::OutBuffer& Network::out(Connection& connection) {
  if (!connection.dirty_) {
    connection.dirty_ = true;
    dirty_.push_back(connection.id_);
  }
  return connection.out_;
}

void Network::finish(Connection& connection, size_t size, const wire::Uid& token) {
  wire::OutBuffer& bytes = connection.out_;
  finish_frame(bytes.data() + bytes.size() - size, size, token, connection.form_);
}

void Network::send_raw(Connection& connection, std::string_view bytes) {
  if (bytes.empty()) return;
  std::ranges::copy(bytes, out(connection).append(bytes.size()));
}

void Network::loop() {
  epoll_event events[256];
  UniqueLock<Mutex> lock(mutex_);
  while (!stopping_) {
    run_calls();
    flush_all();
    bury();
    int millis = wait_millis();
    lock.unlock();
    int count = epoll_wait(epoll_, events, 256, millis);
    lock.lock();
    for (int i = 0; i < count; ++i) on_events(events[i].data.u64, events[i].events);
  }
}

int Network::wait_millis() {
  if (calls_.empty()) return -1;
  int64_t left = calls_.begin()->first - now();
  return left <= 0 ? 0 : static_cast<int>(std::min<int64_t>(left / 1'000'000 + 1, 60'000));
}

void Network::run_calls() {
  int64_t until = now();
  while (!calls_.empty() && calls_.begin()->first <= until) {
    std::function<void()> call = std::move(calls_.begin()->second);
    calls_.erase(calls_.begin());
    call();
  }
}

void Network::on_events(uint64_t id, uint32_t events) {
  if (id == kWakeId) {
    uint64_t count = 0;
    [[maybe_unused]] ssize_t size = ::read(wake_fd_, &count, sizeof count);
    return;
  }
  if ((id & kListenerBit) != 0) {
    accept_all(id & ~kListenerBit);
    return;
  }
  Connection* connection = find(id);
  if (connection == nullptr) return;
  if (connection->paused_) {
    // Only a hang-up is told of what nobody watches; the client is gone.
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) close(*connection);
    return;
  }
  if ((events & EPOLLOUT) != 0) out(*connection);
  read(*connection);
}

void Network::accept_all(ProcessId process) {
  auto found = listeners_.find(process);
  if (found == listeners_.end() || found->second.paused) return;
  while (true) {
    int socket = accept4(found->second.socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return;
    ++accepted_;
    auto connection = std::make_unique<Connection>();
    connection->id_ = ++last_id_;
    connection->process_ = process;
    connection->stream_ = handler_.wrap(process, TcpStream::adopt(socket));
    if (connection->stream_ == nullptr) continue;
    connection->form_ = handler_.form(process);
    connection->reader_ = FrameReader(connection->form_);
    set_interest(epoll_, EPOLL_CTL_ADD, socket, EPOLLIN, connection->id_);
    connection->watched_ = EPOLLIN;
    call_at(now() + kSilenceMax, [this, id = connection->id_] {
      Connection* silent = find(id);
      if (silent != nullptr && !silent->greeted_ && !silent->paused_) close(*silent);
    });
    connections_.emplace(connection->id_, std::move(connection));
  }
}

void Network::read(Connection& connection) {
  if (!connection.connected_) {
    Result<Need> need = connection.stream_->connect();
    if (!need) return close(connection);
    if (*need != Need::kNothing) return;
    connection.connected_ = true;
  }
  while (!connection.closed_ && !connection.paused_) {
    auto room = connection.reader_.room();
    if (!room) return close(connection);
    Result<Io> io = connection.stream_->read(*room);
    if (!io) return close(connection);
    if (io->size == 0) return;
    connection.reader_.received(io->size);
    if (!connection.greeted_ && !greet(connection)) return;
    while (!connection.closed_ && !connection.paused_) {
      auto frame = connection.reader_.next();
      if (!frame) return close(connection);
      if (!*frame) break;
      handler_.on_frame(connection, **std::move(frame));
    }
    if (io->size < room->size() && !connection.stream_->has_unread()) return;
  }
}

/// Reads the client's connect packet and answers it; false where frames cannot be read yet.
bool Network::greet(Connection& connection) {
  auto parsed = parse_connect_packet(connection.reader_.unread());
  if (!parsed || (*parsed && (*parsed)->size > ConnectPacket::kSize)) {
    close(connection);
    return false;
  }
  if (!*parsed) return false;
  connection.reader_.skip((*parsed)->size);
  connection.greeted_ = true;
  ConnectPacket ours = handler_.hello(connection.process_);
  connection.compatible_ = ours.version.is_compatible_with((*parsed)->packet.version);
  auto bytes = ours.encode();
  send_raw(connection, {bytes.data(), bytes.size()});
  return true;
}

void Network::flush(Connection& connection) {
  if (connection.paused_ || connection.closed_) return;
  wire::OutBuffer& bytes = connection.out_;
  while (connection.connected_ && connection.written_ < bytes.size()) {
    Result<Io> io = connection.stream_->write(bytes.view().substr(connection.written_));
    if (!io) return close(connection);
    if (io->size == 0) break;
    connection.written_ += io->size;
  }
  if (connection.written_ == bytes.size()) {
    bytes.clear();
    connection.written_ = 0;
    if (connection.closes_when_written_) return close(connection);
  }
  watch(connection);
}

void Network::flush_all() {
  std::vector<uint64_t> dirty = std::exchange(dirty_, {});
  for (uint64_t id : dirty) {
    auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    found->second->dirty_ = false;
    flush(*found->second);
  }
  if (dirty_.empty()) {
    dirty.clear();
    dirty_ = std::move(dirty);
  }
}

void Network::watch(Connection& connection) {
  uint32_t wanted = 0;
  if (!connection.paused_) wanted = EPOLLIN | (connection.out_.empty() ? 0u : uint32_t{EPOLLOUT});
  if (wanted == connection.watched_) return;
  connection.watched_ = wanted;
  set_interest(epoll_, EPOLL_CTL_MOD, connection.stream_->fd(), wanted, connection.id_);
}

void Network::bury() {
  for (uint64_t id : std::exchange(closed_, {})) connections_.erase(id);
}

}  // namespace orrery::fdb::test_double
