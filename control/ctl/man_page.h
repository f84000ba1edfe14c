// SPDX-License-Identifier: Apache-2.0
//
// The manual page, made of what the commands declare, so that it has what --help has.
#pragma once

#include <string>

#include "control/ctl/manual.h"

namespace sluice::ctl {

std::string TroffOf(const Manual& manual);

}  // namespace sluice::ctl
