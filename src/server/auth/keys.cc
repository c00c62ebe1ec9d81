#include "server/auth/keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <utility>

namespace orrery::server {
namespace {

constexpr size_t kCoordinateBytes = 32;
constexpr size_t kSignatureBytes = 2 * kCoordinateBytes;
constexpr size_t kHashBytes = 32;
constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 16384;
constexpr size_t kSecretBytesMin = 32;
constexpr uint64_t kKeyFileBytesMax = 64 << 10;
constexpr char kP256[] = "prime256v1";

/// unique_ptr that ends what OpenSSL made.
template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* p) const {
    kFree(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;

const unsigned char* unsigned_bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* unsigned_bytes(std::string* s) {
  return reinterpret_cast<unsigned char*>(s->data());
}

Error refused(std::string message) {
  ERR_clear_error();
  return Error(ErrorCode::kInvalidArgument, std::move(message));
}
Error failed(std::string_view what) {
  char reason[256] = "unknown";
  unsigned long code = ERR_get_error();
  if (code != 0) ERR_error_string_n(code, reason, sizeof(reason));
  ERR_clear_error();
  return Error(ErrorCode::kInternal,
               "OpenSSL cannot " + std::string(what) + ": " + std::string(reason));
}

Bio reading(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}
std::string content(BIO* bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}
/// OpenSSL would ask at the terminal for the password of an encrypted key.
int no_password(char*, int, int, void*) {
  return -1;
}

bool is_p256(const EVP_PKEY* key) {
  char group[64] = "";
  size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
                                        &size) == 1 &&
         std::string_view(group, size) == kP256;
}

/// A key made from numbers; `type` is "EC" or "RSA".
Key key_of_params(const char* type, OSSL_PARAM* params) {
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return nullptr;
  }
  return Key(key);
}

bool is_valid_public_key(EVP_PKEY* key) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context != nullptr && EVP_PKEY_public_check(context.get()) == 1;
}

/// r and s of fixed size as the DER that OpenSSL takes; empty where that fails.
std::string der_of_signature(std::string_view raw) {
  Signature signature(ECDSA_SIG_new());
  Number r(BN_bin2bn(unsigned_bytes(raw), kCoordinateBytes, nullptr));
  Number s(BN_bin2bn(unsigned_bytes(raw.substr(kCoordinateBytes)), kCoordinateBytes, nullptr));
  if (signature == nullptr || r == nullptr || s == nullptr ||
      ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    return {};
  }
  // The signature owns them now.
  (void)r.release();
  (void)s.release();
  unsigned char* der = nullptr;
  int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

/// The reverse; empty where that fails.
std::string signature_of_der(std::string_view der) {
  const unsigned char* p = unsigned_bytes(der);
  Signature signature(d2i_ECDSA_SIG(nullptr, &p, static_cast<long>(der.size())));
  std::string out(kSignatureBytes, '\0');
  if (signature == nullptr ||
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), unsigned_bytes(&out), kCoordinateBytes) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), unsigned_bytes(&out) + kCoordinateBytes,
                   kCoordinateBytes) < 0) {
    return {};
  }
  return out;
}

bool verify_hmac(std::string_view secret, std::string_view text, std::string_view signature) {
  unsigned char expected[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), unsigned_bytes(text),
           text.size(), expected, &size) == nullptr) {
    return false;
  }
  return size == kHashBytes && signature.size() == kHashBytes &&
         CRYPTO_memcmp(expected, signature.data(), kHashBytes) == 0;
}

}  // namespace

/// An EVP_PKEY; OpenSSL counts its uses by itself, but a const shared_ptr says more.
struct VerifyKey::Handle {
  Key key;
};

std::string_view algorithm_name(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kEs256:
      return "ES256";
    case Algorithm::kRs256:
      return "RS256";
    case Algorithm::kHs256:
      return "HS256";
  }
  return {};
}

std::optional<Algorithm> algorithm_of_name(std::string_view name) {
  for (Algorithm a : {Algorithm::kEs256, Algorithm::kRs256, Algorithm::kHs256}) {
    if (algorithm_name(a) == name) return a;
  }
  return std::nullopt;
}

Result<VerifyKey> VerifyKey::from_pem(std::string_view pem) {
  if (pem.size() > kKeyFileBytesMax) return refused("a public key of that size is none");
  Bio bio = reading(pem);
  Key key(bio == nullptr ? nullptr : PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr));
  if (key == nullptr) return refused("not a public key in PEM form");
  bool rsa = EVP_PKEY_is_a(key.get(), "RSA") == 1;
  if (!rsa && !is_p256(key.get())) return refused("a public key that is neither P-256 nor RSA");
  if (rsa && EVP_PKEY_get_bits(key.get()) < kRsaBitsMin) {
    return refused("an RSA key of less than 2048 bits");
  }
  auto handle = std::make_shared<Handle>();
  handle->key = std::move(key);
  return VerifyKey(rsa ? Algorithm::kRs256 : Algorithm::kEs256, std::move(handle), "");
}

Result<VerifyKey> VerifyKey::from_p256_point(std::string_view x, std::string_view y) {
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) {
    return refused("coordinates of a P-256 key have 32 bytes");
  }
  std::string point = "\x04";  // not compressed
  point.append(x).append(y);
  char group[] = "prime256v1";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  Key key = key_of_params("EC", params);
  if (key == nullptr || !is_valid_public_key(key.get())) {
    return refused("a P-256 key that is no point of the curve");
  }
  auto handle = std::make_shared<Handle>();
  handle->key = std::move(key);
  return VerifyKey(Algorithm::kEs256, std::move(handle), "");
}

Result<VerifyKey> VerifyKey::from_rsa_numbers(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() > kRsaBitsMax / 8 || exponent.size() > 8) {
    return refused("an RSA key of more than 16384 bits");
  }
  Number n(BN_bin2bn(unsigned_bytes(modulus), static_cast<int>(modulus.size()), nullptr));
  Number e(BN_bin2bn(unsigned_bytes(exponent), static_cast<int>(exponent.size()), nullptr));
  if (n == nullptr || e == nullptr) return failed("read an RSA key");
  if (BN_num_bits(n.get()) < kRsaBitsMin) return refused("an RSA key of less than 2048 bits");
  if (BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) == 1) return refused("a bad RSA exponent");
  ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return failed("read an RSA key");
  }
  Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  Key key = params == nullptr ? nullptr : key_of_params("RSA", params.get());
  if (key == nullptr) return refused("not an RSA key");
  auto handle = std::make_shared<Handle>();
  handle->key = std::move(key);
  return VerifyKey(Algorithm::kRs256, std::move(handle), "");
}

Result<VerifyKey> VerifyKey::from_secret(std::string_view secret) {
  if (secret.size() < kSecretBytesMin) return refused("a secret of less than 32 bytes");
  if (secret.size() > kKeyFileBytesMax) return refused("a secret of more than 64 KiB");
  return VerifyKey(Algorithm::kHs256, nullptr, std::string(secret));
}

bool VerifyKey::verify(std::string_view text, std::string_view signature) const {
  if (algorithm_ == Algorithm::kHs256) return verify_hmac(secret_, text, signature);
  std::string der;
  if (algorithm_ == Algorithm::kEs256) {
    if (signature.size() != kSignatureBytes) return false;
    der = der_of_signature(signature);
    if (der.empty()) return false;
    signature = der;
  }
  DigestContext context(EVP_MD_CTX_new());
  bool ok = context != nullptr &&
            EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                 handle_->key.get()) == 1 &&
            EVP_DigestVerify(context.get(), unsigned_bytes(signature), signature.size(),
                             unsigned_bytes(text), text.size()) == 1;
  ERR_clear_error();
  return ok;
}

Result<KeyPair> KeyPair::of_handle(std::shared_ptr<const VerifyKey::Handle> handle) {
  Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_PUBKEY(bio.get(), handle->key.get()) != 1) {
    return failed("write a public key");
  }
  return KeyPair(VerifyKey(Algorithm::kEs256, handle, ""), handle, content(bio.get()));
}

Result<KeyPair> KeyPair::generate() {
  auto handle = std::make_shared<VerifyKey::Handle>();
  handle->key.reset(EVP_EC_gen(kP256));
  if (handle->key == nullptr) return failed("make a key");
  return of_handle(std::move(handle));
}

Result<KeyPair> KeyPair::from_pem(std::string_view public_pem, std::string_view private_pem) {
  if (private_pem.size() > kKeyFileBytesMax) return refused("a private key of that size is none");
  Bio bio = reading(private_pem);
  auto handle = std::make_shared<VerifyKey::Handle>();
  if (bio != nullptr) {
    handle->key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  }
  if (handle->key == nullptr) return refused("not a private key in PEM form without a password");
  if (!is_p256(handle->key.get())) return refused("a private key that is not of the curve P-256");
  ORRERY_TRY_ASSIGN(VerifyKey verify_key, VerifyKey::from_pem(public_pem));
  if (verify_key.algorithm() != Algorithm::kEs256 ||
      EVP_PKEY_eq(verify_key.handle_->key.get(), handle->key.get()) != 1) {
    return refused("a public and a private key that do not belong together");
  }
  return KeyPair(std::move(verify_key), std::move(handle), std::string(public_pem));
}

Result<std::string> KeyPair::private_pem() const {
  Bio bio(BIO_new(BIO_s_secmem()));
  if (bio == nullptr || PEM_write_bio_PKCS8PrivateKey(bio.get(), handle_->key.get(), nullptr,
                                                      nullptr, 0, nullptr, nullptr) != 1) {
    return failed("write a private key");
  }
  return content(bio.get());
}

Status KeyPair::save(env::FileSystem& files, std::string_view public_path,
                     std::string_view private_path) const {
  ORRERY_TRY_ASSIGN(std::string secret, private_pem());
  for (std::string_view path : {private_path, public_path}) {
    bool is_secret = path == private_path;
    std::string folder = env::parent_path(path);
    ORRERY_TRY(files.create_dirs(folder));
    ORRERY_TRY_ASSIGN(auto file, files.open(path, is_secret ? env::OpenMode::kCreateSecret
                                                            : env::OpenMode::kCreateNew));
    ORRERY_TRY(file->append(is_secret ? secret : public_pem_));
    ORRERY_TRY(file->sync());
    ORRERY_TRY(file->close());
    ORRERY_TRY(files.sync_dir(folder));
  }
  OPENSSL_cleanse(secret.data(), secret.size());
  return {};
}

Result<KeyPair> KeyPair::load_or_create(env::FileSystem& files, std::string_view public_path,
                                        std::string_view private_path) {
  bool has_public = files.exists(public_path);
  bool has_private = files.exists(private_path);
  if (!has_public && !has_private) {
    ORRERY_TRY_ASSIGN(KeyPair pair, generate());
    ORRERY_TRY(pair.save(files, public_path, private_path));
    return pair;
  }
  if (!has_public) {
    return refused("the private key '" + std::string(private_path) +
                   "' exists but not the public key '" + std::string(public_path) + "'");
  }
  if (!has_private) {
    return refused("the public key '" + std::string(public_path) +
                   "' exists but not the private key '" + std::string(private_path) + "'");
  }
  ORRERY_TRY_ASSIGN(std::string public_pem, env::read_file(files, public_path, kKeyFileBytesMax));
  ORRERY_TRY_ASSIGN(std::string private_pem, env::read_file(files, private_path, kKeyFileBytesMax));
  Result<KeyPair> pair = from_pem(public_pem, private_pem);
  OPENSSL_cleanse(private_pem.data(), private_pem.size());
  if (pair) return pair;
  return Error(pair.error().code(), "the keys in '" + std::string(public_path) + "' and '" +
                                        std::string(private_path) +
                                        "' cannot be used: " + pair.error().message());
}

Result<std::string> KeyPair::sign(std::string_view text) const {
  DigestContext context(EVP_MD_CTX_new());
  size_t size = 0;
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, handle_->key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, unsigned_bytes(text), text.size()) != 1) {
    return failed("sign");
  }
  std::string der(size, '\0');
  if (EVP_DigestSign(context.get(), unsigned_bytes(&der), &size, unsigned_bytes(text),
                     text.size()) != 1) {
    return failed("sign");
  }
  std::string out = signature_of_der(std::string_view(der).substr(0, size));
  if (out.empty()) return failed("sign");
  return out;
}

}  // namespace orrery::server
