// SPDX-License-Identifier: Apache-2.0
//
// How sessions leave, and how they are kept alive, with the parts that this takes and no others.
#include "gateway/hub/departures.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/answers.h"
#include "gateway/hub/closer.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/endpoints.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/evictions.h"
#include "gateway/hub/keepalive.h"
#include "gateway/hub/members.h"
#include "gateway/hub/requests.h"
#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::FakeSocket;
using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;
using Type = ConnectionEvent::Type;

// Answers that a backend awaits.
struct KeptAnswers final : AnswerSink {
  void OnAnswer(ClientAnswer answer) override { answers.push_back(std::move(answer)); }
  std::vector<ClientAnswer> answers;
};

struct DeparturesTest : testing::Test {
  ShardParts parts;
  Answers& answers = parts.answers;
  Requests requests{0, 100, parts.deadlines, parts.probe};
  Keepalive keepalive{parts.conflicts, parts.closer, parts.deadlines};
  Evictions evictions{parts.sessions, keepalive,       parts.closer,
                      parts.self,     parts.deadlines, parts.probe};
  Members members{parts.sessions, parts.spaces, parts.delivery,
                  parts.presence, parts.self,   parts.probe};
  Departures departures{
      parts.sessions,  {parts.invoker, answers, requests, evictions, parts.conflicts, members},
      parts.delivery,  parts.events,
      parts.deadlines, parts.probe};
  Session& session = parts.Open("chat", "a", "ann");
  FakeSocket& socket = ShardParts::SocketOf(session);

  DeparturesTest() {
    session.who.claimed = true;
    parts.probe.connections[0].Add(1);
  }
  std::vector<Type> Told() {
    std::vector<Type> types;
    for (const ConnectionEvent& event : parts.Events()) types.push_back(event.type);
    return types;
  }
  void Close(Going going) {
    departures.Close(session, CloseCause::kDisconnect, {4321, "enough"}, going, parts.now);
  }
};

TEST_F(DeparturesTest, AClosedSessionIsToldOfWithItsChannelsAndGivesItsIdBack) {
  Directory::Join(session, "news", Entry::kUser);
  Close(Going::kLeaves);
  EXPECT_EQ(socket.closed()->code, 4321);
  EXPECT_TRUE(parts.events.releases_any());
  EXPECT_THAT(Told(), ElementsAre(Type::kClosed, Type::kLeft));
  EXPECT_TRUE(session.space->by_id.empty());
  EXPECT_EQ(parts.probe.connections[0].value(), 0);
  Close(Going::kLeaves);
  EXPECT_THAT(Told(), IsEmpty()) << "once";
}

TEST_F(DeparturesTest, WhoLosesItsIdKeepsItFromBeingGivenBack) {
  Close(Going::kLosesId);
  EXPECT_FALSE(parts.events.releases_any());
  EXPECT_THAT(Told(), ElementsAre(Type::kClosed));
}

TEST_F(DeparturesTest, OfWhoIsDisplacedTheOtherTells) {
  Directory::Join(session, "news", Entry::kUser);
  Close(Going::kDisplaced);
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_FALSE(parts.events.releases_any());
}

TEST_F(DeparturesTest, AFarewellPassesTheDoor) {
  departures.Close(session, CloseCause::kExpired, {}, Going::kLeaves, parts.now);
  EXPECT_THAT(socket.Take(), ElementsAre("expired"));
  EXPECT_EQ(parts.probe.messages_out[0].value(), 1);
}

TEST_F(DeparturesTest, WhoHasNoRoomForAFarewellIsClosedWithoutIt) {
  const std::string full(session.space->policy.delivery.outbox_bytes - kFrameHeaderMax, 'x');
  EXPECT_FALSE(parts.delivery.Say(session, full, parts.now));
  departures.Close(session, CloseCause::kExpired, {4321, "enough"}, Going::kLeaves, parts.now);
  EXPECT_THAT(socket.Take(), ElementsAre(full));
  EXPECT_EQ(socket.closed()->code, 4321);
  EXPECT_EQ(parts.probe.closed_by_gateway[static_cast<size_t>(CloseCause::kExpired)].value(), 1);
  EXPECT_EQ(parts.probe.drops[static_cast<size_t>(DropReason::kSlowConsumer)].value(), 1);
  EXPECT_THAT(parts.closer.closed, IsEmpty()) << "it is being closed already";
}

TEST_F(DeparturesTest, WhoHadNotOpenedIsRefusedOrHasAborted) {
  Session& refused = parts.Arrive("chat", "b");
  departures.Close(refused, CloseCause::kRejected, {}, Going::kLeaves, parts.now);
  EXPECT_THAT(Told(), ElementsAre(Type::kRefused));
  EXPECT_EQ(ShardParts::SocketOf(refused).agreed_before_close(), 1) << "the upgrade is answered";
  Session& aborted = parts.Arrive("chat", "c");
  departures.OnClosed(aborted.key, {kVanishedCode, ""}, parts.now);
  EXPECT_THAT(Told(), ElementsAre(Type::kAborted));
}

TEST_F(DeparturesTest, WhatWasUnderWayEndsWithIt) {
  auto worker = parts.OfferMethod("chat", "m");
  Endpoint* method = session.space->offers.Find(Role::kMethod, "m");
  parts.invoker.Begin(session, *method, {}, absl::Seconds(5), parts.now);
  auto sink = std::make_shared<KeptAnswers>();
  requests.Add(session, 1, {7, absl::Seconds(5), sink}, parts.now);
  session.inbox.commands.emplace_back(Command{}, Key{});
  departures.OnClosed(session.key, {1000, "bye"}, parts.now);
  EXPECT_EQ(worker->cancelled.size(), 1);
  ASSERT_EQ(sink->answers.size(), 1);
  EXPECT_TRUE(std::holds_alternative<ClientAnswer::Disconnected>(sink->answers[0].how));
  EXPECT_EQ(requests.size(), 0);
  EXPECT_EQ(parts.sessions.size(), 0);
  EXPECT_EQ(parts.spaces.Find("chat"), nullptr) << "its last user is gone";
  departures.OnClosed({12345}, {1000, ""}, parts.now);  // unknown keys are ignored
}

TEST_F(DeparturesTest, WhoAnswersNoPingIsClosed) {
  keepalive.Start(session, parts.now);
  auto due = [&](absl::Duration later) {
    parts.now = parts.now + later;
    parts.deadlines.Advance(parts.now, [&](Deadlines::Kind kind, Key key) {
      if (kind == Deadlines::Kind::kLife)
        keepalive.OnDeadline(*parts.sessions.Find(key), parts.now);
    });
  };
  due(absl::Seconds(26));
  EXPECT_THAT(socket.Take(), ElementsAre("<ping>"));
  keepalive.Heard(session, parts.now);
  due(absl::Seconds(11));
  EXPECT_THAT(parts.closer.closed, IsEmpty());
  due(absl::Seconds(16));
  EXPECT_THAT(socket.Take(), ElementsAre("<ping>"));
  due(absl::Seconds(11));
  ASSERT_EQ(parts.closer.closed.size(), 1);
  EXPECT_EQ(parts.closer.closed[0].cause, CloseCause::kPongTimeout);
}

TEST_F(DeparturesTest, ADrainClosesWhoIsAtRestAndWaitsForTheOthers) {
  auto worker = parts.OfferMethod("chat", "m");
  Session& busy = parts.Open("chat", "b");
  Endpoint* method = busy.space->offers.Find(Role::kMethod, "m");
  parts.invoker.Begin(busy, *method, {}, absl::Seconds(5), parts.now);
  DrainParted parted;
  auto order = std::make_shared<const DrainOrder>(
      DrainOrder{.frame = {4444, ""},
                 .grace = absl::Seconds(3),
                 .latest = Instant::Future(),
                 .parted = [&](const DrainParted& more) { parted.closed += more.closed; }});
  const std::vector<SessionKey> keys = {session.key, busy.key};
  evictions.Drain(keys, order, parts.now);
  EXPECT_EQ(parted.closed, 1);
  EXPECT_TRUE(busy.open());
  parts.invoker.calls().Complete(worker->Next().call, Payload::Json("1"), parts.now, nullptr);
  evictions.OnFinished(busy);
  parts.self.RunAll(parts.now);
  EXPECT_EQ(parted.closed, 2);
  EXPECT_FALSE(busy.open());
}

}  // namespace
}  // namespace sluice::hub
