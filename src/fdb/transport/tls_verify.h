// TlsVerifyRules: which certificates a client takes from servers, beyond their being signed by its
// CA.
//
//   rules      := rule ('|' rule)*                      one that holds suffices
//   rule       := constraint (',' constraint)*          all must hold
//   constraint := ('Check.Valid' | 'Check.Unexpired') '=' ('0' | '1')
//               | [('S' | 'Subject' | 'I' | 'Issuer' | 'R' | 'Root') '.'] field ('=' | '>=' | '<=')
//               value
//   field      := CN | C | L | ST | O | OU | UID | DC | subjectAltName
//
// `=` is equality, `>=` a prefix, `<=` a suffix. Values are escaped as in RFC 4514; of
// subjectAltName they begin with "DNS:", "EMAIL:", "URI:" or "IP:". Check.Valid=0 in any rule takes
// every certificate. Check.Unexpired is read, and changes nothing: certificates that have expired
// are never valid. Errors: 2107 tls_error for rules that cannot be read. Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/error.h"

typedef struct x509_store_ctx_st X509_STORE_CTX;

namespace orrery::fdb {

class TlsVerifyRules {
 public:
  /// One rule: valid.
  TlsVerifyRules() : rules_(1) {}
  static Result<TlsVerifyRules> parse(std::string_view text);

  bool takes_any_certificate() const;
  /// Whether a chain that was found valid satisfies a rule.
  bool match(X509_STORE_CTX* chain) const;

 private:
  enum class Whose : uint8_t { kSubject, kIssuer, kRoot };
  enum class How : uint8_t { kEqual, kPrefix, kSuffix };
  struct Criterion {
    Whose whose;
    How how;
    int nid;  // of OpenSSL
    std::string value;
  };
  struct Rule {
    bool check_valid = true;
    std::vector<Criterion> criteria;
  };
  class Parser;
  class Matcher;

  std::vector<Rule> rules_;
};

}  // namespace orrery::fdb
