// SPDX-License-Identifier: Apache-2.0
//
// The pages that there are: /metrics, /readyz and /healthz. These answer at once, from what other
// threads left where anybody may read it: whether a thread is stuck is not asked of that thread.
#pragma once

#include <functional>
#include <string>

#include "gateway/admin/page.h"

namespace sluice::admin {

struct Readiness {
  bool ready = true;
  std::string detail;  // JSON, for people and for `kubectl describe`
};

// What the pages show. Called on the admin port's thread.
struct Sources {
  std::function<std::string()> metrics;  // Prometheus's text format
  std::function<Readiness()> readiness;
  // What is wrong that a restart would mend, one line; empty: nothing.
  std::function<std::string()> sickness;
};

Pages NodePages(Sources sources);

}  // namespace sluice::admin
