// SystemDialer: dials addresses with TCP, and with TLS those that say so.
//
// TLS settings are loaded when a TLS address is dialled first; certificates that were renewed on
// disk are seen by connections made half a day later. Errors: as told in stream.h; 2107 tls_error
// where the settings cannot be loaded. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/sync.h"
#include "env/environment.h"
#include "fdb/transport/stream.h"
#include "fdb/transport/tls.h"

namespace orrery::fdb {

class SystemDialer final : public Dialer {
 public:
  struct Options {
    TlsSettings tls;
    /// Where to go for an address that a server tells: for clients behind address translation.
    std::function<NetworkAddress(const NetworkAddress&)> remap;
  };
  /// `environment` is borrowed.
  SystemDialer(Options options, const env::Environment& environment);
  ~SystemDialer() override;

  Result<std::unique_ptr<Stream>> dial(const NetworkAddress& address,
                                       const std::string& host) override;

 private:
  Result<std::shared_ptr<const TlsContext>> tls();

  const Options options_;
  const env::Environment environment_;
  Mutex mutex_;
  std::shared_ptr<const TlsContext> tls_;
  int64_t tls_loaded_at_ = 0;
};

}  // namespace orrery::fdb
