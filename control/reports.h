// SPDX-License-Identifier: Apache-2.0
//
// What a person should read, though no rpc says it. All are thread-safe. They are called each time,
// so whoever writes them down bounds how often.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::control {

// Callers that were not let in.
class CallerReports {
 public:
  virtual ~CallerReports() = default;

  // `peer` as gRPC names it: "ipv4:192.0.2.1:5555". `what`: what was wrong with its token, which is
  // not part of it.
  virtual void TokenRefused(const std::string& peer, std::string_view what) = 0;
};

// Mistakes of workers that no client is told about.
class WorkerReports {
 public:
  virtual ~WorkerReports() = default;

  // `worker` sent `count` results for invocations that it does not owe; `id` names the first.
  virtual void UnknownResults(std::string_view worker, uint64_t id, uint64_t count) = 0;
};

}  // namespace sluice::control
