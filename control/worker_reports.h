// SPDX-License-Identifier: Apache-2.0
//
// What a person should read about workers: mistakes of theirs that no client is told about.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::control {

// Thread-safe; called for each mistake, so whoever writes them down bounds how often.
class WorkerReports {
 public:
  virtual ~WorkerReports() = default;

  // `worker` sent `count` results for invocations that it does not owe; `id` names the first.
  virtual void UnknownResults(std::string_view worker, uint64_t id, uint64_t count) = 0;
};

}  // namespace sluice::control
