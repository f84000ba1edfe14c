// SPDX-License-Identifier: Apache-2.0
//
// Signed tokens that clients show and backends hand out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/client_verbs.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/views.h"
#include "gateway/hub/workers.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::HubWorld;
using testing::ElementsAre;

TEST(Tokens, AreShownGivenUpAndExpire) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(world.Say(*client, "auth 1 good:ann"), ElementsAre("auth 1 ok"));
  EXPECT_TRUE(world.shard().views().List({.space = "chat"}, "", 1)[0].authenticated);
  EXPECT_THAT(world.Say(*client, "auth 2 early"), ElementsAre("auth 2 early"));
  EXPECT_TRUE(world.shard().views().List({.space = "chat"}, "", 1)[0].authenticated);
  EXPECT_THAT(world.Say(*client, "auth 3 bad"), ElementsAre("auth 3 bad", "untoken"));
  EXPECT_FALSE(world.shard().views().List({.space = "chat"}, "", 1)[0].authenticated);
  world.dialect.rule.interval = absl::ZeroDuration();
  world.Say(*client, "auth 4 good:bob");
  client->socket.Take();
  for (int i = 0; i < 3; ++i) world.Pass(absl::Minutes(20));
  world.Pass(absl::Seconds(1));
  EXPECT_THAT(client->socket.Take(), ElementsAre("untoken")) << "though it said nothing";
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .users = {"bob"}}), 0);
}

TEST(Tokens, AreHandedOutAndConfirmed) {
  struct Sink final : AnswerSink {
    void OnAnswer(ClientAnswer) override { ++answers; }
    int answers = 0;
  };
  HubWorld world;
  auto client = world.Connect("chat", "a");
  auto sink = std::make_shared<Sink>();
  Token token = *world.tokens.Sign("ann", world.now.date);
  Outcome outcome = world.shard().clients().SetToken({.space = "chat"}, token,
                                                     {0, absl::Seconds(1), sink}, world.now);
  EXPECT_EQ(outcome.enqueued, 1);
  EXPECT_THAT(client->socket.Take(), ElementsAre("token good:ann 1"));
  world.Say(*client, "answer - 1 ok");
  EXPECT_EQ(sink->answers, 1);
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .users = {"ann"}}), 1);
  world.shard().clients().Deauthenticate({.space = "chat"}, world.now);
  EXPECT_THAT(client->socket.Take(), ElementsAre("untoken"));
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .users = {"ann"}}), 0);
}

TEST(Tokens, ComeRightBeforeTheAnswerThatTheyCameWith) {
  HubWorld world;
  auto worker = world.Serve("chat", "m");
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m x");
  Invocation next = worker->Next();
  auto token = std::make_unique<Token>(*world.tokens.Sign("ann", world.now.date));
  world.shard().workers().Complete(next.call, Payload::Json("yes"), world.now, std::move(token));
  world.Run();
  EXPECT_THAT(client->socket.Take(), ElementsAre("token good:ann 0", "ok 1 yes"));
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .users = {"ann"}}), 1);
}

}  // namespace
}  // namespace sluice::hub
