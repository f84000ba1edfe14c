// SPDX-License-Identifier: Apache-2.0
//
// What fits into an outbox, what never could, and who is slow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/bounds.h"
#include "gateway/hub/client_verbs.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/views.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::FakeClient;
using fakes::FakeWorker;
using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

ShardOptions Small() {
  ShardOptions options;
  options.policy.delivery.outbox_bytes = 64;
  return options;
}

uint64_t Dropped(const Outcome& outcome, DropReason reason) {
  return outcome.dropped[static_cast<size_t>(reason)];
}

class RoomTest : public testing::Test {
 protected:
  explicit RoomTest(ShardOptions options = Small()) : world(1, std::move(options)) {
    world.dialect.open = true;
    client = world.Connect("chat", "a");
  }
  Outcome Send(size_t bytes) {
    Message message("e", Payload::Text(std::string(bytes, 'x')), world.encodings);
    return world.shard().clients().Send({.space = "chat"}, message, std::nullopt, world.now);
  }
  uint64_t drops(DropReason reason) {
    return world.probe().drops[static_cast<size_t>(reason)].value();
  }

  HubWorld world;
  std::unique_ptr<FakeClient> client;
};

TEST_F(RoomTest, WhatCouldNeverFitDoesNotCloseAnybody) {
  Outcome outcome = Send(200);
  EXPECT_EQ(outcome.enqueued, 0);
  EXPECT_EQ(Dropped(outcome, DropReason::kTooLarge), 1);
  EXPECT_EQ(drops(DropReason::kTooLarge), 1);
  EXPECT_FALSE(client->socket.closed());
  EXPECT_EQ(Send(20).enqueued, 1);
  EXPECT_EQ(Dropped(Send(200), DropReason::kTooLarge), 1) << "also if something waits";
  EXPECT_FALSE(client->socket.closed());
}

TEST_F(RoomTest, IsJudgedAfterTheSocketWasTried) {
  client->socket.takes = 30;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Send(20).enqueued, 1) << i;
  client->socket.takes = 0;
  Outcome last;
  for (int i = 0; i < 3 && last.dropped[0] == 0; ++i) last = Send(20);
  EXPECT_EQ(Dropped(last, DropReason::kSlowConsumer), 1);
  EXPECT_EQ(client->socket.closed()->code, 4420);
}

TEST_F(RoomTest, AnAnswerThatIsTooLargeIsAnError) {
  auto worker = world.Serve("chat", "m");
  world.Say(*client, "call 1 m x");
  world.Reply(*worker, Payload::Json(std::string(100, '1')));
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 message_too_large"));
  EXPECT_FALSE(client->socket.closed());
  EXPECT_EQ(drops(DropReason::kTooLarge), 1);
}

TEST_F(RoomTest, AKickThatCannotBeToldIsNone) {
  world.Say(*client, "sub 1 x");
  std::vector<std::string> channels = {"x"};
  Outcome outcome = world.shard().clients().KickOut({.space = "chat"}, channels,
                                                    std::string(100, 'y'), world.now);
  EXPECT_EQ(Dropped(outcome, DropReason::kTooLarge), 1);
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .channels = {"x"}}), 1);
}

TEST_F(RoomTest, ATokenThatCannotBeToldIsNotTaken) {
  Token token{std::string(100, 't'), "{}", "ann", world.now.date + absl::Hours(1)};
  Outcome outcome = world.shard().clients().SetToken({.space = "chat"}, token,
                                                     {0, absl::Seconds(1), nullptr}, world.now);
  EXPECT_EQ(Dropped(outcome, DropReason::kTooLarge), 1);
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .users = {"ann"}}), 0);
}

TEST_F(RoomTest, AQuestionThatCannotBeToldIsNotAwaited) {
  Outcome outcome =
      world.shard().clients().Call({.space = "chat"}, {1, absl::Seconds(1), nullptr}, "q",
                                   Payload::Json(std::string(99, '1')), world.now);
  EXPECT_EQ(Dropped(outcome, DropReason::kTooLarge), 1);
  EXPECT_EQ(world.shard().requests(), 0);
}

TEST_F(RoomTest, APublicationThatNobodyCouldGetIsAnErrorToItsPublisher) {
  auto other = world.Connect("chat", "b");
  world.Say(*other, "sub 1 x");
  EXPECT_THAT(world.Say(*client, "pub 2 x " + std::string(100, 'y')),
              ElementsAre("err 2 message_too_large"));
  EXPECT_THAT(world.tap.publications, IsEmpty());
  other->socket.Take();
  EXPECT_THAT(world.Say(*client, "pub 3 x y"), ElementsAre("ok 3 "));
  EXPECT_THAT(other->socket.Take(), ElementsAre("pub x y"));
}

struct Welcomes : RoomTest {
  Welcomes() { world.dialect.greeting_within = absl::Seconds(10); }
};

TEST_F(Welcomes, AreSaidWithoutWhatIsTooLarge) {
  auto admission = world.ServeRole("hall", Role::kAdmission);
  auto guest = world.Connect("hall", "g");
  world.Say(*guest, "greet 1 {}");
  Accept accept;
  accept.payload = Payload::Json(std::string(100, '1'));
  world.Reply(*admission, accept);
  EXPECT_THAT(guest->socket.Take(), ElementsAre("welcome 1 g  known"));
  EXPECT_EQ(drops(DropReason::kTooLarge), 1);
}

struct Batches : RoomTest {
  static ShardOptions Options() {
    ShardOptions options;
    options.policy.delivery.outbox_bytes = 4096;
    return options;
  }
  Batches() : RoomTest(Options()) {}
};

TEST_F(Batches, AnswerWithErrorsWhatDoesNotFitWithTheRest) {
  auto worker = world.Serve("chat", "m");
  world.Say(*client, "call 1 m x\ncall 2 m x\ncall 3 m x");
  std::string large(2500, '1');
  for (int i = 0; i < 3; ++i) world.Reply(*worker, Payload::Json(large));
  EXPECT_THAT(client->socket.Take(),
              ElementsAre("ok 1 " + large + "|err 2 message_too_large|err 3 message_too_large"));
  EXPECT_FALSE(client->socket.closed());
}

// --- What waits for a guard ----------------------------------------------------------------------

struct GuardQueue : RoomTest {
  explicit GuardQueue(ShardOptions options = {}) : RoomTest(std::move(options)) {
    guard = std::make_shared<FakeWorker>(1000);
    auto offer = std::make_shared<Offer>();
    offer->worker = HubWorld::IdOf(guard);
    offer->link = guard;
    offer->role = Role::kGuard;
    offer->action = GuardAction::kPublishOut;
    world.Register({"chat", {offer}, {}});
    world.Say(*client, "sub 1 x");
  }
  std::shared_ptr<FakeWorker> guard;
};

TEST_F(GuardQueue, HoldsAPermittedBurstOfEverybody) {
  std::vector<std::unique_ptr<FakeClient>> publishers;
  for (int i = 0; i < 5; ++i) publishers.push_back(world.Connect("chat", "p" + std::to_string(i)));
  for (auto& publisher : publishers) {
    for (int i = 0; i < 200; ++i) {
      ASSERT_THAT(world.Say(*publisher, "pub 1 x " + std::string(100, 'y')), ElementsAre("ok 1 "));
    }
  }
  EXPECT_FALSE(client->socket.closed());
}

TEST_F(GuardQueue, IsBoundedInBytes) {
  world.now += absl::Hours(1);
  for (int i = 0; i < 20 && !client->socket.closed(); ++i) {
    auto shared = std::make_shared<const Message>("x", Payload::Text(std::string(100'000, 'y')),
                                                  world.encodings, true);
    Outcome outcome = world.shard().Deliver({"chat", shared}, world.now);
    EXPECT_EQ(outcome.enqueued, i < 10 ? 1 : 0) << i;
  }
  EXPECT_EQ(client->socket.closed()->code, 4420);
}

TEST_F(GuardQueue, WhatAGuardMakesTooLargeIsDroppedAlone) {
  world.Say(*client, "pub 2 x y");
  world.Reply(*guard, Verdict{true, Payload::Text(std::string(2 << 20, 'y')), false, {}});
  EXPECT_THAT(client->socket.Take(), IsEmpty());
  EXPECT_EQ(drops(DropReason::kTooLarge), 1);
  EXPECT_FALSE(client->socket.closed());
}

// --- How the bounds meet -------------------------------------------------------------------------

TEST(Bounds, DefaultsFitOneAnother) {
  ShardOptions options;
  size_t burst = BurstBytes(512 << 10, 64 << 10);
  EXPECT_TRUE(BurstFits(burst, 0, 0, options.policy.delivery.outbox_bytes));
  EXPECT_TRUE(BurstFits(burst, options.policy.rates.commands_burst, kQueuedCost,
                        options.policy.delivery.guard_queue_bytes));
  EXPECT_LE(FrameBytesMax(64 << 10, 255), options.policy.delivery.outbox_bytes)
      << "one message of a client";
}

}  // namespace
}  // namespace sluice::hub
