#include "fdb/transport/tcp_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace orrery::fdb {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress socket_address(const NetworkAddress& address) {
  SocketAddress out;
  if (const IpAddress::V6* six = address.ip.v6()) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(address.port);
    std::memcpy(&to.sin6_addr, six->data(), six->size());
    std::memcpy(&out.storage, &to, sizeof(to));
    out.size = sizeof(to);
  } else {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    to.sin_addr.s_addr = htonl(address.ip.v4());
    std::memcpy(&out.storage, &to, sizeof(to));
    out.size = sizeof(to);
  }
  return out;
}

void prepare(int socket) {
  // Messages are written whole, so waiting for more to send with them only delays them.
  int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
#ifdef SO_NOSIGPIPE
  setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
  fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
  fcntl(socket, F_SETFD, FD_CLOEXEC);
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;
#endif

}  // namespace

Result<std::unique_ptr<Stream>> TcpStream::dial(const NetworkAddress& address) {
  int made = socket(address.ip.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  if (made < 0) return fail(error::connection_failed);
  prepare(made);
  std::unique_ptr<TcpStream> stream(new TcpStream(made));
  stream->connecting_ = std::make_unique<const NetworkAddress>(address);
  return stream;
}

std::unique_ptr<Stream> TcpStream::adopt(int socket) {
  prepare(socket);
  return std::unique_ptr<Stream>(new TcpStream(socket));
}

TcpStream::~TcpStream() {
  close(socket_);
}

Result<Need> TcpStream::connect() {
  if (connecting_ == nullptr) return Need::kNothing;
  SocketAddress to = socket_address(*connecting_);
  // Asked again, the system tells how far it is.
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to.storage), to.size) != 0 &&
      errno != EISCONN) {
    if (errno == EINPROGRESS || errno == EALREADY || errno == EINTR) return Need::kWritable;
    return fail(error::connection_failed);
  }
  connecting_ = nullptr;
  return Need::kNothing;
}

Result<Io> TcpStream::read(std::span<char> into) {
  ssize_t got = recv(socket_, into.data(), into.size(), 0);
  if (got > 0) return Io{static_cast<size_t>(got), Need::kNothing};
  if (got < 0 && would_block()) return Io{0, Need::kReadable};
  return fail(error::connection_failed);
}

Result<Io> TcpStream::write(std::string_view bytes) {
  ssize_t put = send(socket_, bytes.data(), bytes.size(), kNoSignal);
  if (put >= 0) return Io{static_cast<size_t>(put), Need::kNothing};
  if (would_block()) return Io{0, Need::kWritable};
  return fail(error::connection_failed);
}

}  // namespace orrery::fdb
