// SPDX-License-Identifier: Apache-2.0
//
// Whether what the control port's TLS options name is what it should be: gRPC says nothing of it.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace sluice::control {

// INVALID_ARGUMENT names the option: no certificate, no private key, or a key of another
// certificate.
absl::Status CheckKeyPair(const std::string& cert_pem, const std::string& key_pem);

// INVALID_ARGUMENT: no certificate.
absl::Status CheckClientCa(const std::string& pem);

}  // namespace sluice::control
