// SPDX-License-Identifier: Apache-2.0
//
// What every implementation of storage::Broker promises. An implementation
// joins with a harness and INSTANTIATE_TEST_SUITE_P(Name, BrokerContract, ...).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/broker.h"
#include "tests/storage/broker_harness.h"

namespace sluice::storage {

TEST_P(BrokerContract, AloneThereIsNobodyToAsk) {
  Broker& alone = harness_->Enter("a");
  EXPECT_THAT(alone.peers(), testing::IsEmpty());
  Replies replies = AskAll(alone, "hello");
  EXPECT_TRUE(replies.replies.empty());
  EXPECT_TRUE(replies.unreachable.empty());
}

TEST_P(BrokerContract, AsksEveryOtherNode) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  EnterEcho("c");
  EXPECT_EQ(a.peers().size(), 2u);
  Replies replies = AskAll(a, "hello");
  ASSERT_EQ(replies.replies.size(), 2u);
  EXPECT_EQ(replies.replies[0].node, "b");
  EXPECT_EQ(replies.replies[0].payload, "b:hello");
  EXPECT_EQ(replies.replies[1].node, "c");
  EXPECT_EQ(replies.replies[1].payload, "c:hello");
  EXPECT_TRUE(replies.unreachable.empty());
}

TEST_P(BrokerContract, SilentNodesAreUnreachableAtTheDeadline) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  EnterSlow("c");
  std::optional<Replies> replies;
  EXPECT_TRUE(a.AskAll("hello", kTimeout, harness_->home(), Into(replies)).ok());
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
  EXPECT_TRUE(a.AskAll("hello", kTimeout, harness_->home(), Into(replies)).ok());
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
  EXPECT_TRUE(a.AskAll("hello", kTimeout, harness_->home(), Into(replies)).ok());
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
  EXPECT_TRUE(a.AskAll("hello", kTimeout, harness_->home(), Into(replies)).ok());
  harness_->RunUntil([&] { return kept_.size() == 1; });
  harness_->Pass(kTimeout * 2);
  harness_->RunUntil([&] { return replies.has_value(); });
  kept_[0]("too late");
  harness_->Pass(kTimeout);
  EXPECT_TRUE(replies->replies.empty());
  EXPECT_EQ(replies->unreachable, std::vector<std::string>{"b"});
  EXPECT_EQ(completions_, 1);
}

TEST_P(BrokerContract, ANodeThatLeftIsNoPeer) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  harness_->Leave("b");
  EXPECT_THAT(a.peers(), testing::IsEmpty());
  EXPECT_TRUE(AskAll(a, "hello").replies.empty());
}

TEST_P(BrokerContract, ANodeThatLeavesWhileItIsAskedIsUnreachableAtOnce) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  EnterSlow("c");
  std::optional<Replies> replies;
  EXPECT_TRUE(a.AskAll("hello", absl::Hours(1), harness_->home(), Into(replies)).ok());
  harness_->RunUntil([&] { return kept_.size() == 1; });
  harness_->Pass(absl::ZeroDuration());
  EXPECT_FALSE(replies.has_value());
  harness_->Leave("c");
  harness_->RunUntil([&] { return replies.has_value(); });
  ASSERT_EQ(replies->replies.size(), 1u);
  EXPECT_EQ(replies->replies[0].node, "b");
  EXPECT_EQ(replies->unreachable, std::vector<std::string>{"c"});
}

TEST_P(BrokerContract, AsksOneNode) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  EnterEcho("c");
  Replies replies = Ask(a, "c", "hello");
  ASSERT_EQ(replies.replies.size(), 1u);
  EXPECT_EQ(replies.replies[0].node, "c");
  EXPECT_EQ(replies.replies[0].payload, "c:hello");
  EXPECT_TRUE(replies.unreachable.empty());
}

TEST_P(BrokerContract, ANodeThatIsNotThereIsUnreachable) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  Replies replies = Ask(a, "c", "hello");
  EXPECT_TRUE(replies.replies.empty());
  EXPECT_EQ(replies.unreachable, std::vector<std::string>{"c"});
}

TEST_P(BrokerContract, OneSilentNodeIsUnreachableAtTheDeadline) {
  Broker& a = harness_->Enter("a");
  EnterSlow("b");
  std::optional<Replies> replies;
  a.Ask("b", "hello", kTimeout, harness_->home(), Into(replies));
  harness_->RunUntil([&] { return kept_.size() == 1; });
  harness_->Pass(kTimeout * 2);
  harness_->RunUntil([&] { return replies.has_value(); });
  EXPECT_EQ(replies->unreachable, std::vector<std::string>{"b"});
}

TEST_P(BrokerContract, TellsOneNodeInOrder) {
  Notes b, c;
  Broker& a = harness_->Enter("a");
  EnterNoting("b", b);
  EnterNoting("c", c);
  EXPECT_TRUE(a.Tell("b", "1").ok());
  EXPECT_TRUE(a.Tell("b", "2").ok());
  EXPECT_TRUE(a.Tell("c", "3").ok());
  harness_->RunUntil([&] { return b.told.size() == 2 && c.told.size() == 1; });
  EXPECT_EQ(b.told, (std::vector<std::string>{"a tells 1", "a tells 2"}));
  EXPECT_EQ(c.told, (std::vector<std::string>{"a tells 3"}));
  EXPECT_EQ(a.Tell("d", "4").code(), absl::StatusCode::kUnavailable);
}

TEST_P(BrokerContract, SaysToTheAudienceAlone) {
  Notes in_a, in_b, in_c;
  Broker& a = EnterNoting("a", in_a);
  Broker& b = EnterNoting("b", in_b);
  Broker& c = EnterNoting("c", in_c);
  Hear(a, "chat");
  Hear(b, "chat");
  Hear(c, "news");
  EXPECT_TRUE(a.Say("chat", "1").ok());
  EXPECT_TRUE(a.Say("news", "2").ok());
  EXPECT_TRUE(a.Say("nobody's", "3").ok());
  EXPECT_TRUE(a.Say("chat", "4").ok());
  harness_->RunUntil([&] { return in_b.said.size() == 2 && in_c.said.size() == 1; });
  harness_->Pass(absl::ZeroDuration());
  EXPECT_EQ(in_b.said, (std::vector<std::string>{"a says in chat: 1", "a says in chat: 4"}));
  EXPECT_EQ(in_c.said, (std::vector<std::string>{"a says in news: 2"}));
  EXPECT_TRUE(in_a.said.empty()) << "heard itself";
}

TEST_P(BrokerContract, HearsUntilAsManyUnhears) {
  Notes notes;
  Broker& a = harness_->Enter("a");
  Broker& b = EnterNoting("b", notes);
  Hear(b, "chat");
  Hear(b, "chat");
  b.Unhear("chat");
  EXPECT_TRUE(a.Say("chat", "1").ok());
  harness_->RunUntil([&] { return notes.said.size() == 1; });
  b.Unhear("chat");
  b.Unhear("chat");  // one too many changes nothing
  harness_->Pass(kTimeout);
  EXPECT_TRUE(a.Say("chat", "2").ok());
  harness_->Pass(kTimeout);
  Hear(b, "chat");
  EXPECT_TRUE(a.Say("chat", "3").ok());
  harness_->RunUntil([&] { return notes.said.size() == 2; });
  EXPECT_EQ(notes.said, (std::vector<std::string>{"a says in chat: 1", "a says in chat: 3"}));
}

TEST_P(BrokerContract, WhatIsHeardIsHeardAtOnce) {
  Notes notes;
  Broker& a = harness_->Enter("a");
  Broker& b = EnterNoting("b", notes);
  for (int i = 0; i < 200; ++i) {
    std::string space = "s" + std::to_string(i);
    Hear(b, space);
    EXPECT_TRUE(a.Say(space, "first").ok());
  }
  harness_->RunUntil([&] { return notes.said.size() == 200; });
}

TEST_P(BrokerContract, ManySayingsKeepTheirOrder) {
  Notes notes;
  Broker& a = harness_->Enter("a");
  Broker& b = EnterNoting("b", notes);
  Hear(b, "chat");
  std::vector<std::string> expected;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(a.Say("chat", std::to_string(i)).ok());
    expected.push_back("a says in chat: " + std::to_string(i));
  }
  harness_->RunUntil([&] { return notes.said.size() == expected.size(); });
  EXPECT_EQ(notes.said, expected);
}

TEST_P(BrokerContract, MessagesOverTheBoundAreRefused) {
  Notes notes;
  Broker& a = harness_->Enter("a");
  Broker& b = EnterNoting("b", notes);
  Hear(b, "chat");
  const std::string most(BrokerHarness::kMessageBytes, 'x');
  const std::string more = most + "x";
  auto never = [](const Replies&, Now) { FAIL() << "it was refused"; };
  EXPECT_EQ(a.Tell("b", more).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(a.Say("chat", more).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(a.AskAll(more, kTimeout, harness_->home(), never).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Ask(a, "b", more).unreachable, std::vector<std::string>{"b"});
  EXPECT_TRUE(a.Tell("b", most).ok());
  EXPECT_TRUE(a.Say("chat", most).ok());
  harness_->RunUntil([&] { return notes.told.size() == 1 && notes.said.size() == 1; });
}

TEST_P(BrokerContract, WhoWentAwayIsToldOnce) {
  Notes in_a, in_b;
  EnterNoting("a", in_a);
  EnterNoting("b", in_b);
  harness_->Enter("c");
  harness_->Leave("c");
  harness_->RunUntil([&] { return !in_a.gone.empty() && !in_b.gone.empty(); });
  harness_->Pass(kTimeout);
  EXPECT_EQ(in_a.gone, std::vector<std::string>{"c"});
  EXPECT_EQ(in_b.gone, std::vector<std::string>{"c"});
}

TEST_P(BrokerContract, PayloadsAreBytes) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  const std::string odd("\x00\xff\n", 3);
  EXPECT_EQ(AskAll(a, odd).replies.at(0).payload, "b:" + odd);
}

TEST_P(BrokerContract, IsWellWhileItWorks) {
  Broker& a = harness_->Enter("a");
  EnterEcho("b");
  AskAll(a, "hello");
  const Health health = a.health();
  EXPECT_FALSE(health.degraded);
  EXPECT_LE(health.since, ReadClocks().date);
  EXPECT_EQ(health.why, "");
}

}  // namespace sluice::storage
