// SPDX-License-Identifier: Apache-2.0
//
// The broker and what it keeps to itself: what it costs, whom it believes, and its bounds.
#include "storage/redis/broker.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/redis/envelope.h"
#include "tests/storage/redis/broker_world.h"

namespace sluice::storage::redis {
namespace {

using Lines = std::vector<std::string>;

const std::string kSecret = "the secret of this year";
const std::string kOldSecret = "the secret of last year";

BrokerOptions With(std::vector<std::string> secrets) {
  BrokerOptions options;
  options.keys = *ClusterKeys::Make(std::move(secrets));
  return options;
}

struct BrokerTest : testing::Test {
  // Answers with its name; notes what it is said, and what it may have missed.
  struct Notes {
    Lines said, gaps, gone;
  };
  void Serve(RedisBroker& broker, const std::string& name, Notes* notes = nullptr) {
    Broker::Service service;
    service.on_ask = [name](const std::string& payload, Broker::Reply reply) {
      reply(name + ":" + payload);
    };
    if (notes != nullptr) {
      service.on_said = [notes](const std::string&, const std::string& payload,
                                const std::string&) { notes->said.push_back(payload); };
      service.on_gap = [notes](const Gap& gap, Now) {
        notes->gaps.push_back(gap.space + "/" + gap.node);
      };
      service.on_gone = [notes](const std::string& node) { notes->gone.push_back(node); };
    }
    broker.Serve(world.home(), std::move(service));
  }
  RedisBroker& Enter(const std::string& node, BrokerOptions options, Notes* notes = nullptr) {
    RedisBroker& broker = world.Enter(node, std::move(options), world.ClientOptions());
    Serve(broker, node, notes);
    return broker;
  }
  void Hear(RedisBroker& broker, const std::string& space) {
    bool hears = false;
    broker.Hear(space, world.home(), [&](bool, Now) { hears = true; });
    ASSERT_TRUE(world.RunUntil([&] { return hears; }));
  }
  // Who answered, and who did not: "b:hello -c".
  std::string AskAll(RedisBroker& broker, absl::Duration timeout = absl::Seconds(2),
                     const std::string& payload = "hello") {
    std::optional<Replies> replies;
    EXPECT_TRUE(broker
                    .AskAll(payload, timeout, world.home(),
                            [&](Replies got, Now) { replies = std::move(got); })
                    .ok());
    EXPECT_TRUE(world.RunUntil([&] { return replies.has_value(); }));
    return replies ? Line(*replies) : "";
  }
  static std::string Line(const Replies& replies) {
    std::set<std::string> parts;
    for (const auto& reply : replies.replies) parts.insert(reply.payload);
    for (const std::string& node : replies.unreachable) parts.insert("-" + node);
    std::string line;
    for (const std::string& part : parts) line += (line.empty() ? "" : " ") + part;
    return line;
  }
  int Publishes() {
    const std::string stats = world.server().Do({"INFO", "commandstats"});
    const size_t found = stats.find("cmdstat_publish:calls=");
    return found == stats.npos ? 0 : std::atoi(stats.c_str() + found + 22);
  }

  BrokerWorld world;
};

TEST_F(BrokerTest, WhatIsForManyIsPublishedOnce) {
  Notes notes;
  RedisBroker& a = Enter("a", {});
  RedisBroker& b = Enter("b", {}, &notes);
  RedisBroker& c = Enter("c", {}, &notes);
  Hear(b, "chat");
  Hear(c, "chat");
  world.server().Do({"CONFIG", "RESETSTAT"});
  EXPECT_TRUE(a.Say("chat", "hello").ok());
  ASSERT_TRUE(world.RunUntil([&] { return notes.said.size() == 2; }));
  EXPECT_EQ(Publishes(), 1);
  EXPECT_EQ(AskAll(a), "b:hello c:hello");
  EXPECT_EQ(Publishes(), 1 + 1 + 2) << "besides, each reply";
}

TEST_F(BrokerTest, OtherKeysAreNotBelieved) {
  RedisBroker& a = Enter("a", With({kSecret}));
  Enter("b", With({kSecret}));
  Enter("c", With({kOldSecret}));
  EXPECT_EQ(AskAll(a, absl::Seconds(1)), "-c b:hello");
  EXPECT_GE(world.Metric("c", "broker_dropped_total", "foreign"), 1);
  EXPECT_EQ(world.Metric("b", "broker_dropped_total"), 0);
}

TEST_F(BrokerTest, KeysAreRotatedNodeByNode) {
  Enter("old", With({kOldSecret}));
  RedisBroker& first = Enter("first", With({kOldSecret, kSecret}));
  EXPECT_EQ(AskAll(first), "old:hello");
  world.Leave("old");
  RedisBroker& second = Enter("second", With({kSecret, kOldSecret}));
  EXPECT_EQ(AskAll(first), "second:hello");
  EXPECT_EQ(AskAll(second), "first:hello");
  world.Leave("first");
  RedisBroker& last = Enter("last", With({kSecret}));
  EXPECT_EQ(AskAll(second), "last:hello");
  EXPECT_EQ(AskAll(last), "second:hello");
}

// Somebody who may listen and publish, but has no key.
TEST_F(BrokerTest, WhatWasRecordedIsTakenOnce) {
  Ear ear;
  ClientWorld thief(world.server());
  thief.Subscribe("s:chat", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  Notes notes;
  RedisBroker& a = Enter("a", With({kSecret}));
  RedisBroker& b = Enter("b", With({kSecret}), &notes);
  Hear(b, "chat");
  Hear(b, "news");
  EXPECT_TRUE(a.Say("chat", "pay").ok());
  ASSERT_TRUE(world.RunUntil([&] { return notes.said.size() == 1; }));
  ASSERT_TRUE(Eventually([&] { return ear.heard().size() == 2; }));
  const std::string recorded = ear.heard()[1];
  EXPECT_TRUE(thief.Publish("s:chat", recorded).ok());
  EXPECT_TRUE(thief.Publish("s:news", recorded).ok());
  EXPECT_TRUE(thief.Publish("s:chat", "garbage").ok());
  EXPECT_TRUE(a.Say("chat", "thanks").ok());
  ASSERT_TRUE(world.RunUntil([&] { return notes.said.size() == 2; }));
  EXPECT_EQ(notes.said, (Lines{"pay", "thanks"}));
  EXPECT_TRUE(notes.gaps.empty());
  EXPECT_EQ(world.Metric("b", "broker_dropped_total", "replayed"), 1);
  EXPECT_EQ(world.Metric("b", "broker_dropped_total", "foreign"), 1);
  EXPECT_EQ(world.Metric("b", "broker_dropped_total", "corrupt"), 1);
  // And not after the end of the node that said it, either.
  world.Leave("a");
  ASSERT_TRUE(world.RunUntil([&] { return !notes.gone.empty(); }));
  EXPECT_TRUE(thief.Publish("s:chat", recorded).ok());
  ASSERT_TRUE(Eventually([&] { return world.Metric("b", "broker_dropped_total", "old") == 1; }));
}

TEST_F(BrokerTest, AKindThatDoesNotBelongOnItsChannelIsDropped) {
  Notes notes;
  RedisBroker& b = Enter("b", With({kSecret}), &notes);
  Hear(b, "chat");
  ClientWorld insider(world.server());
  ASSERT_TRUE(insider.BecomesHealthy());
  Envelope envelope;
  envelope.set_node("a");
  envelope.set_epoch("1");
  envelope.set_sequence(1);
  envelope.mutable_reply();
  for (const char* channel : {"s:chat", "all"}) {
    const std::string sealed = Seal(*ClusterKeys::Make({kSecret}), channel, envelope);
    EXPECT_TRUE(insider.Publish(channel, sealed).ok());
  }
  EXPECT_TRUE(Eventually([&] { return world.Metric("b", "broker_dropped_total", "kind") == 2; }));
}

TEST_F(BrokerTest, ANodeThatStartsAnewIsAnother) {
  Notes notes;
  RedisBroker& a = Enter("a", {}, &notes);
  RedisBroker& b = world.Enter("b");
  b.Serve(world.home(), {});  // does not answer
  std::optional<Replies> replies;
  a.Ask("b", "hello", absl::Hours(1), world.home(),
        [&](Replies got, Now) { replies = std::move(got); });
  ASSERT_TRUE(Eventually([&] { return world.Metric("b", "broker_heard_total", "ask") == 1; }));
  world.Leave("b");
  ASSERT_TRUE(world.RunUntil([&] { return replies.has_value(); }));
  EXPECT_EQ(Line(*replies), "-b");
  EXPECT_EQ(notes.gone, Lines{"b"});
  Enter("b", {});
  EXPECT_EQ(AskAll(a), "b:hello");
}

TEST_F(BrokerTest, AReplyThatIsTooLargeIsNone) {
  BrokerOptions options;
  options.message_bytes = 1000;
  RedisBroker& a = Enter("a", options);
  Enter("b", options);
  const std::string most(1000, 'x');
  EXPECT_EQ(AskAll(a, absl::Hours(1), most), "-b");
  EXPECT_EQ(world.Metric("b", "broker_refused_total", "reply_bytes"), 1);
}

TEST_F(BrokerTest, AsksAreBounded) {
  BrokerOptions options;
  options.asks_max = 2;
  RedisBroker& a = Enter("a", options);
  RedisBroker& b = world.Enter("b");
  b.Serve(world.home(), {});  // does not answer
  for (int i = 0; i < 2; ++i) {
    a.Ask("b", "hello", absl::Hours(1), world.home(), [](const Replies&, Now) {});
  }
  auto never = [](const Replies&, Now) { FAIL() << "it was refused"; };
  EXPECT_EQ(a.AskAll("hello", absl::Hours(1), world.home(), never).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(world.Metric("a", "broker_refused_total", "asks"), 1);
  EXPECT_EQ(world.Metric("a", "broker_asks"), 2);
  a.SetPeers({});  // whoever was asked is gone
  EXPECT_TRUE(Eventually([&] {
    world.Pass(absl::ZeroDuration());
    return world.Metric("a", "broker_asks") == 0;
  }));
  EXPECT_EQ(AskAll(a), "");
}

TEST_F(BrokerTest, WhatRedisRefusesIsMissing) {
  Notes notes;
  Options small = world.ClientOptions();
  small.queue_bytes = 65'536;
  RedisBroker& a = world.Enter("a", {}, small);
  RedisBroker& b = Enter("b", {}, &notes);
  Hear(b, "chat");
  EXPECT_TRUE(a.Say("chat", "1").ok());
  EXPECT_TRUE(a.Say("chat", std::string(100'000, 'x')).ok());
  EXPECT_TRUE(a.Say("chat", "2").ok());
  ASSERT_TRUE(world.RunUntil([&] { return notes.said.size() == 2; }));
  EXPECT_EQ(notes.said, (Lines{"1", "2"}));
  EXPECT_EQ(notes.gaps, Lines{"chat/a"});
  EXPECT_EQ(world.Metric("a", "broker_unpublished_total"), 1);
  EXPECT_EQ(world.Metric("b", "broker_gaps_total", "sequence"), 1);
  EXPECT_EQ(AskAll(a, absl::Hours(1), std::string(100'000, 'x')), "-b");
}

}  // namespace
}  // namespace sluice::storage::redis
