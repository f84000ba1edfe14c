// SPDX-License-Identifier: Apache-2.0
//
// What must hold of what rooms take, beside bounds that meet (relations.h); each option alone was
// checked when it was set.
#pragma once

#include "absl/status/status.h"
#include "gateway/config/settings.h"

namespace sluice::config {

// INVALID_ARGUMENT: one line that begins with an option's name, without dashes.
absl::Status Validate(const Settings& settings);

}  // namespace sluice::config
