// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/probe.h"

namespace sluice::admin {

void Probe::Visit(metrics::Visitor& visitor) const {
  visitor.Count("admin_requests_total", "Requests on the admin port.", {}, requests.value());
  auto refused = [&visitor](std::string_view reason, const metrics::Counter& counter) {
    visitor.Count("admin_refused_total", "Connections of the admin port that got no page.",
                  {{"reason", reason}}, counter.value());
  };
  refused("connections", too_many);
  refused("header_bytes", too_large);
  refused("timeout", too_slow);
  refused("malformed", malformed);
  refused("unanswered", unanswered);
}

}  // namespace sluice::admin
