// SPDX-License-Identifier: Apache-2.0
//
// One key of signed tokens, bound to one algorithm (RFC 7518 3.1): a token that names another is
// not tried with it, so that a public key is never taken for a secret. A secret signs with its own
// algorithm and verifies those of every HS size, as SocketCluster's secrets do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::tokens {

struct JwtKey {
  std::string kid;                 // names it among others; may be empty
  std::string algorithm;           // "ES256"
  std::string sign_with;           // the secret, or a private key in PEM; empty: it only verifies
  std::string verify_with;         // the secret, or a public key in PEM
  std::vector<std::string> files;  // that these were read from, besides the list itself

  bool can_sign() const { return !sign_with.empty(); }
};

// HS, RS and ES, each with 256, 384 and 512 bits.
bool IsJwtAlgorithm(std::string_view name);
bool IsSymmetric(std::string_view algorithm);

// Whether a token whose header names `algorithm` may be tried with the key.
bool Verifies(const JwtKey& key, std::string_view algorithm);

inline constexpr size_t kJwtKeysMax = 100;

// Reads a list of keys from a YAML (or JSON) file:
//   - kid: "2026-11"                     # optional
//     algorithm: ES256
//     private_key_file: signing.pem      # PEM; with it, the key signs
//     public_key_file: verifying.pem     # PEM; alone, the key only verifies
//   - algorithm: HS256
//     secret: "..."                      # or secret_file; one newline at its end is not part of it
// Relative paths start where the file is. INVALID_ARGUMENT names what is wrong.
absl::StatusOr<std::vector<JwtKey>> LoadJwtKeys(const std::string& file);

}  // namespace sluice::tokens
