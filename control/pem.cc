// SPDX-License-Identifier: Apache-2.0
#include "control/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace sluice::control {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio Open(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
}

// A key with a passphrase is none: there is nobody to ask.
int NoPassphrase(char*, int, int, void*) { return -1; }

Certificate ReadCertificate(const std::string& pem) {
  const Bio bio = Open(pem);
  return {PEM_read_bio_X509(bio.get(), nullptr, &NoPassphrase, nullptr), &X509_free};
}

Key ReadKey(const std::string& pem) {
  const Bio bio = Open(pem);
  return {PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassphrase, nullptr), &EVP_PKEY_free};
}

}  // namespace

absl::Status CheckKeyPair(const std::string& cert_pem, const std::string& key_pem) {
  const Certificate certificate = ReadCertificate(cert_pem);
  const Key key = ReadKey(key_pem);
  const bool fits = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!certificate) return absl::InvalidArgumentError("control-tls-cert: holds no PEM certificate");
  if (!key) {
    return absl::InvalidArgumentError("control-tls-key: holds no PEM key without a passphrase");
  }
  if (!fits)
    return absl::InvalidArgumentError("control-tls-key: is not the key of control-tls-cert");
  return absl::OkStatus();
}

absl::Status CheckClientCa(const std::string& pem) {
  const Certificate certificate = ReadCertificate(pem);
  ERR_clear_error();
  if (certificate) return absl::OkStatus();
  return absl::InvalidArgumentError("control-client-ca: holds no PEM certificate");
}

}  // namespace sluice::control
