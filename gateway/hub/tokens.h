// SPDX-License-Identifier: Apache-2.0
//
// What the hub needs to know of signed tokens (JWT, RFC 7519): whether one is good, and how to make
// one. Thread-safe; keys may be exchanged meanwhile.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/hub/fault.h"

namespace sluice::hub {

// A token that was verified.
struct Token {
  std::string text;         // as it was signed
  std::string claims_json;  // its payload, one JSON object
  std::string user;         // the claim that names the user (--jwt-user-claim), or empty
  absl::Time expires = absl::InfiniteFuture();
};

// Why one was not. `error` has the name that JWT clients know: AuthTokenExpiredError,
// AuthTokenInvalidError, AuthTokenNotBeforeError; its data holds "expiry" or "date", and
// "isBadToken".
struct TokenFlaw {
  CallError error;
  bool is_bad = true;  // useless for ever: the client should forget it
};

class TokenAuthority {
 public:
  virtual ~TokenAuthority() = default;

  virtual std::variant<Token, TokenFlaw> Verify(std::string_view token, absl::Time now) const = 0;

  // `claims_json` is an object; iat is added, and exp if it has none. FAILED_PRECONDITION: there is
  // no key to sign with. INVALID_ARGUMENT: no object, or an exp that is no number.
  virtual absl::StatusOr<Token> Sign(std::string_view claims_json, absl::Time now) const = 0;
};

// What an expired session token is answered with from then on.
TokenFlaw ExpiredToken(absl::Time expires);

}  // namespace sluice::hub
