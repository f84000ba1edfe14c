// SPDX-License-Identifier: Apache-2.0
//
// What the kernel counts for this process, under the names that Prometheus'
// client libraries agreed upon (process_*, without our prefix).
#pragma once

#include <string_view>
#include <vector>

namespace sluice::metrics {

struct ProcessValue {
  std::string_view name;
  std::string_view help;
  double value = 0;
  bool counter = false;  // else a gauge
};

// What can be read now; what /proc does not tell is left out.
std::vector<ProcessValue> ReadProcess();

}  // namespace sluice::metrics
