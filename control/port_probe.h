// SPDX-License-Identifier: Apache-2.0
//
// What the control port counts. Written by its thread.
#pragma once

#include "metrics/probe.h"

namespace sluice::control {

struct PortProbe {
  metrics::Gauge connections;    // open, silent or not
  metrics::Counter silent;       // cut: they said nothing, in time or until their place was needed
  metrics::Counter per_address;  // refused: --control-connections-per-address
  metrics::Counter too_many;     // refused: --control-connections-max
  metrics::Counter accept_errors;  // no descriptors, mostly

  void Visit(metrics::Visitor& visitor) const;
};

}  // namespace sluice::control
