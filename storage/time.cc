// SPDX-License-Identifier: Apache-2.0
#include "storage/time.h"

#include <chrono>

#include "absl/time/clock.h"

namespace sluice {

Now ReadClocks() {
  const auto elapsed = std::chrono::steady_clock::now().time_since_epoch();
  return {Instant(absl::FromChrono(elapsed)), absl::Now()};
}

}  // namespace sluice
