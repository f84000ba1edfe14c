// SPDX-License-Identifier: Apache-2.0
//
// Nodes of one process talking to one another: the broker of a node without
// peers, and what tests of several nodes stand on. Nothing is lost on it, so
// there are no gaps.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>

#include "storage/broker.h"

namespace sluice::storage {

// What the nodes share. Thread-safe; outlives its brokers. The executors given
// to the brokers outlive the asks that name them.
class MemoryBus {
 public:
  explicit MemoryBus(size_t message_bytes = 5 << 20);  // --cluster-message-bytes
  ~MemoryBus();
  MemoryBus(const MemoryBus&) = delete;
  MemoryBus& operator=(const MemoryBus&) = delete;

  // Time passes: asks whose deadline has come end with those that are silent as
  // unreachable. Call it from any thread, as often as deadlines are to be
  // exact. A bus of one node needs no ticks.
  void Tick(Instant now);

 private:
  friend class MemoryBroker;
  class Exchange;
  std::shared_ptr<Exchange> exchange_;
};

// One node's end of the bus; on it while it lives. Names are unique.
class MemoryBroker final : public Broker {
 public:
  MemoryBroker(MemoryBus& bus, std::string node);
  ~MemoryBroker() override;

  void Serve(Executor& home, Service service) override;
  std::set<std::string> peers() const override;
  absl::Status AskAll(std::string payload, absl::Duration timeout, Executor& home,
                      Done done) override;
  void Ask(std::string node, std::string payload, absl::Duration timeout, Executor& home,
           Done done) override;
  absl::Status Tell(const std::string& node, std::string payload) override;
  absl::Status Say(const std::string& space, std::string payload) override;
  void Hear(const std::string& space, Executor& home, Heard heard) override;
  void Unhear(const std::string& space) override;
  Health health() const override { return {}; }  // always well

 private:
  std::shared_ptr<MemoryBus::Exchange> exchange_;
  std::string node_;
};

}  // namespace sluice::storage
