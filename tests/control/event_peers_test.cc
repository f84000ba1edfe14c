// SPDX-License-Identifier: Apache-2.0
//
// One stream that follows the logs of several nodes.
#include "control/event_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "control/node_events.h"
#include "tests/control/cluster_world.h"

namespace sluice::control {
namespace {

using Event = hub::ConnectionEvent;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

storage::PresenceRecord RecordOf(const std::string& id, const std::string& user) {
  return {{"chat", id}, user, "", 1, absl::UnixEpoch(), ""};
}

struct EventPeersTest : testing::Test {
  ~EventPeersTest() override { peers.reset(); }

  void Happens(size_t node, const std::string& id, Event::Type type = Event::Type::kOpened) {
    Event event;
    event.type = type;
    event.space = "chat";
    event.connection = id;
    world[node].events.Append({event});
  }
  void Follow(v1::WatchEventsRequest request = {}) {
    peers = std::make_shared<EventPeers>(world[0].cluster, request, [this] { ++ready; });
    peers->Begin(world.now());
    world.Pass(absl::Milliseconds(200));
  }
  // What the stream gets, as fast as it can: events as "node:id", states as "node=STATE".
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (int quiet = 0; quiet < 3;) {
      auto said = peers->TakeState();
      if (!said) said = peers->TakePage();
      if (said) {
        Note(*said, told);
        quiet = 0;
      } else {
        ++quiet;
        world.Pass(absl::Milliseconds(100));
      }
    }
    return told;
  }
  void Note(const v1::WatchEventsResponse& said, std::vector<std::string>& told) {
    const std::string gap = said.gap() ? "!" : "";
    if (said.state() == v1::WatchEventsResponse::NODE_STATE_FOLLOWED) {
      told.push_back(said.node() + "=FOLLOWED" + gap);
    } else if (said.state() == v1::WatchEventsResponse::NODE_STATE_SILENT) {
      told.push_back(said.node() + "=SILENT" + gap);
    } else if (said.state() == v1::WatchEventsResponse::NODE_STATE_ENDED) {
      told.push_back(said.node() + "=ENDED" + gap);
    } else {
      if (said.gap()) told.push_back(said.node() + "!");
    }
    if (said.lost() > 0) told.push_back(absl::StrCat(said.node(), " lost ", said.lost()));
    for (const auto& event : said.events()) {
      told.push_back(said.node() + ":" + event.connection_id());
    }
    if (said.has_position()) positions[said.node()] = said.position();
  }
  v1::WatchEventsRequest Resumed() {
    v1::WatchEventsRequest request;
    for (const auto& [node, position] : positions) *request.add_after() = position;
    return request;
  }

  ClusterWorld world{3};
  std::shared_ptr<EventPeers> peers;
  std::map<std::string, v1::Position> positions;
  int ready = 0;
};

TEST_F(EventPeersTest, FollowsTheOthersFromNowOn) {
  Happens(1, "before");
  Follow();
  EXPECT_TRUE(peers->settled());
  EXPECT_THAT(Told(), UnorderedElementsAre("n2=FOLLOWED", "n3=FOLLOWED"));
  EXPECT_EQ(positions["n2"].sequence(), 1);
  EXPECT_EQ(positions["n2"].epoch(), "n2-epoch");
  Happens(0, "here");
  Happens(1, "a");
  Happens(1, "b");
  Happens(2, "c");
  const int before = ready;
  world.Run();
  EXPECT_GT(ready, before) << "without a tick";
  auto told = Told();
  EXPECT_THAT(told, UnorderedElementsAre("n2:a", "n2:b", "n3:c"));
  EXPECT_LT(std::find(told.begin(), told.end(), "n2:a"),
            std::find(told.begin(), told.end(), "n2:b"));
}

TEST_F(EventPeersTest, OnlyWhatIsAskedFor) {
  v1::WatchEventsRequest request;
  request.set_namespace_("chat");
  request.add_types(v1::ConnectionEvent::TYPE_CLOSED);
  Follow(request);
  Told();
  Happens(1, "a");
  Happens(1, "a", Event::Type::kClosed);
  world.Pass(absl::Seconds(6));
  EXPECT_THAT(Told(), ElementsAre("n2:a"));
  Happens(1, "b");
  world.Pass(absl::Seconds(6));
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(EventPeersTest, KeepsOnePageAndNoMore) {
  Follow();
  Told();
  for (int i = 0; i < 1000; ++i) Happens(1, std::to_string(i));
  peers->TakePage();
  world.Pass(absl::Seconds(10));
  const int64_t asked = world[0].probe.asked.value();
  world.Pass(absl::Seconds(10));
  EXPECT_LE(world[0].probe.asked.value() - asked, 5) << "of n3; n2 waits for the reader";
  EXPECT_EQ(Told().size(), 1000);
}

TEST_F(EventPeersTest, AReaderThatIsTooSlowIsToldOfTheGap) {
  Follow();
  Told();
  for (int i = 0; i < 10'100; ++i) Happens(1, std::to_string(i));
  auto told = Told();
  EXPECT_EQ(told.front(), "n2!");
  EXPECT_EQ(told.size(), 10'001);
}

TEST_F(EventPeersTest, GoesOnOnAnyNode) {
  Follow();
  Told();
  Happens(1, "a");
  Told();
  peers.reset();
  Happens(1, "b");
  Happens(2, "c");
  v1::WatchEventsRequest request = Resumed();
  peers = std::make_shared<EventPeers>(world[2].cluster, request, [] {});
  peers->Begin(world.now());
  // n1 has not been named by this half of a stream: it is taken to have come since.
  Happens(0, "d");
  EXPECT_THAT(Told(), UnorderedElementsAre("n2=FOLLOWED", "n1=FOLLOWED", "n2:b", "n1:d"));
}

TEST_F(EventPeersTest, WhatIsNotKeptIsAGap) {
  Follow();
  Told();
  peers.reset();
  for (int i = 0; i < 10'100; ++i) Happens(1, std::to_string(i));
  Follow(Resumed());
  auto told = Told();
  EXPECT_THAT(told, Contains("n2=FOLLOWED!"));
  EXPECT_EQ(told.size(), 10'002);
}

TEST_F(EventPeersTest, WhoComesLaterIsFollowedFromItsBeginning) {
  Follow();
  Told();
  world.nodes.push_back(std::make_unique<TestNode>(world.bus, "n4", 1));
  Happens(3, "first");
  EXPECT_THAT(Told(), ElementsAre("n4=FOLLOWED", "n4:first"));
}

TEST_F(EventPeersTest, ANodeHasEndedOnceAllHaveToldWhatItLeft) {
  Follow();
  Told();
  world.nodes.pop_back();
  EXPECT_THAT(Told(), IsEmpty());
  storage::Presence::Burial burial{.node = "n3", .records = {RecordOf("c", "")}, .last = true};
  world[1].events.Append(EventsOf(burial, world.now()));
  EXPECT_THAT(Told(), ElementsAre("n2:c"));
  peers->OnBuried("n3", "n1");
  EXPECT_THAT(Told(), ElementsAre("n3=ENDED!"));
  EXPECT_EQ(positions["n3"].epoch(), "n3-epoch");
  world.Pass(absl::Minutes(2));
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(EventPeersTest, WhoSaysFarewellEndsWithoutAGap) {
  Follow();
  Told();
  Happens(2, "last");
  world[2].events.Append(EventsOf({.node = "n3", .records = {}, .last = true}, world.now()));
  EXPECT_THAT(Told(), ElementsAre("n3:last"));
  world.nodes.pop_back();
  EXPECT_THAT(Told(), ElementsAre("n3=ENDED"));
}

TEST_F(EventPeersTest, OrAfterAWhile) {
  world[0].node.limits.node_end_timeout = absl::Seconds(20);
  Follow();
  Told();
  world.nodes.pop_back();
  world.Pass(absl::Seconds(19));
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_EQ(world[0].probe.ends_unconfirmed.value(), 0);
  world.Pass(absl::Seconds(1));
  EXPECT_THAT(Told(), ElementsAre("n3=ENDED!"));
  EXPECT_EQ(world[0].probe.ends_unconfirmed.value(), 1);
}

TEST_F(EventPeersTest, OfNodesThatAreGoneSoManyPositionsAreKept) {
  v1::WatchEventsRequest request;
  for (int i = 0; i < 1000; ++i) {
    v1::Position& position = *request.add_after();
    position.set_node(absl::StrCat("gone-", i));
    position.set_epoch("e");
    position.set_sequence(1);
  }
  Follow(request);
  Told();
  world.nodes.pop_back();
  Told();
  EXPECT_EQ(world[0].probe.positions_dropped.value(), 1);
}

TEST_F(EventPeersTest, ANodeThatWasStartedAnewIsAnother) {
  Follow();
  Told();
  world.nodes.pop_back();
  world.Pass(absl::Milliseconds(100));
  world.nodes.push_back(std::make_unique<TestNode>(world.bus, "n3", 1));
  world[2].node.epoch = "second";
  Happens(2, "new");
  EXPECT_THAT(Told(), ElementsAre("n3=FOLLOWED", "n3:new"));
  EXPECT_EQ(positions["n3"].epoch(), "second");
  for (const char* by : {"n1", "n2"}) peers->OnBuried("n3", by);
  EXPECT_THAT(Told(), ElementsAre("n3=ENDED!"));
  EXPECT_EQ(positions["n3"].epoch(), "n3-epoch");
}

TEST_F(EventPeersTest, ANodeThatWasTakenForDeadGoesOnWhereItWas) {
  Follow();
  Told();
  Happens(2, "a");
  Told();
  world.nodes.pop_back();
  world.Pass(absl::Milliseconds(100));
  // The same epoch, and the same events in its log.
  world.nodes.push_back(std::make_unique<TestNode>(world.bus, "n3", 1));
  Happens(2, "a");
  Happens(2, "b");
  EXPECT_THAT(Told(), ElementsAre("n3=ENDED!", "n3=FOLLOWED", "n3:b"));
}

TEST_F(EventPeersTest, WhoHasGoneWhileNobodyWatchedHasEnded) {
  Follow();
  Told();
  peers.reset();
  world.nodes.pop_back();
  Follow(Resumed());
  EXPECT_THAT(Told(), ElementsAre("n2=FOLLOWED"));
  for (const char* by : {"n1", "n2"}) peers->OnBuried("n3", by);
  EXPECT_THAT(Told(), ElementsAre("n3=ENDED!"));
}

TEST(EventsOf, ClosedForEachThenThatItIsGone) {
  storage::Presence::Burial burial{.node = "n9", .records = {RecordOf("c", "ann")}, .last = true};
  auto events = EventsOf(burial, Now{});
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(events[0].type, Event::Type::kClosed);
  EXPECT_EQ(events[0].connection, "c");
  EXPECT_EQ(events[0].user, "ann");
  EXPECT_EQ(events[0].code, 1006);
  EXPECT_EQ(events[0].extras().node, "n9");
  EXPECT_EQ(events[1].type, Event::Type::kNodeGone);
  EXPECT_EQ(events[1].extras().node, "n9");
}

TEST(GapEvents, AreFewWhateverIsCut) {
  hub::EventLog log({});
  GapEvents gaps;
  Now now{};
  for (int i = 0; i < 1000; ++i) gaps.Tell({.space = std::to_string(i), .node = ""}, now, log);
  EXPECT_EQ(log.position(), 101);
  now += absl::Seconds(1);
  gaps.Tell({.space = "chat", .node = "n2"}, now, log);
  auto id = *log.Watch({"chat", 0, false}, 0, [] {});
  auto batch = log.Take(id, 10, 1 << 20);
  ASSERT_EQ(batch.events.size(), 2) << "those of any namespace, and its own";
  EXPECT_EQ(batch.events[0]->space, "");
  EXPECT_EQ(batch.events[1]->space, "chat");
  EXPECT_EQ(batch.events[1]->extras().node, "n2");
}

}  // namespace
}  // namespace sluice::control
