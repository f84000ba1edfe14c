// SPDX-License-Identifier: Apache-2.0
//
// Replaces a file at once, so that a reader finds either what was there or everything.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace sluice::server {

// INVALID_ARGUMENT, beginning with the option's name: it cannot be written.
absl::Status WriteWholeFile(const std::string& option, const std::string& path,
                            const std::string& text);

}  // namespace sluice::server
