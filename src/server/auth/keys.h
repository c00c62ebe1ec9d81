// Keys that sign and check tokens: ES256 (P-256), RS256 and HS256, by OpenSSL.
//
// A VerifyKey knows the one algorithm it is for; what a token says about itself never chooses
// another. Both classes are values that share the key underneath, immutable and safe to be used
// from several threads. Errors: kInvalidArgument for keys that are malformed, too weak or of
// another kind, kIo from files, kInternal where OpenSSL fails.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/file_system.h"

namespace orrery::server {

enum class Algorithm : uint8_t { kEs256, kRs256, kHs256 };
/// "ES256"
std::string_view algorithm_name(Algorithm algorithm);
std::optional<Algorithm> algorithm_of_name(std::string_view name);

class VerifyKey {
 public:
  /// A public key: P-256, or RSA of at least 2048 bits.
  static Result<VerifyKey> from_pem(std::string_view pem);
  /// Coordinates of 32 bytes, most significant first.
  static Result<VerifyKey> from_p256_point(std::string_view x, std::string_view y);
  /// Most significant byte first.
  static Result<VerifyKey> from_rsa_numbers(std::string_view modulus, std::string_view exponent);
  /// For HS256; at least 32 bytes.
  static Result<VerifyKey> from_secret(std::string_view secret);

  Algorithm algorithm() const { return algorithm_; }
  /// Whether `signature`, in the form that tokens have, is this key's for `text`.
  bool verify(std::string_view text, std::string_view signature) const;

 private:
  friend class KeyPair;
  struct Handle;
  VerifyKey(Algorithm algorithm, std::shared_ptr<const Handle> handle, std::string secret)
      : algorithm_(algorithm), handle_(std::move(handle)), secret_(std::move(secret)) {}

  Algorithm algorithm_;
  std::shared_ptr<const Handle> handle_;  ///< null for HS256
  std::string secret_;
};

/// A P-256 pair that signs by ES256.
class KeyPair {
 public:
  static Result<KeyPair> generate();
  /// Refuses halves that do not belong together.
  static Result<KeyPair> from_pem(std::string_view public_pem, std::string_view private_pem);
  /// Reads both files, or makes both where neither exists. One alone is an error.
  static Result<KeyPair> load_or_create(env::FileSystem& files, std::string_view public_path,
                                        std::string_view private_path);

  const VerifyKey& verify_key() const { return verify_key_; }
  const std::string& public_pem() const { return public_pem_; }
  /// PKCS #8, not encrypted.
  Result<std::string> private_pem() const;
  /// 64 bytes: r and s.
  Result<std::string> sign(std::string_view text) const;

 private:
  KeyPair(VerifyKey verify_key, std::shared_ptr<const VerifyKey::Handle> handle,
          std::string public_pem)
      : verify_key_(std::move(verify_key)),
        handle_(std::move(handle)),
        public_pem_(std::move(public_pem)) {}
  static Result<KeyPair> of_handle(std::shared_ptr<const VerifyKey::Handle> handle);
  Status save(env::FileSystem& files, std::string_view public_path,
              std::string_view private_path) const;

  VerifyKey verify_key_;
  std::shared_ptr<const VerifyKey::Handle> handle_;
  std::string public_pem_;
};

}  // namespace orrery::server
