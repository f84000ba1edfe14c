// SPDX-License-Identifier: Apache-2.0
#include "storage/broker_memory.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "tests/fakes/manual_executor.h"
#include "tests/storage/broker_contract.h"

namespace sluice::storage {
namespace {

Now At(int seconds) { return {Instant(absl::Seconds(seconds)), absl::FromUnixSeconds(seconds)}; }

class MemoryBusHarness final : public BrokerHarness {
 public:
  Broker& Enter(const std::string& node) override {
    auto& broker = nodes_[node];
    broker = std::make_unique<MemoryBroker>(bus_, node);
    return *broker;
  }
  void Leave(const std::string& node) override { nodes_.erase(node); }
  Executor& home() override { return home_; }
  void RunUntil(const std::function<bool()>& done) override {
    home_.RunAll(now_);
    ASSERT_TRUE(done());
  }
  void Pass(absl::Duration time) override {
    home_.RunAll(now_);
    now_ += time;
    bus_.Tick(now_);
    home_.RunAll(now_);
  }

 private:
  Now now_ = At(1000);
  fakes::ManualExecutor home_;
  MemoryBus bus_{kMessageBytes};
  std::map<std::string, std::unique_ptr<MemoryBroker>> nodes_;
};

INSTANTIATE_TEST_SUITE_P(Memory, BrokerContract,
                         testing::Values([]() -> std::unique_ptr<BrokerHarness> {
                           return std::make_unique<MemoryBusHarness>();
                         }));

TEST(MemoryBroker, ANodeThatDoesNotServeYetIsUnreachable) {
  fakes::ManualExecutor home;
  MemoryBus bus;
  MemoryBroker a(bus, "a");
  MemoryBroker b(bus, "b");
  Replies replies;
  EXPECT_TRUE(a.AskAll("hello", absl::Seconds(1), home, [&](Replies got, Now) {
                 replies = std::move(got);
               }).ok());
  home.RunAll(At(10));
  bus.Tick(At(11));
  home.RunAll(At(11));
  EXPECT_EQ(replies.unreachable, std::vector<std::string>{"b"});
}

TEST(MemoryBroker, ARequestUnderWayDoesNotReachANodeThatLeft) {
  fakes::ManualExecutor home;
  MemoryBus bus;
  MemoryBroker a(bus, "a");
  auto b = std::make_unique<MemoryBroker>(bus, "b");
  bool asked = false;
  Broker::Service service;
  service.on_ask = [&](std::string, Broker::Reply) { asked = true; };
  b->Serve(home, std::move(service));
  EXPECT_TRUE(a.AskAll("hello", absl::Seconds(1), home, [](const Replies&, Now) {}).ok());
  b.reset();
  home.RunAll(At(10));
  EXPECT_FALSE(asked);
}

}  // namespace
}  // namespace sluice::storage
