// SPDX-License-Identifier: Apache-2.0
//
// The table of all options.
#pragma once

#include <vector>

#include "gateway/config/option.h"
#include "gateway/config/settings.h"

namespace sluice::config {

// Every option in the order of the help, bound to `settings`.
std::vector<Option> BindOptions(Settings& settings);

}  // namespace sluice::config
