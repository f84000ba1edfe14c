// SPDX-License-Identifier: Apache-2.0
//
// How many descriptors the process may have, and who may have them: clients get what is below an
// end, and the reserve above it is for the admin and control ports, files, and whatever must still
// be opened when clients have used up theirs. The kernel gives out the lowest number that is free,
// so a descriptor's number alone says how many are in use.
#pragma once

#include <cstdint>

namespace sluice::server {

struct DescriptorLimits {
  uint64_t before = 0;  // the soft limit as it was
  uint64_t soft = 0;    // as it is
  uint64_t hard = 0;
};

// Raises the soft limit as far as it goes: a container's default is often 1,024.
DescriptorLimits RaiseDescriptorLimit();

// What is held back of `limit`: `wanted`, and not more than a quarter of a small limit.
uint64_t ReserveOf(uint64_t limit, uint64_t wanted);

// The number that the next descriptor gets; less than 0: there is none.
int NextDescriptor();

}  // namespace sluice::server
