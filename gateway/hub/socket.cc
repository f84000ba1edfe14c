// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/socket.h"

#include "text/traceparent.h"

namespace sluice::hub {

std::string_view TraceparentOf(const Upgrade& upgrade) {
  for (const auto& [name, value] : upgrade.headers) {
    if (name == text::kTraceparentHeader) return text::Traceparent(value);
  }
  return {};
}

}  // namespace sluice::hub
