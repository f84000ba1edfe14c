// SPDX-License-Identifier: Apache-2.0
//
// Scripts that complete sluicectl's words in a shell: commands, flags, and the words that a flag
// takes.
#pragma once

#include <string>

#include "control/ctl/manual.h"

namespace sluice::ctl {

std::string BashCompletion(const Manual& manual);
std::string ZshCompletion(const Manual& manual);
std::string FishCompletion(const Manual& manual);

}  // namespace sluice::ctl
