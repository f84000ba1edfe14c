// SPDX-License-Identifier: Apache-2.0
//
// sluicectl from its command line to its exit code.
#pragma once

#include <string>
#include <vector>

#include "control/ctl/exit.h"
#include "control/ctl/interrupts.h"

namespace sluice::ctl {

Exit RunProgram(const std::vector<std::string>& words, Interrupts& interrupts);

}  // namespace sluice::ctl
