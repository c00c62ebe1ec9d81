#include "fdb/transport/tls_verify.h"

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "fdb/network_address.h"

namespace orrery::fdb {
namespace {

constexpr std::string_view kEscapable = " \"#+,;<=>|\\";
constexpr std::string_view kMustBeEscaped = "\"+,;<>";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// OpenSSL's number of a field, or NID_undef.
int nid_of(std::string_view field) {
  for (auto [name, nid] :
       {std::pair("CN", NID_commonName), std::pair("C", NID_countryName),
        std::pair("L", NID_localityName), std::pair("ST", NID_stateOrProvinceName),
        std::pair("O", NID_organizationName), std::pair("OU", NID_organizationalUnitName),
        std::pair("UID", NID_userId), std::pair("DC", NID_domainComponent),
        std::pair("subjectAltName", NID_subject_alt_name)}) {
    if (field == name) return nid;
  }
  return NID_undef;
}

/// The rules of a list: what lies between those '|' that are not escaped.
std::vector<std::string_view> split_rules(std::string_view text) {
  std::vector<std::string_view> out;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '|') {
      out.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  out.push_back(text.substr(start));
  return out;
}

}  // namespace

class TlsVerifyRules::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Rule> rule() {
    Rule out;
    while (!text_.empty()) {
      if (!constraint(&out)) return std::nullopt;
      if (text_.empty()) break;
      if (text_.front() != ',') return std::nullopt;
      text_.remove_prefix(1);
    }
    return out;
  }

 private:
  bool constraint(Rule* rule) {
    size_t equal = text_.find('=');
    if (equal == text_.npos || equal == 0) return false;
    std::string_view term = text_.substr(0, equal);
    text_.remove_prefix(equal + 1);
    How how = How::kEqual;
    if (term.back() == '>' || term.back() == '<') {
      how = term.back() == '>' ? How::kPrefix : How::kSuffix;
      term.remove_suffix(1);
    }
    if (term.starts_with("Check.")) return how == How::kEqual && check(term, rule);
    Whose whose = Whose::kSubject;
    if (size_t dot = term.find('.'); dot != term.npos) {
      std::string_view prefix = term.substr(0, dot);
      if (prefix == "I" || prefix == "Issuer") {
        whose = Whose::kIssuer;
      } else if (prefix == "R" || prefix == "Root") {
        whose = Whose::kRoot;
      } else if (prefix != "S" && prefix != "Subject") {
        return false;
      }
      term.remove_prefix(dot + 1);
    }
    int nid = nid_of(term);
    std::optional<std::string> parsed = value();
    if (nid == NID_undef || !parsed) return false;
    rule->criteria.push_back({whose, how, nid, *std::move(parsed)});
    return true;
  }

  bool check(std::string_view term, Rule* rule) {
    if (term != "Check.Valid" && term != "Check.Unexpired") return false;
    if (text_.empty() || (text_.front() != '0' && text_.front() != '1')) return false;
    if (term == "Check.Valid") rule->check_valid = text_.front() == '1';
    text_.remove_prefix(1);
    return true;
  }

  /// A value up to its end or a comma; none where it is empty or malformed.
  std::optional<std::string> value() {
    if (text_.empty() || text_.front() == '#' || text_.front() == ' ') return std::nullopt;
    std::string out;
    bool ends_with_space = false;
    while (!text_.empty() && text_.front() != ',') {
      char c = text_.front();
      ends_with_space = c == ' ';
      text_.remove_prefix(1);
      if (c == '\\') {
        if (!escaped(&out)) return std::nullopt;
      } else if (c == '\0' || kMustBeEscaped.contains(c)) {
        return std::nullopt;
      } else {
        out += c;
      }
    }
    if (out.empty() || ends_with_space) return std::nullopt;
    return out;
  }

  bool escaped(std::string* out) {
    if (text_.empty()) return false;
    if (kEscapable.contains(text_.front())) {
      *out += text_.front();
      text_.remove_prefix(1);
      return true;
    }
    if (text_.size() < 2) return false;
    int high = hex_digit(text_[0]);
    int low = hex_digit(text_[1]);
    if (high < 0 || low < 0) return false;
    *out += static_cast<char>(high * 16 + low);
    text_.remove_prefix(2);
    return true;
  }

  std::string_view text_;
};

class TlsVerifyRules::Matcher {
 public:
  explicit Matcher(STACK_OF(X509) * chain)
      : leaf_(sk_X509_value(chain, 0)), root_(sk_X509_value(chain, sk_X509_num(chain) - 1)) {}

  bool operator()(const Criterion& criterion) const {
    X509* certificate = criterion.whose == Whose::kRoot ? root_ : leaf_;
    if (criterion.nid == NID_subject_alt_name)
      return match_alternative_names(certificate, criterion);
    X509_NAME* name = criterion.whose == Whose::kIssuer ? X509_get_issuer_name(certificate)
                                                        : X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(name, criterion.nid, -1);
    // A field that is there twice could say anything.
    if (at < 0 || X509_NAME_get_index_by_NID(name, criterion.nid, at) >= 0) return false;
    return match_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)), criterion.value,
                      criterion.how);
  }

 private:
  static bool match_bytes(std::string_view found, std::string_view wanted, How how) {
    switch (how) {
      case How::kEqual:
        return found == wanted;
      case How::kPrefix:
        return found.starts_with(wanted);
      case How::kSuffix:
        return found.ends_with(wanted);
    }
    return false;
  }

  static bool match_text(const ASN1_STRING* text, std::string_view wanted, How how) {
    unsigned char* utf8 = nullptr;
    int size = ASN1_STRING_to_UTF8(&utf8, text);
    if (size < 0) return false;
    bool matches =
        match_bytes({reinterpret_cast<const char*>(utf8), static_cast<size_t>(size)}, wanted, how);
    OPENSSL_free(utf8);
    return matches;
  }

  static bool match_ip(const ASN1_OCTET_STRING* found, std::string_view wanted, How how) {
    std::optional<IpAddress> ip = IpAddress::parse(wanted);
    if (!ip || how != How::kEqual) return false;
    std::string bytes;
    if (const IpAddress::V6* six = ip->v6()) {
      bytes.assign(six->begin(), six->end());
    } else {
      for (int shift : {24, 16, 8, 0}) bytes += static_cast<char>(ip->v4() >> shift);
    }
    return bytes.size() == static_cast<size_t>(ASN1_STRING_length(found)) &&
           std::memcmp(bytes.data(), ASN1_STRING_get0_data(found), bytes.size()) == 0;
  }

  static bool match_alternative_name(const GENERAL_NAME* name, std::string_view kind,
                                     std::string_view wanted, How how) {
    switch (name->type) {
      case GEN_EMAIL:
        return kind == "EMAIL" && match_text(name->d.rfc822Name, wanted, how);
      case GEN_DNS:
        return kind == "DNS" && match_text(name->d.dNSName, wanted, how);
      case GEN_URI:
        return kind == "URI" && match_text(name->d.uniformResourceIdentifier, wanted, how);
      case GEN_IPADD:
        return kind == "IP" && match_ip(name->d.iPAddress, wanted, how);
      default:
        return false;
    }
  }

  static bool match_alternative_names(X509* certificate, const Criterion& criterion) {
    size_t colon = criterion.value.find(':');
    if (colon == std::string::npos) return false;
    std::string_view kind = std::string_view(criterion.value).substr(0, colon);
    std::string_view wanted = std::string_view(criterion.value).substr(colon + 1);
    auto* names = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    bool matches = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !matches; ++i) {
      matches =
          match_alternative_name(sk_GENERAL_NAME_value(names, i), kind, wanted, criterion.how);
    }
    GENERAL_NAMES_free(names);
    return matches;
  }

  X509* leaf_;
  X509* root_;
};

Result<TlsVerifyRules> TlsVerifyRules::parse(std::string_view text) {
  TlsVerifyRules out;
  out.rules_.clear();
  for (std::string_view one : split_rules(text)) {
    std::optional<Rule> rule = Parser(one).rule();
    if (!rule) return fail(error::tls_error);
    out.rules_.push_back(*std::move(rule));
  }
  return out;
}

bool TlsVerifyRules::takes_any_certificate() const {
  return std::ranges::any_of(rules_, [](const Rule& rule) { return !rule.check_valid; });
}

bool TlsVerifyRules::match(X509_STORE_CTX* chain) const {
  STACK_OF(X509)* certificates = X509_STORE_CTX_get0_chain(chain);
  if (certificates == nullptr || sk_X509_num(certificates) == 0) return false;
  Matcher matcher(certificates);
  return std::ranges::any_of(
      rules_, [&](const Rule& rule) { return std::ranges::all_of(rule.criteria, matcher); });
}

}  // namespace orrery::fdb
