#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <utility>

#include "fdb/transport/tls.h"

namespace orrery::fdb {
namespace {

constexpr uint64_t kPemSizeMax = 5 << 20;
constexpr const char* kDefaultCertificate = "/etc/foundationdb/cert.pem";
constexpr const char* kDefaultKey = "/etc/foundationdb/key.pem";

void take(const char* variable, std::string* out) {
  const char* value = std::getenv(variable);
  if (value != nullptr && out->empty()) *out = value;
}

void take(const char* variable, const char* path, env::FileSystem& files, PemSource* out) {
  if (!out->empty()) return;
  if (variable != nullptr) take(variable, &out->path);
  if (out->empty() && path != nullptr && files.exists(path)) out->path = path;
}

Result<std::string> read_pem(const PemSource& source, env::FileSystem& files) {
  if (!source.bytes.empty() || source.path.empty()) return source.bytes;
  auto text = env::read_file(files, source.path, kPemSizeMax);
  if (!text.has_value()) return fail(error::tls_error);
  return std::move(*text);
}

/// A source of OpenSSL over a text that outlives it.
class TextBio {
 public:
  explicit TextBio(const std::string& text)
      : bio_(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))) {}
  ~TextBio() { BIO_free(bio_); }
  TextBio(const TextBio&) = delete;
  BIO* get() const { return bio_; }

 private:
  BIO* bio_;
};

/// OpenSSL asks for the password of a key here.
int give_password(char* out, int size, int, void* password) {
  const auto* text = static_cast<const std::string*>(password);
  if (text->size() > static_cast<size_t>(size)) return -1;
  text->copy(out, text->size());
  return static_cast<int>(text->size());
}

bool use_ca(SSL_CTX* context, const std::string& text) {
  TextBio bio(text);
  int count = 0;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
    // A server tells clients which CAs it knows.
    SSL_CTX_add_client_CA(context, certificate);
    X509_free(certificate);
    ++count;
  }
  ERR_clear_error();
  return count != 0;
}

bool use_certificate(SSL_CTX* context, const std::string& text) {
  TextBio bio(text);
  X509* own = PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr);
  if (own == nullptr) return false;
  bool used = SSL_CTX_use_certificate(context, own) == 1;
  X509_free(own);
  while (X509* issuer = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    // Keeps the certificate where it succeeds.
    if (SSL_CTX_add0_chain_cert(context, issuer) != 1) X509_free(issuer);
  }
  ERR_clear_error();
  return used;
}

bool use_key(SSL_CTX* context, const std::string& text, std::string password) {
  TextBio bio(text);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, &give_password, &password);
  if (key == nullptr) return false;
  bool used = SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  return used;
}

}  // namespace

TlsSettings with_environment(const TlsSettings& settings, env::FileSystem& files) {
  TlsSettings out = settings;
  take("FDB_TLS_CERTIFICATE_FILE", kDefaultCertificate, files, &out.certificate);
  take("FDB_TLS_KEY_FILE", kDefaultKey, files, &out.key);
  take("FDB_TLS_CA_FILE", nullptr, files, &out.ca);
  take("FDB_TLS_PASSWORD", &out.password);
  if (const char* rules = std::getenv("FDB_TLS_VERIFY_PEERS");
      rules != nullptr && !out.verify_peers) {
    out.verify_peers = rules;
  }
  return out;
}

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsSettings& settings,
                                                           env::FileSystem& files, Side side) {
  std::shared_ptr<TlsContext> out(new TlsContext());
  out->side_ = side;
  if (settings.verify_peers) {
    Result<TlsVerifyRules> rules = TlsVerifyRules::parse(*settings.verify_peers);
    if (!rules) return fail(rules.error());
    out->rules_ = *std::move(rules);
  }
  Result<std::string> certificate = read_pem(settings.certificate, files);
  Result<std::string> key = read_pem(settings.key, files);
  Result<std::string> ca = read_pem(settings.ca, files);
  if (!certificate || !key || !ca) return fail(error::tls_error);
  // One file may hold both.
  if (key->empty()) key = certificate;

  ERR_clear_error();
  out->context_ = SSL_CTX_new(side == Side::kClient ? TLS_client_method() : TLS_server_method());
  SSL_CTX* context = out->context_;
  if (context == nullptr) return fail(error::tls_error);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  bool loaded = (ca->empty() || use_ca(context, *ca)) &&
                (certificate->empty() || (use_certificate(context, *certificate) &&
                                          use_key(context, *key, settings.password) &&
                                          SSL_CTX_check_private_key(context) == 1));
  ERR_clear_error();
  if (!loaded) return fail(error::tls_error);

  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(
      context,
      [](X509_STORE_CTX* chain, void* self) {
        const TlsVerifyRules& rules = static_cast<const TlsContext*>(self)->rules_;
        if (rules.takes_any_certificate()) return 1;
        return X509_verify_cert(chain) == 1 && rules.match(chain) ? 1 : 0;
      },
      out.get());
  return out;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

}  // namespace orrery::fdb
