// TLS for streams: settings, what is loaded of them, and the stream itself.
//
// Ownership: a TlsStream owns the stream that its records go through; it and the TlsContext it was
// made from share what they need. Errors: 2107 tls_error for settings that cannot be loaded,
// handshakes that fail and certificates that the rules refuse. Thread-safety: TlsContext is
// immutable; a stream is used by one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "env/file_system.h"
#include "fdb/tls_settings.h"
#include "fdb/transport/stream.h"
#include "fdb/transport/tls_verify.h"

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

namespace orrery::fdb {

/// What is not set is taken from FDB_TLS_CERTIFICATE_FILE, .._KEY_FILE, .._CA_FILE, .._PASSWORD and
/// .._VERIFY_PEERS, then from the files /etc/foundationdb/cert.pem and key.pem where they exist.
TlsSettings with_environment(const TlsSettings& settings, env::FileSystem& files);

class TlsContext {
 public:
  enum class Side : uint8_t {
    kClient,  // takes certificates by the rules
    kServer,  // for tests: asks for a certificate of the CA, and goes on without one
  };
  static Result<std::shared_ptr<const TlsContext>> load(const TlsSettings& settings,
                                                        env::FileSystem& files,
                                                        Side side = Side::kClient);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsStream;
  TlsContext() = default;

  SSL_CTX* context_ = nullptr;
  TlsVerifyRules rules_;
  Side side_ = Side::kClient;
};

class TlsStream final : public Stream {
 public:
  /// `host` is told to the server where it is not empty; it is not compared with its certificate.
  TlsStream(std::shared_ptr<const TlsContext> context, std::unique_ptr<Stream> under,
            const std::string& host);
  ~TlsStream() override;

  int fd() const override { return under_->fd(); }
  Result<Need> connect() override;
  Result<Io> read(std::span<char> into) override;
  Result<Io> write(std::string_view bytes) override;
  bool has_unread() const override;
  /// Whether the peer showed a certificate that was found valid.
  bool peer_is_certified() const;

 private:
  friend struct TlsRecords;
  Result<Need> need_of(int returned);

  std::shared_ptr<const TlsContext> context_;
  std::unique_ptr<Stream> under_;
  SSL* ssl_ = nullptr;
  bool under_connected_ = false;
  bool shaken_ = false;
  std::optional<Error> under_failed_;
};

}  // namespace orrery::fdb
