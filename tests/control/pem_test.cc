// SPDX-License-Identifier: Apache-2.0
#include "control/pem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace sluice::control {
namespace {

using ::testing::StartsWith;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

// A key and a certificate of it.
struct Identity {
  Identity() {
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    EXPECT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
  }
  std::string CertPem() const {
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    EXPECT_EQ(PEM_write_bio_X509(bio.get(), certificate.get()), 1);
    return TextOf(bio.get());
  }
  std::string KeyPem(const char* passphrase = nullptr) const {
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    const EVP_CIPHER* cipher = passphrase == nullptr ? nullptr : EVP_aes_128_cbc();
    EXPECT_EQ(PEM_write_bio_PrivateKey(bio.get(), key.get(), cipher, nullptr, 0, nullptr,
                                       const_cast<char*>(passphrase)),
              1);
    return TextOf(bio.get());
  }
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), &X509_free};
};

std::string Why(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(Pem, AKeyAndItsCertificate) {
  const Identity own;
  const Identity other;
  EXPECT_TRUE(CheckKeyPair(own.CertPem(), own.KeyPem()).ok());
  EXPECT_TRUE(CheckKeyPair(own.CertPem() + other.CertPem(), own.KeyPem()).ok())
      << "a chain: the first is its own";
  EXPECT_TRUE(CheckKeyPair("a word ahead\n" + own.CertPem(), own.CertPem() + own.KeyPem()).ok())
      << "what else is in the files is passed over";
  EXPECT_THAT(Why(CheckKeyPair(own.CertPem(), other.KeyPem())),
              StartsWith("control-tls-key: is not the key"));
  EXPECT_THAT(Why(CheckKeyPair(other.CertPem() + own.CertPem(), own.KeyPem())),
              StartsWith("control-tls-key: is not the key"));
}

TEST(Pem, WhatIsNone) {
  const Identity own;
  const std::string cut = own.CertPem().substr(0, own.CertPem().size() / 2);
  for (const std::string& none : {std::string(), std::string("garbage"), own.KeyPem(), cut,
                                  std::string("\0\xff", 2), std::string(1 << 20, '-')}) {
    EXPECT_THAT(Why(CheckKeyPair(none, own.KeyPem())), StartsWith("control-tls-cert: "));
    EXPECT_THAT(Why(CheckClientCa(none)), StartsWith("control-client-ca: "));
  }
  for (const std::string& none : {std::string(), own.CertPem()}) {
    EXPECT_THAT(Why(CheckKeyPair(own.CertPem(), none)), StartsWith("control-tls-key: holds no"));
  }
  EXPECT_TRUE(CheckClientCa(own.CertPem()).ok());
}

// There is nobody who could be asked for it.
TEST(Pem, AKeyWithAPassphrase) {
  const Identity own;
  EXPECT_THAT(Why(CheckKeyPair(own.CertPem(), own.KeyPem("secret"))),
              StartsWith("control-tls-key: holds no PEM key without a passphrase"));
}

}  // namespace
}  // namespace sluice::control
