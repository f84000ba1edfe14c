// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/time/time.h"

namespace sluice::server {

// When the first of the certificates in a PEM file ends (RFC 5280 4.1.2.5); infinite past: there is
// none in it.
absl::Time EarliestExpiry(const std::string& pem_file);

}  // namespace sluice::server
