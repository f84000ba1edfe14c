// SPDX-License-Identifier: Apache-2.0
//
// The signature of compact tokens (RFC 7515), by libjwt: nothing else sees that library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gateway/tokens/jwt_key.h"

namespace sluice::tokens {

// Claims that are added to those of the text unless they are in there.
struct TimeClaims {
  int64_t issued_at = 0;  // seconds
  int64_t expires = 0;
};

// `key` can sign. `claims_json` is one JSON object. INVALID_ARGUMENT: it holds what the library
// cannot write (a whole number beyond 64 bits, a NUL, a key twice).
absl::StatusOr<std::string> SignToken(const JwtKey& key, std::string_view claims_json,
                                      const TimeClaims& times);

// Whether `token`, whose header names an algorithm that the key verifies, was signed with it.
bool IsSignedWith(const JwtKey& key, const std::string& token);

}  // namespace sluice::tokens
