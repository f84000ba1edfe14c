// SPDX-License-Identifier: Apache-2.0
//
// What an operator says about signed tokens.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace sluice::tokens {

struct JwtOptions {
  std::string keys_file = {};               // --jwt-keys; empty: no token is good
  absl::Duration expiry = absl::Hours(24);  // --jwt-expiry, of tokens that state none
  std::string user_claim = "sub";           // --jwt-user-claim
};

}  // namespace sluice::tokens
