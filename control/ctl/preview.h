// SPDX-License-Identifier: Apache-2.0
//
// What a selector would hit: how many, and the first of them. Also the dry run of every command
// that acts.
#pragma once

#include "control/ctl/session.h"
#include "sluice/v1/types.pb.h"

namespace sluice::ctl {

Exit Preview(Session& session, const v1::Selector& selector);

}  // namespace sluice::ctl
