// SPDX-License-Identifier: Apache-2.0
//
// What every implementation of storage::Broker promises. An implementation
// joins with a harness and INSTANTIATE_TEST_SUITE_P(Name, BrokerContract, ...).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/broker.h"

namespace sluice::storage {

// A cluster of nodes on one broker, under a test's control.
class BrokerHarness {
 public:
  virtual ~BrokerHarness() = default;
  // Adds a node; it lives as long as the harness, or until Leave.
  virtual Broker& Enter(const std::string& node) = 0;
  virtual void Leave(const std::string& node) = 0;
  // Where every node's callbacks run.
  virtual Executor& home() = 0;
  // Runs what was posted to home() until `done` says so; fails the test after a
  // while.
  virtual void RunUntil(const std::function<bool()>& done) = 0;
  // Lets time pass, and what was posted run.
  virtual void Pass(absl::Duration time) = 0;
};

using BrokerHarnessFactory = std::function<std::unique_ptr<BrokerHarness>()>;

class BrokerContract : public testing::TestWithParam<BrokerHarnessFactory> {
 protected:
  using Reply = absl::AnyInvocable<void(std::string)>;
  static constexpr absl::Duration kTimeout = absl::Milliseconds(500);

  // A node that answers with its name and what it was asked.
  void EnterEcho(const std::string& node) {
    harness_->Enter(node).Serve(harness_->home(), [node](std::string payload, Reply reply) {
      reply(node + ":" + payload);
    });
  }

  // A node that keeps its replies for later.
  void EnterSlow(const std::string& node) {
    harness_->Enter(node).Serve(
        harness_->home(), [this](std::string, Reply reply) { kept_.push_back(std::move(reply)); });
  }

  Broker::Done Into(std::optional<Replies>& replies) {
    return [this, &replies](Replies got, Now) {
      ++completions_;
      std::sort(got.replies.begin(), got.replies.end(),
                [](const auto& a, const auto& b) { return a.node < b.node; });
      std::sort(got.unreachable.begin(), got.unreachable.end());
      replies = std::move(got);
    };
  }

  Replies AskAll(Broker& broker, const std::string& payload) {
    std::optional<Replies> replies;
    broker.AskAll(payload, kTimeout, harness_->home(), Into(replies));
    EXPECT_FALSE(replies.has_value()) << "completed from within the call";
    harness_->RunUntil([&] { return replies.has_value(); });
    return std::move(replies).value_or(Replies());
  }

  std::vector<Reply> kept_;
  int completions_ = 0;
  std::unique_ptr<BrokerHarness> harness_ = GetParam()();
};

TEST_P(BrokerContract, AloneThereIsNobodyToAsk) {
  Broker& alone = harness_->Enter("a");
  EXPECT_EQ(alone.peers(), 0u);
  Replies replies = AskAll(alone, "hello");
  EXPECT_TRUE(replies.replies.empty());
  EXPECT_TRUE(replies.unreachable.empty());
}

TEST_P(BrokerContract, AsksEveryOtherNode) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  EnterEcho("c");
  EXPECT_EQ(a.peers(), 2u);
  Replies replies = AskAll(a, "hello");
  ASSERT_EQ(replies.replies.size(), 2u);
  EXPECT_EQ(replies.replies[0].node, "b");
  EXPECT_EQ(replies.replies[0].payload, "b:hello");
  EXPECT_EQ(replies.replies[1].node, "c");
  EXPECT_EQ(replies.replies[1].payload, "c:hello");
  EXPECT_TRUE(replies.unreachable.empty());
}

TEST_P(BrokerContract, AsksOneNode) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  EnterEcho("c");
  std::optional<Replies> replies;
  a.Ask("c", "hello", kTimeout, harness_->home(), Into(replies));
  harness_->RunUntil([&] { return replies.has_value(); });
  ASSERT_EQ(replies->replies.size(), 1u);
  EXPECT_EQ(replies->replies[0].payload, "c:hello");
}

TEST_P(BrokerContract, SilentNodesAreUnreachableAtTheDeadline) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  EnterSlow("c");
  std::optional<Replies> replies;
  a.AskAll("hello", kTimeout, harness_->home(), Into(replies));
  harness_->RunUntil([&] { return kept_.size() == 1; });
  harness_->Pass(kTimeout / 2);
  EXPECT_FALSE(replies.has_value());
  harness_->Pass(kTimeout);
  harness_->RunUntil([&] { return replies.has_value(); });
  ASSERT_EQ(replies->replies.size(), 1u);
  EXPECT_EQ(replies->replies[0].node, "b");
  EXPECT_EQ(replies->unreachable, std::vector<std::string>{"c"});
}

TEST_P(BrokerContract, AReplyMayComeLater) {
  Broker& a = harness_->Enter("a");
  EnterSlow("b");
  std::optional<Replies> replies;
  a.AskAll("hello", kTimeout, harness_->home(), Into(replies));
  harness_->RunUntil([&] { return kept_.size() == 1; });
  kept_[0]("later");
  harness_->RunUntil([&] { return replies.has_value(); });
  ASSERT_EQ(replies->replies.size(), 1u);
  EXPECT_EQ(replies->replies[0].payload, "later");
}

TEST_P(BrokerContract, ASecondReplyIsIgnored) {
  Broker& a = harness_->Enter("a");
  EnterSlow("b");
  EnterSlow("c");
  std::optional<Replies> replies;
  a.AskAll("hello", kTimeout, harness_->home(), Into(replies));
  harness_->RunUntil([&] { return kept_.size() == 2; });
  kept_[0]("first");
  kept_[0]("second");
  harness_->Pass(absl::ZeroDuration());
  EXPECT_FALSE(replies.has_value()) << "the second reply stood in for the other node's";
  kept_[1]("other");
  harness_->RunUntil([&] { return replies.has_value(); });
  EXPECT_EQ(replies->replies.size(), 2u);
  EXPECT_EQ(completions_, 1);
}

TEST_P(BrokerContract, ALateReplyIsIgnored) {
  Broker& a = harness_->Enter("a");
  EnterSlow("b");
  std::optional<Replies> replies;
  a.AskAll("hello", kTimeout, harness_->home(), Into(replies));
  harness_->RunUntil([&] { return kept_.size() == 1; });
  harness_->Pass(kTimeout * 2);
  harness_->RunUntil([&] { return replies.has_value(); });
  kept_[0]("too late");
  harness_->Pass(kTimeout);
  EXPECT_TRUE(replies->replies.empty());
  EXPECT_EQ(replies->unreachable, std::vector<std::string>{"b"});
  EXPECT_EQ(completions_, 1);
}

TEST_P(BrokerContract, AnUnknownNodeIsUnreachable) {
  Broker& a = harness_->Enter("a");
  std::optional<Replies> replies;
  a.Ask("nobody", "hello", kTimeout, harness_->home(), Into(replies));
  harness_->Pass(absl::ZeroDuration());
  harness_->Pass(kTimeout * 2);
  harness_->RunUntil([&] { return replies.has_value(); });
  EXPECT_EQ(replies->unreachable, std::vector<std::string>{"nobody"});
}

TEST_P(BrokerContract, ANodeThatLeftIsNoPeer) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  harness_->Leave("b");
  EXPECT_EQ(a.peers(), 0u);
  EXPECT_TRUE(AskAll(a, "hello").replies.empty());
}

TEST_P(BrokerContract, ANodeThatLeavesWhileItIsAskedIsUnreachable) {
  Broker& a = harness_->Enter("a");
  EnterSlow("b");
  std::optional<Replies> replies;
  a.AskAll("hello", kTimeout, harness_->home(), Into(replies));
  harness_->RunUntil([&] { return kept_.size() == 1; });
  harness_->Leave("b");
  harness_->Pass(kTimeout * 2);
  harness_->RunUntil([&] { return replies.has_value(); });
  EXPECT_EQ(replies->unreachable, std::vector<std::string>{"b"});
}

TEST_P(BrokerContract, PayloadsAreBytes) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  const std::string odd("\x00\xff\n", 3);
  EXPECT_EQ(AskAll(a, odd).replies.at(0).payload, "b:" + odd);
}

}  // namespace sluice::storage
