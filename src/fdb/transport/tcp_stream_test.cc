#include "fdb/transport/tcp_stream.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "env/environment.h"
#include "fdb/transport/system_dialer.h"

namespace orrery::fdb {
namespace {

/// A socket that listens on a port of 127.0.0.1.
class Listener {
 public:
  Listener() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof(at)), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    socklen_t size = sizeof(at);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
    address_ = *NetworkAddress::parse("127.0.0.1:" + std::to_string(ntohs(at.sin_port)));
  }
  ~Listener() { close(socket_); }
  const NetworkAddress& address() const { return address_; }
  std::unique_ptr<Stream> accept() { return TcpStream::adopt(::accept(socket_, nullptr, nullptr)); }

 private:
  int socket_;
  NetworkAddress address_;
};

void wait_for(Stream& stream, Need need) {
  pollfd watched{stream.fd(), static_cast<short>(need == Need::kReadable ? POLLIN : POLLOUT), 0};
  ASSERT_EQ(poll(&watched, 1, 5000), 1);
}

Result<Need> connect_fully(Stream& stream) {
  while (true) {
    Result<Need> need = stream.connect();
    if (!need || *need == Need::kNothing) return need;
    wait_for(stream, *need);
  }
}

TEST(FdbTcpStream, ConnectsReadsAndWrites) {
  Listener listener;
  auto client = TcpStream::dial(listener.address());
  ASSERT_TRUE(client);
  ASSERT_TRUE(connect_fully(**client));
  auto server = listener.accept();
  char room[100];
  EXPECT_EQ((*client)->read(room)->need, Need::kReadable);
  ASSERT_EQ(server->write("hello")->size, 5u);
  wait_for(**client, Need::kReadable);
  ASSERT_EQ((*client)->read(room)->size, 5u);
  EXPECT_EQ(std::string(room, 5), "hello");

  std::string much(64 << 20, 'x');
  Result<Io> io = (*client)->write(much);
  ASSERT_TRUE(io);
  EXPECT_LT(io->size, much.size());
  // The system may find more room yet, but not for ever.
  while (io && io->need == Need::kNothing) io = (*client)->write(much);
  ASSERT_TRUE(io);
  EXPECT_EQ(io->need, Need::kWritable);

  server.reset();
  while ((io = (*client)->read(room)) && io->need == Need::kReadable)
    wait_for(**client, Need::kReadable);
  EXPECT_EQ(io.error(), error::connection_failed);
  EXPECT_EQ((*client)->write("x").error(), error::connection_failed) << "and no signal";
}

TEST(FdbTcpStream, RefusedConnections) {
  NetworkAddress nobody;
  {
    Listener gone;
    nobody = gone.address();
  }
  auto client = TcpStream::dial(nobody);
  ASSERT_TRUE(client);
  EXPECT_EQ(connect_fully(**client).error(), error::connection_failed);
}

TEST(FdbSystemDialer, GoesWhereItIsMapped) {
  Listener listener;
  SystemDialer::Options options;
  options.remap = [&](const NetworkAddress& told) {
    return told.port == 4500 ? listener.address() : told;
  };
  SystemDialer dialer(options, env::system_environment());
  auto client = dialer.dial(*NetworkAddress::parse("10.255.0.1:4500"), "");
  ASSERT_TRUE(client);
  EXPECT_TRUE(connect_fully(**client));
}

}  // namespace
}  // namespace orrery::fdb
