// ClientStream: one TCP or TLS connection to a server, for programs that talk to one (the commands
// of `orrery`). Certificates are checked against the system's.
//
// Every call blocks, but asks `go_on` of its Patience about twenty times a second and gives up with
// kCancelled where that says no; kIo for everything else that goes wrong, with a text for people.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/http/target.h"

namespace orrery::server::http {

struct Patience {
  int64_t timeout_micros = 30'000'000;  ///< of one step without anything happening; 0: for ever (but for connecting)
  std::function<bool()> go_on;          ///< none: always
};

class ClientStream {
 public:
  static Result<std::unique_ptr<ClientStream>> connect(const Target& target,
                                                       const Patience& patience);
  ~ClientStream();
  Status write(std::string_view bytes, const Patience& patience);
  /// At least one byte, valid until the next call; "" once the other side has nothing more.
  Result<std::string_view> read_some(const Patience& patience);

 private:
  struct Impl;
  explicit ClientStream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace orrery::server::http
