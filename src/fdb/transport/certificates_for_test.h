// Certificates made on the spot, for tests of TLS.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string>
#include <utility>
#include <vector>

namespace orrery::fdb {

class CertificateForTest {
 public:
  struct Wish {
    std::vector<std::pair<std::string, std::string>> subject;
    std::string alternative_names = "";
    long valid_from_seconds = -3600;
    long valid_to_seconds = 3600;
    bool is_ca = false;
  };

  /// Signed by `issuer`, or by itself where that is null.
  CertificateForTest(const Wish& wish, const CertificateForTest* issuer)
      : key_(EVP_EC_gen("P-256")) {
    certificate_ = X509_new();
    X509_set_version(certificate_, 2);
    static long serial = 1;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), wish.valid_from_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), wish.valid_to_seconds);
    X509_NAME* name = X509_get_subject_name(certificate_);
    for (const auto& [field, value] : wish.subject) {
      X509_NAME_add_entry_by_txt(name, field.c_str(), MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(value.data()),
                                 static_cast<int>(value.size()), -1, 0);
    }
    const CertificateForTest& signer = issuer == nullptr ? *this : *issuer;
    X509_set_issuer_name(certificate_, X509_get_subject_name(signer.certificate_));
    X509_set_pubkey(certificate_, key_);
    if (wish.is_ca) add_extension(NID_basic_constraints, "critical,CA:TRUE");
    if (!wish.alternative_names.empty()) {
      add_extension(NID_subject_alt_name, wish.alternative_names);
    }
    X509_sign(certificate_, signer.key_, EVP_sha256());
  }
  ~CertificateForTest() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  CertificateForTest(const CertificateForTest&) = delete;

  std::string certificate_pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate_);
    return text_of(bio);
  }
  std::string key_pem(const std::string& password = "") const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, key_, password.empty() ? nullptr : EVP_aes_256_cbc(),
                                  password.data(), static_cast<int>(password.size()), nullptr,
                                  nullptr);
    return text_of(bio);
  }

 private:
  void add_extension(int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    X509_add_ext(certificate_, extension, -1);
    X509_EXTENSION_free(extension);
  }
  static std::string text_of(BIO* bio) {
    char* data = nullptr;
    long size = BIO_get_mem_data(bio, &data);
    std::string out(data, static_cast<size_t>(size));
    BIO_free(bio);
    return out;
  }

  EVP_PKEY* key_;
  X509* certificate_;
};

}  // namespace orrery::fdb
