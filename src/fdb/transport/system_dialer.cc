#include "fdb/transport/system_dialer.h"

#include <utility>

#include "fdb/transport/tcp_stream.h"

namespace orrery::fdb {
namespace {

constexpr int64_t kTlsReloadAfter = int64_t{12} * 3600 * env::kNanosPerSecond;

}  // namespace

SystemDialer::SystemDialer(Options options, const env::Environment& environment)
    : options_(std::move(options)), environment_(environment) {}

SystemDialer::~SystemDialer() = default;

Result<std::shared_ptr<const TlsContext>> SystemDialer::tls() {
  LockGuard<Mutex> lock(mutex_);
  int64_t now = environment_.clock->monotonic_nanos();
  if (tls_ != nullptr && now - tls_loaded_at_ < kTlsReloadAfter) return tls_;
  TlsSettings settings = with_environment(options_.tls, *environment_.files);
  Result<std::shared_ptr<const TlsContext>> loaded =
      TlsContext::load(settings, *environment_.files);
  if (loaded) {
    tls_ = *std::move(loaded);
  } else if (tls_ == nullptr) {
    return fail(loaded.error());
  }
  // Where files are bad now, what was loaded goes on being used.
  tls_loaded_at_ = now;
  return tls_;
}

Result<std::unique_ptr<Stream>> SystemDialer::dial(const NetworkAddress& address,
                                                   const std::string& host) {
  NetworkAddress to = options_.remap ? options_.remap(address) : address;
  if (!to.is_tls()) return TcpStream::dial(to);
  Result<std::shared_ptr<const TlsContext>> context = tls();
  if (!context) return fail(context.error());
  Result<std::unique_ptr<Stream>> under = TcpStream::dial(to);
  if (!under) return fail(under.error());
  return std::make_unique<TlsStream>(*std::move(context), *std::move(under), host);
}

}  // namespace orrery::fdb
