// SPDX-License-Identifier: Apache-2.0
//
// The control verbs on a shard, and over several.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/channels.h"
#include "gateway/hub/client_verbs.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/views.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

struct Ask final : AnswerSink {
  void OnAnswer(ClientAnswer answer) override { answers.push_back(std::move(answer)); }
  std::vector<ClientAnswer> answers;
};

struct Chat : testing::Test {
  HubWorld world{2};
  std::unique_ptr<FakeClient> a = world.Connect("chat", "a", 0);
  std::unique_ptr<FakeClient> b = world.Connect("chat", "b", 1);
  std::unique_ptr<FakeClient> c = world.Connect("chat", "c", 0);
  std::unique_ptr<FakeClient> other = world.Connect("other", "a", 1);
  metrics::SharedCounter encodings;

  template <typename Verb>
  Outcome Do(Verb verb) {
    Outcome total;
    world.set.Gather(
        verb, [&](std::vector<Outcome> parts, Now) { total = MergeOutcomes(std::move(parts)); });
    world.Run();
    return total;
  }
  Outcome Send(const Selector& selector) {
    Message message("e", Payload::Json("1"), encodings);
    return Do([&](Shard& shard, Now now) {
      return shard.clients().Send(selector, message, std::nullopt, now);
    });
  }
  Outcome Join(const Selector& selector, std::vector<std::string> channels) {
    return Do([&](Shard& shard, Now now) { return shard.clients().Join(selector, channels, now); });
  }
  Outcome Leave(const Selector& selector, std::vector<std::string> channels) {
    return Do(
        [&](Shard& shard, Now now) { return shard.clients().Leave(selector, channels, now); });
  }
  Outcome Update(const Selector& selector, std::optional<std::string> user, Labels labels) {
    return Do(
        [&](Shard& shard, Now now) { return shard.clients().Update(selector, user, labels, now); });
  }
};

TEST_F(Chat, SendReachesTheNamespaceAndIsEncodedOnce) {
  Outcome outcome = Send({.space = "chat"});
  EXPECT_EQ(outcome.matched, 3);
  EXPECT_EQ(outcome.enqueued, 3);
  EXPECT_EQ(encodings.value(), 1);
  for (FakeClient* client : {a.get(), b.get(), c.get()}) {
    EXPECT_THAT(client->socket.Take(), ElementsAre("event e 1"));
  }
  EXPECT_THAT(other->socket.Take(), IsEmpty());
}

TEST_F(Chat, SendToIdsSaysWhoIsNotThere) {
  Outcome outcome = Send({.space = "chat", .connections = {"b", "x", "a"}});
  EXPECT_EQ(outcome.matched, 2);
  EXPECT_THAT(outcome.not_found, ElementsAre("x"));
}

TEST_F(Chat, EverySelectorFieldNarrows) {
  Update({.space = "chat", .connections = {"a"}}, "ann", {{"tier", "gold"}});
  Update({.space = "chat", .connections = {"b"}}, "ann", {{"tier", "iron"}});
  Join({.space = "chat", .connections = {"b", "c"}}, {"x"});
  Join({.space = "chat", .connections = {"c"}}, {"y"});
  EXPECT_EQ(Send({.space = "chat", .users = {"ann", "nobody"}}).matched, 2);
  EXPECT_EQ(Send({.space = "chat", .channels = {"x", "y"}}).matched, 2);
  EXPECT_EQ(Send({.space = "chat", .users = {"ann"}, .channels = {"x"}}).matched, 1);
  EXPECT_EQ(Send({.space = "chat", .labels = {{"tier", "gold"}}}).matched, 1);
  EXPECT_EQ(Send({.space = "chat", .dialects = 1}).matched, 3);
  EXPECT_EQ(Send({.space = "chat", .dialects = 2}).matched, 0);
  EXPECT_EQ(Send({.space = "chat", .elsewhere = true}).matched, 0);
  EXPECT_EQ(Send({.space = "chat", .connected_before = world.now.date}).matched, 0);
  EXPECT_EQ(Send({.space = "chat", .connected_after = world.now.date}).matched, 3);
  EXPECT_EQ(Send({.space = "chat", .except_connections = {"a"}}).matched, 2);
  EXPECT_EQ(Send({.space = "chat", .except_users = {"ann"}}).matched, 1);
  EXPECT_EQ(Send({.space = "chat", .connections = {"a", "c"}, .users = {"ann"}}).matched, 1);
}

TEST_F(Chat, JoinAndLeaveCountChangesOnly) {
  EXPECT_EQ(Join({.space = "chat"}, {"x"}).enqueued, 3);
  Outcome again = Join({.space = "chat", .connections = {"a"}}, {"x"});
  EXPECT_EQ(again.matched, 1);
  EXPECT_EQ(again.enqueued, 0);
  EXPECT_EQ(Leave({.space = "chat", .channels = {"x"}}, {"x"}).enqueued, 3);
  EXPECT_EQ(Leave({.space = "chat"}, {"x"}).enqueued, 0);
  EXPECT_THAT(world.shard(0).views().Channels("chat", "", 10), IsEmpty());
}

TEST_F(Chat, ChannelsAreLeftWithTheConnection) {
  Join({.space = "chat"}, {"x"});
  world.Vanish(*a);
  Outcome outcome = Send({.space = "chat", .channels = {"x"}});
  EXPECT_EQ(outcome.enqueued, 2);
  EXPECT_THAT(c->socket.Take(), ElementsAre("event e 1"));
}

TEST_F(Chat, QueriesAreOrderedAndPaged) {
  EXPECT_EQ(world.shard(0).views().List({.space = "chat"}, "", 1)[0].id, "a");
  EXPECT_EQ(world.shard(0).views().List({.space = "chat"}, "a", 1)[0].id, "c");
  EXPECT_THAT(world.shard(0).views().List({.space = "chat"}, "c", 1), IsEmpty());
  EXPECT_EQ(world.shard(1).views().Namespaces("", 10).size(), 2);
  EXPECT_EQ(world.shard(1).views().Namespaces("chat", 10)[0].name, "other");
}

TEST_F(Chat, DisconnectClosesWithTheCodeGivenOrTheDialectS) {
  Selector ann{.space = "chat", .connections = {"a"}};
  EXPECT_EQ(Do([&](Shard& shard, Now now) {
              return shard.clients().Disconnect(ann, {}, true, now);
            }).matched,
            1);
  EXPECT_FALSE(a->socket.closed()) << "validate_only";
  Do([&](Shard& shard, Now now) {
    return shard.clients().Disconnect(ann, {4999, "bye"}, false, now);
  });
  EXPECT_EQ(a->socket.closed(), (CloseFrame{4999, "bye"}));
  Selector bob{.space = "chat", .connections = {"b"}};
  Do([&](Shard& shard, Now now) { return shard.clients().Disconnect(bob, {0, ""}, false, now); });
  EXPECT_EQ(b->socket.closed()->code, 1000);
  EXPECT_EQ(Send({.space = "chat"}).matched, 1);
}

TEST_F(Chat, ASlowConsumerIsClosedAndCounted) {
  ShardOptions options;
  options.policy.delivery.outbox_bytes = 64;
  HubWorld small(1, options);
  auto slow = small.Connect("chat", "slow");
  Message message("e", Payload::Json(std::string(40, '1')), encodings);
  EXPECT_EQ(
      small.shard().clients().Send({.space = "chat"}, message, std::nullopt, small.now).enqueued,
      1);
  Outcome outcome =
      small.shard().clients().Send({.space = "chat"}, message, std::nullopt, small.now);
  EXPECT_EQ(outcome.matched, 1);
  EXPECT_EQ(outcome.enqueued, 0);
  EXPECT_EQ(outcome.dropped[static_cast<size_t>(DropReason::kSlowConsumer)], 1);
  EXPECT_EQ(slow->socket.closed()->code, 4420);
}

TEST_F(Chat, ADialectWithoutEventsIsCountedAsUnsupported) {
  fakes::FakeDialect mute(3, true);
  FakeClient client(world.shard(0), 0);
  client.key = world.shard(0).Open({"quiet", "q", &mute, {}}, client.socket, world.now);
  world.Run();
  Outcome outcome = Send({.space = "quiet"});
  EXPECT_EQ(outcome.dropped[static_cast<size_t>(DropReason::kUnsupported)], 1);
  EXPECT_EQ(outcome.enqueued, 0);
  world.Vanish(client);
}

// --- Calls to clients ----------------------------------------------------------------------------

TEST_F(Chat, AskCollectsEachAnswer) {
  auto sink = std::make_shared<Ask>();
  Outcome outcome = Do([&](Shard& shard, Now now) {
    return shard.clients().Call({.space = "chat"}, {7, absl::Seconds(1), sink}, "q",
                                Payload::Json("5"), now);
  });
  EXPECT_EQ(outcome.enqueued, 3);
  EXPECT_THAT(a->socket.Take(), ElementsAre("ask 1 q 5"));
  EXPECT_THAT(world.Say(*a, "answer 9 1 yes"), ElementsAre("ok 9 true"));
  EXPECT_THAT(world.Say(*a, "answer 9 1 yes"), ElementsAre("err 9 rejected")) << "only once";
  EXPECT_THAT(world.Say(*a, "answer - 1 yes"), IsEmpty());
  world.Vanish(*b);
  world.Pass(absl::Seconds(2));
  ASSERT_EQ(sink->answers.size(), 3);
  EXPECT_EQ(std::get<Payload>(sink->answers[0].how), Payload::Json("yes"));
  EXPECT_TRUE(std::holds_alternative<ClientAnswer::Disconnected>(sink->answers[1].how));
  EXPECT_TRUE(std::holds_alternative<ClientAnswer::TimedOut>(sink->answers[2].how));
  EXPECT_EQ(sink->answers[2].connection, "c");
  EXPECT_EQ(world.shard(0).requests() + world.shard(1).requests(), 0);
}

TEST_F(Chat, AForgottenAskIsSilent) {
  auto sink = std::make_shared<Ask>();
  world.shard(0).clients().Call({.space = "chat"}, {7, absl::Seconds(1), sink}, "q", {}, world.now);
  world.shard(0).clients().ForgetCall(7);
  EXPECT_EQ(world.shard(0).requests(), 0);
  world.Pass(absl::Seconds(2));
  EXPECT_THAT(sink->answers, IsEmpty());
  EXPECT_THAT(world.Say(*a, "answer 1 1 x"), testing::Contains("err 1 rejected"));
}

// --- Subscriptions -------------------------------------------------------------------------------

TEST_F(Chat, ClientsSubscribeToDeclaredEventsOnly) {
  world.Register({"chat", {}, {{"news", false}, {"secret", true}}});
  EXPECT_THAT(world.Say(*a, "sub 1 news,nope,news,switch"),
              ElementsAre("chan 1 news=0,nope=1,news=2,switch=0"));
  EXPECT_EQ(Send({.space = "chat", .channels = {"news"}}).enqueued, 1);
  a->socket.Take();
  EXPECT_THAT(world.Say(*a, "unsub 2 news,news,nope"), ElementsAre("chan 2 news=0,news=3,nope=1"));
  EXPECT_THAT(world.Say(*a, "sub 3 news,secret"), ElementsAre("err 3 event_forbidden"));
  EXPECT_EQ(Send({.space = "chat", .channels = {"news"}}).enqueued, 1)
      << "what came before the forbidden one stays";
}

TEST_F(Chat, ChannelsHaveABound) {
  ShardOptions options;
  options.policy.channels.per_connection = 1;
  HubWorld small(1, options);
  small.Register({"chat", {}, {{"x", false}, {"y", false}}});
  auto client = small.Connect("chat", "a");
  EXPECT_THAT(small.Say(*client, "sub 1 x,y"), ElementsAre("chan 1 x=0,y=4"));
  std::vector<std::string> channels = {"z"};
  Outcome outcome = small.shard().clients().Join({.space = "chat"}, channels, small.now);
  EXPECT_EQ(outcome.dropped[static_cast<size_t>(DropReason::kLimit)], 1);
  EXPECT_EQ(small.probe().channel_limit_hits.value(), 2);
}

TEST(Sample, IsStableAndNested) {
  int ten = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string id = "connection-" + std::to_string(i);
    if (!InSample(id, 10)) continue;
    ++ten;
    EXPECT_TRUE(InSample(id, 20));
  }
  EXPECT_GT(ten, 850);
  EXPECT_LT(ten, 1150);
  EXPECT_TRUE(InSample("a", 0));
  EXPECT_TRUE(InSample("a", 100));
}

TEST(Send, ClosesBehindTheMessage) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  Message message("e", Payload::Json("1"), world.encodings);
  world.shard().clients().Send({.space = "chat"}, message, CloseFrame{4200, "bye"}, world.now);
  EXPECT_THAT(client->socket.Take(), ElementsAre("event e 1"));
  EXPECT_EQ(client->socket.closed(), (CloseFrame{4200, "bye"}));
}

}  // namespace
}  // namespace sluice::hub
