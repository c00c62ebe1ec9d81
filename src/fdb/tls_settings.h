// TlsSettings: with which certificate, key and authorities a client speaks TLS. As network options give them.
#pragma once

#include <optional>
#include <string>

namespace orrery::fdb {

/// A PEM text, given as such or as the path of a file; the text counts where both are.
struct PemSource {
  std::string bytes;
  std::string path;
  bool empty() const { return bytes.empty() && path.empty(); }
};

struct TlsSettings {
  PemSource certificate;  ///< chain, the own one first
  PemSource key;
  PemSource ca;                             ///< without one, no server's certificate is valid
  std::string password;                     ///< of the key
  std::optional<std::string> verify_peers;  ///< see transport/tls_verify.h
};

}  // namespace orrery::fdb
