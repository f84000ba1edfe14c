// SPDX-License-Identifier: Apache-2.0
//
// How much of the machine this process may use: the cores that there are, those that its affinity
// (and so cpuset) allows, and the quota of its control groups, v1 and v2. A container with one
// core's quota on a large machine has one core, whatever the machine says.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::server {

struct Processors {
  uint32_t cores = 1;     // online
  uint32_t affinity = 1;  // of these, allowed
  double quota = 0;       // cores' worth of time, the least of all groups above; 0: no quota

  // How many threads can run at once: at least 1.
  uint32_t granted() const;
};

// `root` is put in front of /proc and /sys: for tests.
Processors ReadProcessors(const std::string& root = "");

// The quota alone, from the control groups.
double ReadQuota(const std::string& root);

}  // namespace sluice::server
