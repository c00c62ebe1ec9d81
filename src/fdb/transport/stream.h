// Stream: a connection's two runs of bytes, without blocking. Dialer: who makes streams.
//
// Both are seams: tests give the transport streams that fail, delay or cut, and programs behind
// address translation dial other addresses than those that servers tell. Ownership: whoever dials
// owns the stream; it closes when it is destroyed. Errors: 1026 connection_failed (also the peer's
// orderly end), 2107 tls_error; after one, nothing but destroying the stream makes sense.
// Thread-safety: a stream is used by one thread at a time; a dialer by any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "fdb/error.h"
#include "fdb/network_address.h"

namespace orrery::fdb {

/// What has to become possible before an operation can go on.
enum class Need : uint8_t { kNothing, kReadable, kWritable };

struct Io {
  /// How many bytes were moved; 0 where something is needed first.
  size_t size = 0;
  Need need = Need::kNothing;
};

class Stream {
 public:
  virtual ~Stream() = default;
  /// What to watch for readiness.
  virtual int fd() const = 0;
  /// Goes on with connecting: called at first, and whenever what it needed is possible, until it
  /// needs nothing. Nothing may be read or written before that.
  virtual Result<Need> connect() = 0;
  virtual Result<Io> read(std::span<char> into) = 0;
  virtual Result<Io> write(std::string_view bytes) = 0;
  /// Whether bytes are there that no readiness of fd() will tell of: to be read before it is
  /// watched again.
  virtual bool has_unread() const { return false; }
};

class Dialer {
 public:
  virtual ~Dialer() = default;
  /// Begins to connect, without blocking. `host` is the name that the address was resolved from, or
  /// empty.
  virtual Result<std::unique_ptr<Stream>> dial(const NetworkAddress& address,
                                               const std::string& host) = 0;
};

}  // namespace orrery::fdb
