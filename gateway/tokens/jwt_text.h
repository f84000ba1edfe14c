// SPDX-License-Identifier: Apache-2.0
//
// A compact token taken apart, before anybody trusts it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sluice::tokens {

// What verifying needs of the header, and the claims.
struct JwtText {
  std::string algorithm;                      // empty: it names none
  std::string kid;                            // empty: it names none
  std::string claims_json;                    // an object
  std::string user;                           // the claim that names the user, or empty
  std::optional<double> expires, not_before;  // seconds since 1970
};

// Or else what is wrong with it, in the words that JWT clients know.
using JwtTextOrFlaw = std::variant<JwtText, std::string>;
JwtTextOrFlaw TakeApart(std::string_view token, const std::string& user_claim);

}  // namespace sluice::tokens
