// SPDX-License-Identifier: Apache-2.0
#include "storage/time.h"

#include <chrono>

namespace sluice {

// Not absl::Now, which counts cycles between looks at the clock: a step forward takes it two
// seconds to notice, and a step back it does not believe.
Now ReadClocks() {
  const auto elapsed = std::chrono::steady_clock::now().time_since_epoch();
  return {Instant(absl::FromChrono(elapsed)), absl::FromChrono(std::chrono::system_clock::now())};
}

}  // namespace sluice
