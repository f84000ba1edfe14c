// SPDX-License-Identifier: Apache-2.0
//
// The options of a node that is one of many, for the table.
#pragma once

#include <vector>

#include "gateway/config/option.h"
#include "gateway/config/settings.h"

namespace sluice::config {

// --storage. Shows no password: as text it is not what was given.
Option StorageOption(Settings& settings);
std::vector<Option> ClusterTable(Settings& settings);

}  // namespace sluice::config
