// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/store_health.h"

#include <string_view>

namespace sluice::server {

void StoreHealth::Visit(metrics::Visitor& visitor) const {
  auto show = [&visitor](std::string_view store, const storage::Health& health) {
    visitor.Level("store_degraded",
                  "1 while a store does not do all that it is asked for; /readyz says why.",
                  {{"store", store}}, health.degraded ? 1 : 0);
  };
  show("presence", stores_.presence().health());
  show("broker", stores_.broker().health());
}

}  // namespace sluice::server
