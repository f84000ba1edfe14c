// SPDX-License-Identifier: Apache-2.0
//
// The same values as YAML. Strings stand in double quotes, so that none of them is taken for a
// number, a date or a truth; JSON's way of quoting is YAML's as well.
#pragma once

#include <string>

#include "control/ctl/json.h"

namespace sluice::ctl {

// Lines that end with a line break, each behind so many blanks.
std::string YamlText(const Json& value, size_t indent = 0);

}  // namespace sluice::ctl
