// SPDX-License-Identifier: Apache-2.0
//
// Who sees whom, turn by turn, over presence in memory.
#include "gateway/hub/members.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;

ShardOptions Narrow() {
  ShardOptions options;
  options.policy.lists.members_max = 3;
  options.policy.lists.bytes = 20;
  return options;
}

struct MembersPartTest : testing::Test {
  ShardParts parts{Narrow()};
  Members members{parts.sessions, parts.spaces, parts.delivery,
                  parts.presence, parts.self,   parts.probe};

  void Come(const std::string& id, const std::string& detail) {
    parts.presence.TryClaim({{"chat", id}, "", "n", 1, parts.now.date, detail},
                            storage::ClaimPolicy::kReject, parts.self, [](auto, Now) {});
  }
  void Come(const std::string& id) { Come(id, "<" + id + ">"); }
  void Leave(const std::string& id) { parts.presence.Release({"chat", id}, "n", 1); }
  // Opens here, and is known to presence.
  Session& See(const std::string& id) {
    Session& session = parts.Open("chat", id);
    session.origin.detail = std::make_unique<const std::string>("<" + id + ">");
    Come(id);
    members.See(session, parts.now);
    return session;
  }
  // The turn ends.
  void EndTurn() { parts.self.RunAll(parts.now); }
  void Pass(absl::Duration time) {
    parts.now += time;
    members.TellGathered(parts.now);
    EndTurn();
  }
  // What was gathered is told, and nothing happens for a while.
  void Rest() {
    Pass(absl::Seconds(1));
    parts.now += absl::Seconds(1);
  }
  static std::vector<std::string> Heard(const Session& session) {
    return ShardParts::SocketOf(session).Take();
  }
};

TEST_F(MembersPartTest, TheListComesAtTheEndOfTheTurnWithOneself) {
  Come("z");
  Session& ann = See("a");
  EXPECT_THAT(Heard(ann), IsEmpty());
  EndTurn();
  EXPECT_THAT(Heard(ann), ElementsAre("members a <a><z>"));
  EXPECT_EQ(parts.dialect.members_encoded, 0) << "what is in the list is no news";
}

TEST_F(MembersPartTest, WhoComesAndGoesIsTold) {
  Session& ann = See("a");
  EndTurn();
  Heard(ann);
  Rest();
  Come("z");
  EndTurn();
  EXPECT_THAT(Heard(ann), ElementsAre("came <z>")) << "at once after a quiet time";
  Rest();
  Leave("z");
  EndTurn();
  EXPECT_THAT(Heard(ann), ElementsAre("left <z>"));
}

TEST_F(MembersPartTest, WhatHappensInQuickSuccessionIsToldTogether) {
  Session& ann = See("a");
  EndTurn();
  Heard(ann);
  for (const char* id : {"x", "y"}) {
    Come(id);
    EndTurn();
  }
  Pass(absl::Milliseconds(40));
  EXPECT_THAT(Heard(ann), IsEmpty());
  Pass(absl::Milliseconds(10));
  EXPECT_THAT(Heard(ann), ElementsAre("came <x>", "came <y>"));
  EXPECT_EQ(parts.probe.messages_out[0].value(), 3) << "each is counted";
  Rest();
  EXPECT_THAT(Heard(ann), IsEmpty());
}

TEST_F(MembersPartTest, NewsAreEncodedOnceForAllAndNotToldToWhomTheyAreOf) {
  Session& ann = See("a");
  Session& bob = See("b");
  EndTurn();
  Heard(ann);
  Heard(bob);
  Rest();
  Session& cat = See("c");
  EndTurn();
  Pass(absl::Milliseconds(50));
  EXPECT_THAT(Heard(ann), ElementsAre("came <c>"));
  EXPECT_THAT(Heard(bob), ElementsAre("came <c>"));
  EXPECT_THAT(Heard(cat), ElementsAre("members c <a><b><c>"));
  EXPECT_EQ(parts.dialect.members_encoded, 1);
}

TEST_F(MembersPartTest, WhomNoDialectShowsIsNotShown) {
  Come("hidden", "");
  Session& ann = See("a");
  EndTurn();
  EXPECT_THAT(Heard(ann), ElementsAre("members a <a>"));
  Rest();
  Come("too", "");
  EndTurn();
  EXPECT_THAT(Heard(ann), IsEmpty());
}

TEST_F(MembersPartTest, AListIsCutByNumberAndOneselfIsInIt) {
  for (const char* id : {"a", "b", "c"}) Come(id);
  Session& zoe = See("z");
  EndTurn();
  EXPECT_THAT(Heard(zoe), ElementsAre("members z <a><b><z> cut"));
  EXPECT_EQ(parts.probe.member_lists_cut.value(), 1);
}

TEST_F(MembersPartTest, AListIsCutByBytesAndOneselfIsInIt) {
  Come("a", "<a that is long>");
  Session& zoe = See("z");
  EndTurn();
  EXPECT_THAT(Heard(zoe), ElementsAre("members z <a that is long><z> cut"));
}

TEST_F(MembersPartTest, TheShardWatchesAsLongAsSomebodySees) {
  Session& ann = See("a");
  Session& bob = See("b");
  EndTurn();
  Heard(bob);
  members.Unsee(ann);
  Heard(ann);
  Rest();
  Come("x");
  EndTurn();
  EXPECT_THAT(Heard(ann), IsEmpty());
  EXPECT_THAT(Heard(bob), ElementsAre("came <x>"));
  members.Unsee(bob);
  EXPECT_EQ(bob.space->viewers, nullptr);
  members.Unsee(bob);  // it sees nothing any more
  Rest();
  Come("y");
  EndTurn();
  EXPECT_THAT(Heard(bob), IsEmpty());
}

// The list was asked for, and whoever wanted it has left.
TEST_F(MembersPartTest, AListThatComesTooLateIsNobodys) {
  Session& ann = See("a");
  parts.self.RunOne(parts.now);
  members.Unsee(ann);
  ann.state = Session::State::kClosing;
  EndTurn();
  EXPECT_THAT(Heard(ann), IsEmpty());
}

}  // namespace
}  // namespace sluice::hub
