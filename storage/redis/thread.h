// SPDX-License-Identifier: Apache-2.0
//
// The thread on which the stores on Redis live: an executor, with a loop and the client there.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "gateway/runtime/loop_probe.h"
#include "storage/executor.h"
#include "storage/redis/client.h"

namespace sluice::storage::redis {

class Thread final : public Executor {
 public:
  // See Client::Make.
  static absl::StatusOr<std::unique_ptr<Thread>> Make(Options options);
  ~Thread() override;  // stops

  void Post(Task task) override;

  // Once; see Client::Start. `tick`, unless empty, is told the time every 20 ms, on the thread.
  void Start(std::function<void()> on_new_master, std::function<void(Now now)> tick = {});
  // Not on the thread itself. The client stops, and then the thread ends.
  void Stop();

  // On the thread, until Stop returns; what Client allows to any thread, on any.
  Client& client();
  const runtime::LoopProbe& loop() const;

 private:
  struct Impl;
  explicit Thread(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::storage::redis
