// SPDX-License-Identifier: Apache-2.0
//
// Lengths of time as people write and read them.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::ctl {

// "500ms", "10s", "1h30m". INVALID_ARGUMENT: no length of time, less than nothing, or without end.
absl::StatusOr<absl::Duration> ParseDuration(const std::string& text);

// Two units at most: "850ms", "12s", "3m05s", "2h07m", "4d03h". Rounded down.
std::string ShortDuration(absl::Duration duration);

}  // namespace sluice::ctl
