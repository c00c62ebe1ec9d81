#include "bench/host/ws_clients.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bench/host/module_host.h"
#include "host/host.h"
#include "protocol/v2/messages.h"
#include "server/server.h"
#include "server/token_authority.h"

namespace bench {

namespace v2 = orrery::protocol::v2;

namespace {

constexpr const char* kDatabase = "bench";

/// Whoever asks is somebody, and the owner is the benchmark.
class OpenDoor final : public orrery::server::TokenAuthority {
 public:
  orrery::Result<orrery::server::TokenHolder> mint() override { return verify("owner"); }
  Cost verify_cost(std::string_view) const override { return Cost::kQuick; }
  orrery::Result<orrery::server::TokenHolder> verify(std::string_view token) override {
    return orrery::server::TokenHolder{module_owner().identity, std::string(token), "{}"};
  }
  orrery::Result<std::string> sign_again(const orrery::server::TokenHolder& holder,
                                         int64_t) override {
    return holder.token;
  }
  std::string public_key_pem() const override { return ""; }
};

}  // namespace

struct BenchServer::Parts {
  std::unique_ptr<orrery::host::Host> host;
  std::unique_ptr<orrery::server::Server> server;
};

BenchServer::BenchServer(const std::string& module, const std::string& folder)
    : parts_(new Parts) {
  orrery::server::ServerOptions options;
  if (!folder.empty()) {
    options.host.storage = orrery::host::HostStorage::kFiles;
    options.host.data_directory = folder;
  }
  parts_->host = must(orrery::host::Host::open(options.host), "host");
  orrery::host::PublishRequest request;
  request.name_or_identity = kDatabase;
  request.program = module_program(module);
  request.owner = module_owner().identity;
  (void)must(parts_->host->publish(std::move(request)), "publish");
  parts_->server = must(orrery::server::Server::start_on(std::move(options), *parts_->host,
                                                         std::make_unique<OpenDoor>()),
                        "server");
}

BenchServer::~BenchServer() {
  parts_->server->stop();
  parts_->server = nullptr;
  parts_->host->stop();
}

uint16_t BenchServer::port() const { return parts_->server->port(); }

void allow_sockets(uint32_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= count) return;
  limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

namespace {

void write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) give_up("client", std::strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

/// A connection after its upgrade; `rest` gets what came behind the answer.
int upgraded(uint16_t port, std::string* rest) {
  const int out = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(out, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    give_up("connect", std::strerror(errno));
  }
  const int one = 1;
  setsockopt(out, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  write_all(out, std::string("GET /v1/database/") + kDatabase +
                     "/subscribe?token=owner&compression=None HTTP/1.1\r\nHost: localhost\r\n"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Protocol: v2.bsatn.spacetimedb\r\n\r\n");
  std::string answer;
  size_t end = std::string::npos;
  while ((end = answer.find("\r\n\r\n")) == std::string::npos) {
    char bytes[4096];
    const ssize_t n = ::recv(out, bytes, sizeof bytes, 0);
    if (n <= 0) give_up("upgrade", "the server hung up");
    answer.append(bytes, static_cast<size_t>(n));
  }
  if (!answer.starts_with("HTTP/1.1 101")) give_up("upgrade", answer.substr(0, end));
  *rest = answer.substr(end + 4);
  fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
  return out;
}

/// Takes the payload of a whole frame off the front of `*bytes`; false where it is not all there.
bool take_frame(std::string_view* bytes, std::string_view* payload) {
  if (bytes->size() < 2) return false;
  const auto* p = reinterpret_cast<const uint8_t*>(bytes->data());
  uint64_t size = p[1] & 0x7F;
  size_t head = 2;
  if (size >= 126) {
    const size_t more = size == 126 ? 2 : 8;
    if (bytes->size() < 2 + more) return false;
    size = 0;
    for (size_t i = 0; i < more; ++i) size = size << 8 | p[2 + i];
    head += more;
  }
  if (bytes->size() - head < size) return false;
  if ((p[0] & 0xF) == 8) give_up("client", "the server closed: " +
                                               std::string(bytes->substr(head, size)));
  *payload = (p[0] & 0xF) == 2 ? bytes->substr(head, size) : std::string_view();
  bytes->remove_prefix(head + size);
  return true;
}

}  // namespace

WsClients::WsClients(uint16_t port, uint32_t count) : clients_(count), buffer_(1 << 20, '\0') {
  poll_ = epoll_create1(EPOLL_CLOEXEC);
  for (uint32_t i = 0; i < count; ++i) {
    clients_[i].socket = upgraded(port, &clients_[i].in);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = i;
    epoll_ctl(poll_, EPOLL_CTL_ADD, clients_[i].socket, &event);
  }
  uint32_t greeted = 0;
  auto greet = [&](uint32_t, Said said, std::string_view) {
    greeted += said == Said::kConnection ? 1 : 0;
  };
  for (uint32_t i = 0; i < count; ++i) read(i, greet);
  while (greeted < count) wait(greet);
}

WsClients::~WsClients() {
  for (Client& each : clients_) ::close(each.socket);
  ::close(poll_);
}

void WsClients::send(uint32_t client) {
  Client& to = clients_[client];
  const size_t size = message_.size();
  char head[8] = {static_cast<char>(0x82), 0, 0, 0, 0, 0, 0, 0};
  size_t head_bytes = 2;
  if (size < 126) {
    head[1] = static_cast<char>(0x80 | size);
  } else {
    head[1] = static_cast<char>(0x80 | 126);
    head[2] = static_cast<char>(size >> 8);
    head[3] = static_cast<char>(size);
    head_bytes = 4;
  }
  // Every frame has its own mask.
  mask_bits_ ^= mask_bits_ << 13;
  mask_bits_ ^= mask_bits_ >> 7;
  mask_bits_ ^= mask_bits_ << 17;
  const uint64_t mask = (mask_bits_ & 0xFFFFFFFF) | mask_bits_ << 32;
  std::memcpy(head + head_bytes, &mask, 4);
  to.out.append(head, head_bytes + 4);
  const size_t begin = to.out.size();
  to.out += message_;
  char* at = to.out.data() + begin;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, at + i, 8);
    word ^= mask;
    std::memcpy(at + i, &word, 8);
  }
  for (; i < size; ++i) at[i] = static_cast<char>(at[i] ^ static_cast<char>(mask >> (i % 4 * 8)));
  if (!to.dirty) dirty_.push_back(client);
  to.dirty = true;
}

void WsClients::call(uint32_t client, std::string_view reducer, std::string_view arguments) {
  v2::CallReducer message;
  message.request_id = clients_[client].next_request++;
  message.reducer = reducer;
  message.arguments = arguments;
  message_.clear();
  v2::append(v2::ClientMessage(message), &message_);
  send(client);
}

void WsClients::subscribe(uint32_t client, std::string_view sql) {
  v2::Subscribe message;
  message.request_id = clients_[client].next_request++;
  message.query_set = message.request_id;
  message.queries.push_back(sql);
  message_.clear();
  v2::append(v2::ClientMessage(message), &message_);
  send(client);
}

Answer answer_of(std::string_view message) {
  // Tag, request, timestamp, tag of the outcome.
  constexpr size_t kOutcomeAt = 1 + 4 + 8;
  if (message.size() <= kOutcomeAt) give_up("client", "an answer is too short");
  Answer out;
  std::memcpy(&out.request, message.data() + 1, 4);
  out.ok = message[kOutcomeAt] == 0;
  return out;
}

void WsClients::flush(uint32_t client) {
  Client& to = clients_[client];
  while (to.written < to.out.size()) {
    const ssize_t n = ::send(to.socket, to.out.data() + to.written, to.out.size() - to.written,
                             MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (n <= 0) give_up("client", std::strerror(errno));
    to.written += static_cast<size_t>(n);
  }
  const bool left = to.written < to.out.size();
  if (!left) {
    to.out.clear();
    to.written = 0;
  }
  if (left == to.wants_write) return;
  to.wants_write = left;
  epoll_event event{};
  event.events = left ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u32 = client;
  epoll_ctl(poll_, EPOLL_CTL_MOD, to.socket, &event);
}

void WsClients::read(uint32_t client, const Heard& heard) {
  Client& from = clients_[client];
  for (;;) {
    std::string_view bytes;
    const ssize_t n = ::recv(from.socket, buffer_.data(), buffer_.size(), 0);
    if (n == 0) give_up("client", "the server hung up");
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) give_up("client", std::strerror(errno));
    // Most of the time whole frames come, which are read where they are.
    const bool joined = !from.in.empty();
    if (joined && n > 0) from.in.append(buffer_.data(), static_cast<size_t>(n));
    bytes = joined ? std::string_view(from.in)
                   : std::string_view(buffer_.data(), n > 0 ? static_cast<size_t>(n) : 0);
    std::string_view payload;
    while (take_frame(&bytes, &payload)) {
      if (payload.size() >= 2) heard(client, static_cast<Said>(payload[1]), payload.substr(1));
    }
    if (joined) {
      from.in.erase(0, from.in.size() - bytes.size());
    } else {
      from.in.assign(bytes);
    }
    if (n < static_cast<ssize_t>(buffer_.size())) return;
  }
}

void WsClients::wait(const Heard& heard) {
  for (size_t i = 0; i < dirty_.size(); ++i) {
    clients_[dirty_[i]].dirty = false;
    flush(dirty_[i]);
  }
  dirty_.clear();
  epoll_event events[256];
  const int n = epoll_wait(poll_, events, 256, 30'000);
  if (n <= 0) give_up("clients", "nothing came for 30 seconds");
  for (int i = 0; i < n; ++i) {
    if ((events[i].events & EPOLLOUT) != 0) flush(events[i].data.u32);
    if ((events[i].events & (EPOLLIN | EPOLLHUP)) != 0) read(events[i].data.u32, heard);
  }
}

void WsClients::wait_for(Said said, uint64_t messages) {
  uint64_t come = 0;
  while (come < messages) {
    wait([&](uint32_t, Said kind, std::string_view message) {
      if (kind == Said::kSubscriptionError) give_up("subscribe", std::string(message));
      come += kind == said ? 1 : 0;
    });
  }
}

}  // namespace bench
