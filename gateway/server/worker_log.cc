// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/worker_log.h"

#include <string>

namespace sluice::server {

void WorkerLog::UnknownResults(std::string_view worker, uint64_t id, uint64_t count) {
  const Instant now = ReadClocks().steady;
  {
    absl::MutexLock lock(&mutex_);
    count = lines_.Take(count, now);
  }
  if (count == 0) return;
  log_.Warn("results that nobody waits for",
            {{"worker", std::string(worker)},
             {"id", std::to_string(id)},
             {"count", std::to_string(count)},
             {"hint", "an id is answered once, as it came; read it as a 64-bit integer"}});
}

}  // namespace sluice::server
