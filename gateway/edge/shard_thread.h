// SPDX-License-Identifier: Apache-2.0
//
// A shard's thread: it runs the shard's loop, holds its connections, and is the Executor by which
// everybody else reaches the shard.
//
// A turn of the loop: the handlers that are ready, a bounded number of them; then every outbox that
// got something is written with one gathered send; then the hub hands its events over. Every 20 ms
// the hub is told the time.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "gateway/edge/probe.h"
#include "gateway/hub/shard.h"
#include "gateway/runtime/loop_probe.h"
#include "storage/executor.h"

namespace sluice::edge {

struct CommonParts;
struct HostPort;

class ShardThread final : public storage::Executor {
 public:
  // `common` outlives it.
  ShardThread(uint32_t index, CommonParts& common);
  ~ShardThread() override;  // stops

  // Any thread, at any time. What is posted before Start runs then.
  void Post(Task task) override;

  const EdgeProbe& probe() const;
  const runtime::LoopProbe& loop() const;

  // Takes a share of the public port; port 0 chooses one. Returns the port.
  absl::StatusOr<uint16_t> Listen(const HostPort& address);

  // `shard` lives until Stop has returned.
  void Start(hub::Shard& shard);

  // Cuts what is left, and joins. Nothing refers to the hub's shard any more.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::edge
