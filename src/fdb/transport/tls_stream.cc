#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "base/assert.h"
#include "fdb/transport/tls.h"

namespace orrery::fdb {

/// How OpenSSL reaches the stream below. Its own sockets would raise SIGPIPE in the program of our
/// user.
struct TlsRecords {
  static int read(BIO* bio, char* into, int size) {
    if (size <= 0) return 0;
    BIO_clear_retry_flags(bio);
    TlsStream& self = stream_of(bio);
    Result<Io> io = self.under_->read({into, static_cast<size_t>(size)});
    return finish(bio, self, io);
  }
  static int write(BIO* bio, const char* bytes, int size) {
    if (size <= 0) return 0;
    BIO_clear_retry_flags(bio);
    TlsStream& self = stream_of(bio);
    Result<Io> io = self.under_->write({bytes, static_cast<size_t>(size)});
    return finish(bio, self, io);
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* method() {
    static BIO_METHOD* made = [] {
      BIO_METHOD* out = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
      ORRERY_ASSERT(out != nullptr);
      BIO_meth_set_read(out, &TlsRecords::read);
      BIO_meth_set_write(out, &TlsRecords::write);
      BIO_meth_set_ctrl(out, &TlsRecords::control);
      return out;
    }();
    return made;
  }

 private:
  static TlsStream& stream_of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }
  static int finish(BIO* bio, TlsStream& self, const Result<Io>& io) {
    if (!io) {
      self.under_failed_ = io.error();
      return -1;
    }
    if (io->need == Need::kReadable) BIO_set_retry_read(bio);
    if (io->need == Need::kWritable) BIO_set_retry_write(bio);
    return io->need == Need::kNothing ? static_cast<int>(io->size) : -1;
  }
};

TlsStream::TlsStream(std::shared_ptr<const TlsContext> context, std::unique_ptr<Stream> under,
                     const std::string& host)
    : context_(std::move(context)), under_(std::move(under)), ssl_(SSL_new(context_->context_)) {
  ORRERY_ASSERT(ssl_ != nullptr);
  BIO* bio = BIO_new(TlsRecords::method());
  ORRERY_ASSERT(bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  if (context_->side_ == TlsContext::Side::kServer) {
    SSL_set_accept_state(ssl_);
  } else {
    SSL_set_connect_state(ssl_);
    if (!host.empty()) SSL_set_tlsext_host_name(ssl_, host.c_str());
  }
}

TlsStream::~TlsStream() {
  // Tells the peer, where that needs no waiting, that nothing was cut off.
  if (shaken_ && !under_failed_) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
  }
  SSL_free(ssl_);
}

Result<Need> TlsStream::need_of(int returned) {
  switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_WANT_READ:
      return Need::kReadable;
    case SSL_ERROR_WANT_WRITE:
      return Need::kWritable;
    case SSL_ERROR_ZERO_RETURN:
      return fail(error::connection_failed);
    default: {
      ERR_clear_error();
      Error failure = under_failed_.value_or(error::tls_error);
      under_failed_ = failure;
      return fail(failure);
    }
  }
}

Result<Need> TlsStream::connect() {
  if (!under_connected_) {
    Result<Need> need = under_->connect();
    if (!need || *need != Need::kNothing) return need;
    under_connected_ = true;
  }
  if (shaken_) return Need::kNothing;
  ERR_clear_error();
  int returned = SSL_do_handshake(ssl_);
  if (returned != 1) return need_of(returned);
  shaken_ = true;
  return Need::kNothing;
}

Result<Io> TlsStream::read(std::span<char> into) {
  ERR_clear_error();
  int size = static_cast<int>(std::min<size_t>(into.size(), INT_MAX));
  int got = SSL_read(ssl_, into.data(), size);
  if (got > 0) return Io{static_cast<size_t>(got), Need::kNothing};
  Result<Need> need = need_of(got);
  if (!need) return fail(need.error());
  return Io{0, *need};
}

Result<Io> TlsStream::write(std::string_view bytes) {
  ERR_clear_error();
  int size = static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX));
  int put = SSL_write(ssl_, bytes.data(), size);
  if (put > 0) return Io{static_cast<size_t>(put), Need::kNothing};
  Result<Need> need = need_of(put);
  if (!need) return fail(need.error());
  return Io{0, *need};
}

bool TlsStream::has_unread() const {
  return SSL_has_pending(ssl_) == 1;
}

bool TlsStream::peer_is_certified() const {
  return SSL_get0_peer_certificate(ssl_) != nullptr && SSL_get_verify_result(ssl_) == X509_V_OK;
}

}  // namespace orrery::fdb
