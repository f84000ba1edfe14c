// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/stores_memory.h"

#include "storage/broker_memory.h"
#include "storage/presence_memory.h"

namespace sluice::server {
namespace {

class MemoryStores final : public Stores {
 public:
  explicit MemoryStores(const std::string& node) : broker_(bus_, node) {}

  storage::Presence& presence() override { return presence_; }
  storage::Broker& broker() override { return broker_; }
  bool shared() const override { return false; }
  std::vector<const metrics::Source*> metrics() const override { return {}; }
  void WatchThread(runtime::Heartbeats&) const override {}
  void Start(const runtime::Log&) override {}
  void Stop() override {}

 private:
  storage::MemoryPresence presence_;
  storage::MemoryBus bus_;  // with nobody else on it: no ask waits, so it need not know the time
  storage::MemoryBroker broker_;
};

}  // namespace

std::unique_ptr<Stores> MakeMemoryStores(const std::string& node) {
  return std::make_unique<MemoryStores>(node);
}

}  // namespace sluice::server
