// SPDX-License-Identifier: Apache-2.0
//
// When a client that is sent away should come back: said in the close reason, the one place that
// every client library shows its user, as "going away; retry-after=3.2s".
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace sluice::hub {

// `reason` with the advice behind it; what is too long for a close frame is cut from `reason`,
// between characters. `wait` is said in tenths of a second.
std::string Advise(std::string_view reason, absl::Duration wait);

}  // namespace sluice::hub
