// SPDX-License-Identifier: Apache-2.0
//
// Calls of the clients of three nodes, many at once, while messages are lost.
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control/cluster_call.h"
#include "tests/control/rough_cluster.h"

namespace sluice::control {
namespace {

// Whatever is lost, each call ends in time, what is told adds up, and nothing comes twice.
struct AnySeed : RoughCluster, testing::WithParamInterface<uint32_t> {
  struct OneCall {
    Answers answers;
    std::shared_ptr<ClientCall> call;
    bool forgotten = false;
  };

  AnySeed() : RoughCluster(GetParam()) {}

  uint32_t Pick(uint32_t below) { return random() % below; }
  void MoveSome() {
    for (uint32_t i = Pick(30); i > 0; --i) {
      if (Pick(2) == 0) {
        bus.Deliver();
      } else {
        hub(1 + static_cast<int>(Pick(3))).world.Run();
      }
    }
  }
  void Act(std::vector<std::unique_ptr<OneCall>>& calls) {
    switch (Pick(8)) {
      case 0:
        if (calls.size() >= 20) return;
        calls.push_back(std::make_unique<OneCall>());
        calls.back()->call = *CallClients(hub(1).cluster, Request(1 + static_cast<int>(Pick(10))),
                                          calls.back()->answers.Listener());
        return;
      case 1:
      case 2:
      case 3: {
        const std::string id = absl::StrCat(Pick(2) == 0 ? "a" : "b", 1 + Pick(3));
        return Answer(id, "1", static_cast<int>(1 + Pick(20)));
      }
      case 4:
        return Pick(3) > 0 ? void() : bus.Cut(absl::StrCat("n", 1 + Pick(3)));
      case 5:
        return bus.Mend(absl::StrCat("n", 1 + Pick(3)));
      case 6:
        if (calls.empty() || Pick(10) > 0) return;
        calls.back()->call->Forget();
        calls.back()->forgotten = true;
        return;
      default:
        return;
    }
  }
  static void Check(const OneCall& one) {
    const std::vector<std::string>& lines = one.answers.lines;
    std::set<std::string> who;
    for (const std::string& line : lines) who.insert(line.substr(0, 2));
    EXPECT_EQ(who.size(), lines.size()) << "each client answers once";
    if (one.forgotten) return;
    ASSERT_TRUE(one.answers.outcome);
    EXPECT_EQ(one.answers.outcome->enqueued(), lines.size());
    EXPECT_EQ(one.answers.outcome->matched(), lines.size());
    if (one.answers.outcome->unreachable().empty()) {
      EXPECT_EQ(lines.size(), 6);
    }
  }
};

TEST_P(AnySeed, EveryCallEndsAndAddsUp) {
  std::vector<std::unique_ptr<OneCall>> calls;
  for (int i = 0; i < 600; ++i) {
    MoveSome();
    Act(calls);
    if (Pick(4) > 0) continue;
    now += absl::Milliseconds(50);
    for (auto& node : nodes) {
      node->hub.world.Pass(absl::Milliseconds(50));
      node->hub.book.Tick(now);
    }
    bus.Tick(now);
  }
  for (int i = 1; i <= 3; ++i) bus.Mend(absl::StrCat("n", i));
  Pass(absl::Seconds(40));
  for (const auto& one : calls) Check(*one);
  ExpectNothingIsLeft({1, 2, 3});
  EXPECT_EQ(bus.asks(), 0);
  calls.clear();
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnySeed, testing::Range(1U, 41U));

}  // namespace
}  // namespace sluice::control
