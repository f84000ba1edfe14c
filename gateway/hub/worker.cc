// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/worker.h"

#include <array>

namespace sluice::hub {

const std::shared_ptr<const ContextSpec>& NoContext() {
  static const auto nothing = std::make_shared<const ContextSpec>();
  return nothing;
}

std::string_view GuardLabel(GuardAction action) {
  constexpr std::array<std::string_view, kGuardActionCount> kLabels = {
      "connect",   "handshake",  "call",        "transmit",
      "subscribe", "publish_in", "publish_out", "authenticate"};
  return kLabels[static_cast<size_t>(action)];
}

}  // namespace sluice::hub
