// SPDX-License-Identifier: Apache-2.0
//
// How a store is: it works, or some of what it is asked for fails or comes late.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace sluice::storage {

struct Health {
  bool degraded = false;
  absl::Time since = absl::InfinitePast();  // that it is so; infinite: as long as it lives
  std::string why{};                        // degraded: one line for people
};

}  // namespace sluice::storage
