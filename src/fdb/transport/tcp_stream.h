// TcpStream: a TCP connection.
#pragma once

#include <memory>

#include "fdb/transport/stream.h"

namespace orrery::fdb {

class TcpStream final : public Stream {
 public:
  /// Begins to connect.
  static Result<std::unique_ptr<Stream>> dial(const NetworkAddress& address);
  /// Takes over a socket that is connected already, e.g. an accepted one.
  static std::unique_ptr<Stream> adopt(int socket);
  ~TcpStream() override;

  int fd() const override { return socket_; }
  Result<Need> connect() override;
  Result<Io> read(std::span<char> into) override;
  Result<Io> write(std::string_view bytes) override;

 private:
  explicit TcpStream(int socket) : socket_(socket) {}

  int socket_;
  /// Where to, while it is not connected.
  std::unique_ptr<const NetworkAddress> connecting_;
};

}  // namespace orrery::fdb
