// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <memory>

namespace sluice::server {
namespace {

absl::Time ExpiryOf(const X509* certificate) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &fields) != 1) return absl::InfinitePast();
  return absl::FromTM(fields, absl::UTCTimeZone());
}

}  // namespace

absl::Time EarliestExpiry(const std::string& pem_file) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(pem_file.c_str(), "r"),
                                                       &BIO_free);
  absl::Time earliest = absl::InfiniteFuture();
  while (file) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), &X509_free);
    if (!certificate) break;
    earliest = std::min(earliest, ExpiryOf(certificate.get()));
  }
  ERR_clear_error();
  return earliest == absl::InfiniteFuture() ? absl::InfinitePast() : earliest;
}

}  // namespace sluice::server
