// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/delivery.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/directory.h"
#include "gateway/hub/guards.h"
#include "gateway/hub/message.h"
#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::FakeSocket;
using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;

ShardOptions Narrow() {
  ShardOptions options;
  options.policy.delivery.outbox_bytes = 100;
  options.policy.delivery.guard_queue_bytes = 300;
  return options;
}

struct DeliveryTest : testing::Test {
  ShardParts parts{Narrow()};
  Session& session = parts.Open("chat", "a");
  FakeSocket& socket = ShardParts::SocketOf(session);

  uint64_t Drops(DropReason reason) const {
    return parts.probe.drops[static_cast<size_t>(reason)].value();
  }
  SharedMessage Said(const std::string& body) {
    return std::make_shared<const Message>("news", Payload::Json(body), parts.encodings, true);
  }
};

TEST_F(DeliveryTest, TakesWhatHasRoom) {
  EXPECT_FALSE(parts.delivery.Say(session, "hello", parts.now));
  EXPECT_FALSE(
      parts.delivery.Send(session, Message("e", Payload::Json("1"), parts.encodings), parts.now));
  EXPECT_THAT(socket.Take(), ElementsAre("hello", "event e 1"));
  EXPECT_EQ(parts.probe.messages_out[0].value(), 2);
}

TEST_F(DeliveryTest, WhatCouldNeverFitSaysNothingOfTheClient) {
  EXPECT_FALSE(Delivery::Fits(session, 91));
  EXPECT_TRUE(Delivery::Fits(session, 90));
  EXPECT_EQ(parts.delivery.Say(session, std::string(91, 'x'), parts.now), DropReason::kTooLarge);
  EXPECT_EQ(Drops(DropReason::kTooLarge), 1);
  EXPECT_THAT(parts.closer.closed, IsEmpty());
}

TEST_F(DeliveryTest, WhoReadsIsNotSlowHoweverMuchIsSaidInATurn) {
  socket.takes = 1000;
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(parts.delivery.Say(session, std::string(50, 'x'), parts.now)) << i;
  }
  EXPECT_THAT(parts.closer.closed, IsEmpty());
}

TEST_F(DeliveryTest, WhoReadsNothingIsClosedOnce) {
  EXPECT_FALSE(parts.delivery.Say(session, std::string(80, 'x'), parts.now));
  EXPECT_EQ(parts.delivery.Say(session, std::string(80, 'x'), parts.now),
            DropReason::kSlowConsumer);
  ASSERT_EQ(parts.closer.closed.size(), 1);
  EXPECT_EQ(parts.closer.closed[0].cause, CloseCause::kSlowConsumer);
  EXPECT_EQ(Drops(DropReason::kSlowConsumer), 1);
}

TEST_F(DeliveryTest, AFarewellClosesNobody) {
  EXPECT_FALSE(parts.delivery.SayFarewell(session, std::string(50, 'x')));
  EXPECT_EQ(parts.delivery.SayFarewell(session, std::string(50, 'x')), DropReason::kSlowConsumer);
  EXPECT_EQ(Drops(DropReason::kSlowConsumer), 1);
  EXPECT_THAT(parts.closer.closed, IsEmpty());
  socket.takes = 1000;  // it reads after all
  EXPECT_FALSE(parts.delivery.SayFarewell(session, std::string(50, 'x')));
  EXPECT_EQ(parts.probe.messages_out[0].value(), 2);
}

TEST_F(DeliveryTest, ADialectThatCannotSayItDropsIt) {
  fakes::FakeDialect mute(0, /*mute=*/true);
  session.dialect = &mute;
  EXPECT_EQ(parts.delivery.Publish(session, Said("1"), parts.now), DropReason::kUnsupported);
}

// A guard that decides about each publication, for a member of the channel.
struct GuardedDelivery : DeliveryTest {
  GuardedDelivery() { Directory::Join(session, "news", Entry::kUser); }
  Decision Yes() const { return {}; }
  Decision No() const { return {Decision::kBlocked, MakeError(Fault::kBlocked)}; }

  std::shared_ptr<fakes::FakeWorker> guard = parts.OfferGuard("chat", GuardAction::kPublishOut);
};

TEST_F(GuardedDelivery, AsksAboutOneAfterTheOtherAndKeepsTheirOrder) {
  for (const char* body : {"1", "2", "3"}) {
    EXPECT_FALSE(parts.delivery.Publish(session, Said(body), parts.now));
  }
  EXPECT_EQ(guard->invoked.size(), 1) << "the others wait";
  EXPECT_THAT(socket.Take(), IsEmpty());
  parts.delivery.OnVerdict(session, Yes(), /*stale=*/false, parts.now);
  parts.delivery.OnVerdict(session, No(), /*stale=*/false, parts.now);
  parts.delivery.OnVerdict(session, {Decision::kAllowed, {}, Payload::Json("other")},
                           /*stale=*/false, parts.now);
  EXPECT_THAT(socket.Take(), ElementsAre("pub news 1", "pub news other"));
  EXPECT_EQ(guard->invoked.size(), 3);
  EXPECT_EQ(session.undecided, nullptr);
}

TEST_F(GuardedDelivery, AnswersAndEventsDoNotWaitForIt) {
  parts.delivery.Publish(session, Said("1"), parts.now);
  parts.delivery.Say(session, "answer", parts.now);
  EXPECT_THAT(socket.Take(), ElementsAre("answer"));
}

TEST_F(GuardedDelivery, WhatWasAskedAboutSomebodyElseIsAskedAgain) {
  parts.delivery.Publish(session, Said("1"), parts.now);
  parts.delivery.OnVerdict(session, Yes(), /*stale=*/true, parts.now);
  EXPECT_THAT(socket.Take(), IsEmpty());
  EXPECT_EQ(guard->invoked.size(), 2);
}

TEST_F(GuardedDelivery, WhoHasLeftTheChannelHearsNothingOfIt) {
  parts.delivery.Publish(session, Said("1"), parts.now);
  parts.delivery.Publish(session, Said("2"), parts.now);
  Directory::Leave(session, "news");
  parts.delivery.OnVerdict(session, Yes(), /*stale=*/false, parts.now);
  EXPECT_THAT(socket.Take(), IsEmpty());
  EXPECT_EQ(guard->invoked.size(), 1) << "about the other nobody need be asked";
}

TEST_F(GuardedDelivery, ItsQueueIsBoundedInBytes) {
  const std::string body(40, '1');
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(parts.delivery.Publish(session, Said(body), parts.now)) << i;
  }
  EXPECT_EQ(parts.delivery.Publish(session, Said(body), parts.now), DropReason::kSlowConsumer);
  ASSERT_EQ(parts.closer.closed.size(), 1);
}

}  // namespace
}  // namespace sluice::hub
