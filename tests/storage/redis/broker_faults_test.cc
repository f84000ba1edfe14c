// SPDX-License-Identifier: Apache-2.0
//
// The broker while Redis is stopped, killed, slow to come, or cuts whoever listens.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/redis/broker.h"
#include "tests/storage/redis/broker_world.h"

namespace sluice::storage::redis {
namespace {

struct BrokerFaultsTest : testing::Test {
  BrokerFaultsTest() : a(world.Enter("a")), b(world.Enter("b")) {
    a.Serve(world.home(), {});
    b.Serve(world.home(), Noting());
    bool hears = false;
    b.Hear("chat", world.home(), [&](bool, Now) { hears = true; });
    EXPECT_TRUE(world.RunUntil([&] { return hears; }));
  }
  Broker::Service Noting() {
    Broker::Service service;
    service.on_ask = [](const std::string&, Broker::Reply reply) { reply("yes"); };
    service.on_said = [this](const std::string&, const std::string& payload, const std::string&) {
      said.push_back(payload);
    };
    service.on_gap = [this](Gap gap, Now) { gaps.push_back(std::move(gap)); };
    return service;
  }
  // How many answered.
  size_t Ask(absl::Duration timeout) {
    std::optional<Replies> replies;
    EXPECT_TRUE(a.AskAll("?", timeout, world.home(), [&](Replies got, Now) {
                   replies = std::move(got);
                 }).ok());
    EXPECT_TRUE(world.RunUntil([&] { return replies.has_value(); }));
    if (!replies) return 0;
    EXPECT_EQ(replies->replies.size() + replies->unreachable.size(), 1u);
    return replies->replies.size();
  }
  // On a machine that has much to do Redis may seem silent at any time, and what is asked then is
  // asked in vain: once more.
  bool BecomesAnswered() {
    return Eventually([&] { return Ask(absl::Seconds(1)) == 1; });
  }
  bool AreWell() {
    return world.RunUntil([&] { return !a.health().degraded && !b.health().degraded; });
  }
  size_t Gaps(const std::string& space) const {
    return std::count_if(gaps.begin(), gaps.end(),
                         [&](const Gap& gap) { return gap.space == space; });
  }
  // Each at most once, and in order.
  void ExpectRising() const {
    int last = -1;
    for (const std::string& number : said) {
      EXPECT_LT(last, std::atoi(number.c_str()));
      last = std::atoi(number.c_str());
    }
  }

  BrokerWorld world;
  std::vector<std::string> said;
  std::vector<Gap> gaps;
  RedisBroker& a;
  RedisBroker& b;
};

TEST_F(BrokerFaultsTest, ACutInAStreamIsAGapAndNothingComesTwice) {
  constexpr int kSayings = 3000;
  for (int i = 0; i < kSayings; ++i) {
    EXPECT_TRUE(a.Say("chat", std::to_string(i)).ok());
    if (i % 1000 == 500) world.server().Do({"CLIENT", "KILL", "TYPE", "pubsub"});
    if (i % 20 == 0) world.Pass(absl::ZeroDuration());
  }
  ASSERT_TRUE(AreWell());
  for (int i = kSayings; said.empty() || said.back() != std::to_string(kSayings + 9); ++i) {
    if (i < kSayings + 10) EXPECT_TRUE(a.Say("chat", std::to_string(i)).ok());
    ASSERT_LT(i, kSayings + 10'000);
    world.Pass(absl::ZeroDuration());
  }
  ExpectRising();
  EXPECT_GE(Gaps("chat"), 1u);
  EXPECT_GE(Gaps(""), 1u) << "the mailbox was cut as well";
  EXPECT_GE(world.Metric("b", "broker_gaps_total", "cut"), 1);
}

TEST_F(BrokerFaultsTest, AGapIsToldWhenItIsHeardAgain) {
  world.server().Do({"CLIENT", "KILL", "TYPE", "pubsub"});
  ASSERT_TRUE(world.RunUntil([&] { return Gaps("chat") == 1; }));
  EXPECT_EQ(gaps.front().node, "");
  // Whoever fetches anew now misses nothing more.
  EXPECT_TRUE(a.Say("chat", "1").ok());
  EXPECT_TRUE(world.RunUntil([&] { return said.size() == 1; }));
}

TEST_F(BrokerFaultsTest, WhileRedisStandsStillAsksEndAtTheirDeadline) {
  ASSERT_TRUE(BecomesAnswered());
  world.server().Signal(SIGSTOP);
  const Instant begin = ReadClocks();
  // Longer than it takes to see that Redis is silent, which ends no ask.
  EXPECT_EQ(Ask(absl::Seconds(1)), 0u);
  EXPECT_GE(ReadClocks() - begin, absl::Milliseconds(700));
  EXPECT_LT(ReadClocks() - begin, absl::Seconds(10));
  EXPECT_TRUE(world.RunUntil([&] { return a.health().degraded && b.health().degraded; }));
  EXPECT_TRUE(world.RunUntil([&] { return !a.listening(); }));
  EXPECT_EQ(Ask(absl::Milliseconds(100)), 0u) << "one that is not sent at all";
  world.server().Signal(SIGCONT);
  ASSERT_TRUE(AreWell());
  EXPECT_TRUE(BecomesAnswered());
  EXPECT_GE(Gaps("chat"), 1u);
}

TEST_F(BrokerFaultsTest, ANewRedisIsUsedByItself) {
  EXPECT_TRUE(a.Say("chat", "1").ok());
  ASSERT_TRUE(world.RunUntil([&] { return said.size() == 1; }));
  world.server().Kill();
  EXPECT_TRUE(world.RunUntil([&] { return a.health().degraded && b.health().degraded; }));
  EXPECT_TRUE(a.Say("chat", "2").ok()) << "lost, as a gap";
  world.server().Start();
  ASSERT_TRUE(AreWell());
  EXPECT_TRUE(BecomesAnswered());
  EXPECT_TRUE(a.Say("chat", "3").ok());
  ASSERT_TRUE(world.RunUntil([&] { return said.size() == 2; }));
  EXPECT_EQ(said.back(), "3");
  EXPECT_GE(Gaps("chat"), 1u);
  EXPECT_GE(world.Metric("a", "broker_unpublished_total"), 1);
}

TEST_F(BrokerFaultsTest, AnAskWaitsForTheMailbox) {
  // The one that is asked hears all the while, or the question would be lost on its way.
  Options patient = world.ClientOptions();
  patient.silence = patient.command_timeout = absl::Seconds(20);
  RedisBroker& d = world.Enter("d", {}, patient);
  d.Serve(world.home(), Noting());
  world.server().Signal(SIGSTOP);
  RedisBroker& c = world.Begin("c", {}, world.ClientOptions());
  std::optional<Replies> replies;
  c.Ask("d", "?", absl::Seconds(30), world.home(),
        [&](Replies got, Now) { replies = std::move(got); });
  world.Pass(absl::Milliseconds(300));
  EXPECT_FALSE(replies.has_value());
  world.server().Signal(SIGCONT);
  ASSERT_TRUE(world.RunUntil([&] { return replies.has_value(); }));
  EXPECT_EQ(replies->replies.size(), 1u);
}

TEST_F(BrokerFaultsTest, WhatWaitsForRedisIsBounded) {
  BrokerOptions options;
  options.queue_bytes = 100'000;
  RedisBroker& c = world.Enter("c", options, world.ClientOptions());
  world.server().Signal(SIGSTOP);
  absl::Status status;
  int taken = 0;
  for (; status.ok() && taken < 100; ++taken) status = c.Say("chat", std::string(9'000, 'x'));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(taken, 11);
  EXPECT_EQ(world.Metric("c", "broker_refused_total", "queue"), 1);
  EXPECT_EQ(world.Metric("c", "broker_queued_bytes"), 10 * (9'000 + 256));
  world.server().Signal(SIGCONT);
  ASSERT_TRUE(world.RunUntil([&] { return world.Metric("c", "broker_queued_bytes") == 0; }));
  EXPECT_TRUE(c.Say("chat", "1").ok());
}

TEST_F(BrokerFaultsTest, WhoHearsWhileRedisIsAwayIsToldWhenItDoes) {
  world.server().Signal(SIGSTOP);
  bool hears = false;
  b.Hear("news", world.home(), [&](bool, Now) { hears = true; });
  b.Hear("none", world.home(), [](bool, Now) { FAIL() << "it was unheard before"; });
  world.Pass(absl::Milliseconds(200));
  EXPECT_FALSE(hears);
  b.Unhear("none");
  world.server().Signal(SIGCONT);
  ASSERT_TRUE(world.RunUntil([&] { return hears; }));
  EXPECT_TRUE(a.Say("news", "1").ok());
  EXPECT_TRUE(world.RunUntil([&] { return said.size() == 1; }));
}

TEST_F(BrokerFaultsTest, WhoWaitsToHearGoesOnWhileRedisIsAway) {
  world.server().Signal(SIGSTOP);
  bool goes_on = false;
  b.Hear("news", world.home(), [&](bool hears_it, Now) {
    goes_on = true;
    EXPECT_FALSE(hears_it);
  });
  EXPECT_TRUE(world.RunUntil([&] { return goes_on; }));
  world.server().Signal(SIGCONT);
}

}  // namespace
}  // namespace sluice::storage::redis
