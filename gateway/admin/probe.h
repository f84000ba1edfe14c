// SPDX-License-Identifier: Apache-2.0
//
// What the admin port counts.
#pragma once

#include "metrics/probe.h"

namespace sluice::admin {

// Written by the admin port's thread alone, read at scrape.
struct Probe final : metrics::Source {
  metrics::Counter requests;
  metrics::Counter too_many;   // over --admin-connections-max, or those of one address over theirs
  metrics::Counter too_large;  // requests over --admin-header-bytes
  metrics::Counter too_slow;   // requests over --admin-timeout
  metrics::Counter malformed;
  metrics::Counter unanswered;  // pages over --admin-timeout, or that will never answer
  void Visit(metrics::Visitor& visitor) const override;
};

}  // namespace sluice::admin
