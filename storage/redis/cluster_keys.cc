// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/cluster_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::storage::redis {
namespace {

constexpr size_t kMacBytes = 32;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Empty if OpenSSL has no memory, which no mac is equal to.
std::string Hmac(const std::string& secret, std::string_view channel, std::string_view text) {
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(EVP_MAC_CTX_new(algorithm),
                                                                    EVP_MAC_CTX_free);
  char digest[] = "SHA256";
  std::array<OSSL_PARAM, 2> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  const auto size = static_cast<uint32_t>(channel.size());
  const std::array<unsigned char, 4> length = {
      static_cast<unsigned char>(size >> 24), static_cast<unsigned char>(size >> 16),
      static_cast<unsigned char>(size >> 8), static_cast<unsigned char>(size)};
  std::array<unsigned char, kMacBytes> mac{};
  size_t written = 0;
  const bool made = context != nullptr &&
                    EVP_MAC_init(context.get(), Bytes(secret), secret.size(), params.data()) == 1 &&
                    EVP_MAC_update(context.get(), length.data(), length.size()) == 1 &&
                    EVP_MAC_update(context.get(), Bytes(channel), channel.size()) == 1 &&
                    EVP_MAC_update(context.get(), Bytes(text), text.size()) == 1 &&
                    EVP_MAC_final(context.get(), mac.data(), &written, mac.size()) == 1;
  return made ? std::string(mac.begin(), mac.end()) : std::string();
}

}  // namespace

absl::StatusOr<ClusterKeys> ClusterKeys::Make(std::vector<std::string> secrets) {
  if (secrets.size() > kKeysMax) {
    return absl::InvalidArgumentError(absl::StrCat(secrets.size(), " keys; at most ", kKeysMax));
  }
  for (size_t i = 0; i < secrets.size(); ++i) {
    if (secrets[i].size() >= kSecretBytesMin) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("key ", i + 1, " has less than ", kSecretBytesMin, " bytes"));
  }
  ClusterKeys keys;
  keys.secrets_ = std::move(secrets);
  return keys;
}

std::string ClusterKeys::Sign(std::string_view channel, std::string_view text) const {
  return secrets_.empty() ? std::string() : Hmac(secrets_.front(), channel, text);
}

bool ClusterKeys::Verify(std::string_view channel, std::string_view text,
                         std::string_view mac) const {
  if (secrets_.empty()) return true;
  if (mac.size() != kMacBytes) return false;
  return std::any_of(secrets_.begin(), secrets_.end(), [&](const std::string& secret) {
    const std::string own = Hmac(secret, channel, text);
    return own.size() == mac.size() && CRYPTO_memcmp(own.data(), mac.data(), mac.size()) == 0;
  });
}

}  // namespace sluice::storage::redis
