// SPDX-License-Identifier: Apache-2.0
//
// Key pairs in PEM, checked before anything is signed or verified with them. None may have a
// passphrase: nobody is there to type it.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::tokens {

// Whether `pem` is a public key ("BEGIN PUBLIC KEY") that suits a JWT algorithm: RSA of 2048 bits
// and more, or the curve that the algorithm prescribes (RFC 7518 3.3, 3.4).
absl::Status CheckPublicKey(std::string_view pem, std::string_view algorithm);

// The public key, in PEM, of a private one; that one is checked in the same way.
absl::StatusOr<std::string> PublicKeyOf(std::string_view private_pem, std::string_view algorithm);

// Both are public keys in PEM.
bool IsSamePublicKey(std::string_view a, std::string_view b);

}  // namespace sluice::tokens
