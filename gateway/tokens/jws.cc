// SPDX-License-Identifier: Apache-2.0
#include "gateway/tokens/jws.h"

#include <jwt.h>
#include <openssl/err.h>

#include <cstdlib>
#include <memory>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"

namespace sluice::tokens {
namespace {

struct FreeToken {
  void operator()(jwt_t* token) const { jwt_free(token); }
};
using TokenPtr = std::unique_ptr<jwt_t, FreeToken>;

struct FreeText {
  void operator()(char* text) const { std::free(text); }
};

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// The claim is left alone if it is there.
void AddIfAbsent(jwt_t* token, const char* claim, int64_t value) {
  jwt_add_grant_int(token, claim, static_cast<long>(value));
}

}  // namespace

absl::StatusOr<std::string> SignToken(const JwtKey& key, std::string_view claims_json,
                                      const TimeClaims& times) {
  absl::Cleanup clear = [] { ERR_clear_error(); };
  jwt_t* raw = nullptr;
  if (jwt_new(&raw) != 0) return absl::ResourceExhaustedError("no memory for a token");
  TokenPtr token(raw);
  bool whole = claims_json.find('\0') == claims_json.npos;  // the library would stop there
  if (!whole || jwt_add_grants_json(raw, std::string(claims_json).c_str()) != 0) {
    return absl::InvalidArgumentError("the claims cannot be written into a token");
  }
  AddIfAbsent(raw, "iat", times.issued_at);
  AddIfAbsent(raw, "exp", times.expires);
  if (!key.kid.empty()) jwt_add_header(raw, "kid", key.kid.c_str());
  jwt_alg_t algorithm = jwt_str_alg(key.algorithm.c_str());
  int size = static_cast<int>(key.sign_with.size());
  if (jwt_set_alg(raw, algorithm, Bytes(key.sign_with), size) != 0) {
    return absl::InternalError("the signing key was not taken");
  }
  std::unique_ptr<char, FreeText> text(jwt_encode_str(raw));
  if (!text) return absl::InternalError("the token could not be signed");
  return std::string(text.get());
}

bool IsSignedWith(const JwtKey& key, const std::string& token) {
  absl::Cleanup clear = [] { ERR_clear_error(); };
  jwt_t* raw = nullptr;
  int size = static_cast<int>(key.verify_with.size());
  if (jwt_decode(&raw, token.c_str(), Bytes(key.verify_with), size) != 0) return false;
  TokenPtr verified(raw);
  const char* algorithm = jwt_alg_str(jwt_get_alg(raw));
  return algorithm != nullptr && Verifies(key, algorithm);
}

}  // namespace sluice::tokens
