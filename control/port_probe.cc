// SPDX-License-Identifier: Apache-2.0
#include "control/port_probe.h"

namespace sluice::control {

void PortProbe::Visit(metrics::Visitor& visitor) const {
  visitor.Level("control_connections", "Open connections of the control port.", {},
                static_cast<double>(connections.value()));
  auto refused = [&visitor](std::string_view reason, const metrics::Counter& counter) {
    visitor.Count(
        "control_connections_refused_total",
        "Connections of the control port that were cut: they were silent, or too many, in "
        "all or of one address.",
        {{"reason", reason}}, counter.value());
  };
  refused("silent", silent);
  refused("address", per_address);
  refused("connections", too_many);
  visitor.Count("control_accept_errors_total",
                "accept() failures of the control port; a rise means too few descriptors.", {},
                accept_errors.value());
}

}  // namespace sluice::control
