// SPDX-License-Identifier: Apache-2.0
//
// Which namespaces a command that looks at them is about: that of the settings, or, with
// --all-namespaces, all that have connections.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "control/ctl/flags.h"
#include "control/ctl/session.h"

namespace sluice::ctl {

void DeclareAllSpaces(Flags& flags, bool* into);

// A namespace that comes while it asks may be missing.
absl::StatusOr<std::vector<std::string>> SpacesOf(Session& session, bool all);

}  // namespace sluice::ctl
