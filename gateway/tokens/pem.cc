// SPDX-License-Identifier: Apache-2.0
#include "gateway/tokens/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "absl/status/status.h"

namespace sluice::tokens {
namespace {

constexpr int kRsaBitsMin = 2048;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

absl::Status Wrong(const char* what) {
  ERR_clear_error();
  return absl::InvalidArgumentError(what);
}

Bio BioOf(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int NoPassphrase(char*, int, int, void*) { return -1; }

Key ReadPublic(std::string_view pem) {
  return Key(PEM_read_bio_PUBKEY(BioOf(pem).get(), nullptr, NoPassphrase, nullptr));
}

std::string_view CurveOf(std::string_view algorithm) {
  if (algorithm == "ES256") return "prime256v1";
  return algorithm == "ES384" ? "secp384r1" : "secp521r1";
}

bool HasCurve(const EVP_PKEY* key, std::string_view curve) {
  char name[64];
  size_t size = 0;
  return EVP_PKEY_get_group_name(key, name, sizeof name, &size) == 1 &&
         std::string_view(name, size) == curve;
}

absl::Status CheckSuits(const EVP_PKEY* key, std::string_view algorithm) {
  bool rsa = algorithm.starts_with("RS");
  if (EVP_PKEY_get_base_id(key) != (rsa ? EVP_PKEY_RSA : EVP_PKEY_EC)) {
    return Wrong(rsa ? "is no RSA key" : "is no elliptic-curve key");
  }
  if (rsa && EVP_PKEY_get_bits(key) < kRsaBitsMin) return Wrong("has less than 2048 bits");
  if (!rsa && !HasCurve(key, CurveOf(algorithm))) {
    return Wrong("is not on the curve of the algorithm");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPublicKey(std::string_view pem, std::string_view algorithm) {
  Key key = ReadPublic(pem);
  if (!key) return Wrong("is no public key in PEM");
  return CheckSuits(key.get(), algorithm);
}

absl::StatusOr<std::string> PublicKeyOf(std::string_view private_pem, std::string_view algorithm) {
  Key key(PEM_read_bio_PrivateKey(BioOf(private_pem).get(), nullptr, NoPassphrase, nullptr));
  if (!key) return Wrong("is no private key in PEM without a passphrase");
  absl::Status status = CheckSuits(key.get(), algorithm);
  if (!status.ok()) return status;
  Bio out(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (PEM_write_bio_PUBKEY(out.get(), key.get()) != 1) return Wrong("has no public key");
  long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

bool IsSamePublicKey(std::string_view a, std::string_view b) {
  Key left = ReadPublic(a), right = ReadPublic(b);
  return left && right && EVP_PKEY_eq(left.get(), right.get()) == 1;
}

}  // namespace sluice::tokens
