// SPDX-License-Identifier: Apache-2.0
//
// Clients that see each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/hub/members.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

// What a client knows after a message. Nobody comes twice, and nobody leaves who is not there.
void ApplyTo(std::set<std::string>& seen, const std::string& message) {
  std::vector<std::string> words =
      absl::StrSplit(message, absl::ByAnyChar(" <>"), absl::SkipEmpty());
  if (words[0] == "members") {
    EXPECT_THAT(seen, IsEmpty());
    seen.insert(words.begin() + 2, words.end());
  } else if (words[0] == "came") {
    EXPECT_TRUE(seen.insert(words[1]).second) << message;
  } else if (words[0] == "left") {
    EXPECT_EQ(seen.erase(words[1]), 1) << message;
  }
}

constexpr Duration kGathering = absl::Milliseconds(50);

TEST(Members, SeeEachOtherComeAndGo) {
  HubWorld world(2);
  world.dialect.roster = true;
  auto a = world.Connect("chat", "a", 0);
  EXPECT_THAT(a->socket.Take(), ElementsAre("members a <a>"));
  world.Pass(kGathering);
  auto b = world.Connect("chat", "b", 1);
  EXPECT_THAT(b->socket.Take(), ElementsAre("members b <a><b>"));
  EXPECT_THAT(a->socket.Take(), ElementsAre("came <b>"));
  world.Pass(kGathering);
  world.Vanish(*a);
  EXPECT_THAT(b->socket.Take(), ElementsAre("left <a>"));
}

TEST(Members, ExpireUnlessTheyRenew) {
  HubWorld world;
  world.dialect.roster = true;
  world.dialect.rule = {absl::Seconds(30), absl::ZeroDuration(), true, absl::Seconds(60),
                        "\x81\x01p"};
  auto a = world.Connect("chat", "a");
  auto b = world.Connect("chat", "b");
  for (int i = 0; i < 3; ++i) {
    world.Pass(absl::Seconds(25));
    world.Say(*a, "renew -");
  }
  EXPECT_THAT(b->socket.Take(), ElementsAre("members b <a><b>", "p", "expired"));
  EXPECT_EQ(b->socket.closed()->code, 4406);
  EXPECT_FALSE(a->socket.closed());
}

TEST(Members, TakeAnIdOverWithoutAFlap) {
  ShardOptions options;
  options.policy.arrival.id_policy = storage::ClaimPolicy::kTakeover;
  HubWorld world(2, options);
  world.dialect.roster = true;
  auto watcher = world.Connect("chat", "w", 0);
  auto older = world.Connect("chat", "same", 0);
  world.Pass(kGathering);
  watcher->socket.Take();
  auto newer = world.Connect("chat", "same", 1);
  world.Vanish(*older);
  world.Pass(kGathering);
  EXPECT_THAT(watcher->socket.Take(), IsEmpty());
  EXPECT_THAT(newer->socket.Take(), ElementsAre("members same <same><w>"));
}

TEST(Members, AreToldTogetherWhatHappensInQuickSuccession) {
  HubWorld world;
  world.dialect.roster = true;
  std::vector<std::unique_ptr<fakes::FakeClient>> room;
  for (int i = 0; i < 20; ++i) room.push_back(world.Connect("chat", absl::StrCat("m", i)));
  world.Pass(absl::Seconds(1));
  for (auto& member : room) member->socket.Take();
  int before = world.dialect.members_encoded;
  int lists = world.dialect.lists_encoded;

  auto x = world.Connect("chat", "x");
  EXPECT_THAT(room[0]->socket.Take(), ElementsAre("came <x>")) << "at once after a quiet time";
  auto y = world.Connect("chat", "y");
  world.Vanish(*x);
  auto z = world.Connect("chat", "z");
  EXPECT_THAT(room[0]->socket.Take(), IsEmpty());
  EXPECT_THAT(y->socket.Take(), IsEmpty());
  world.Pass(kGathering);
  EXPECT_THAT(room[0]->socket.Take(), ElementsAre("came <y>", "left <x>", "came <z>"));
  EXPECT_EQ(world.dialect.members_encoded - before, 4) << "once each, not once a member";
  EXPECT_EQ(world.dialect.lists_encoded - lists, 3);
  EXPECT_THAT(y->socket.Take(), ElementsAre(testing::StartsWith("members y ")));
}

// Whoever gets a list in the middle of a gathering is told what the list lacks, and no more.
TEST(Members, HearEverythingOnceWhateverTheOrder) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    HubWorld world(2);
    world.dialect.roster = true;
    std::map<std::string, std::unique_ptr<fakes::FakeClient>> here;
    std::map<std::string, std::set<std::string>> seen;
    auto look = [&](const std::string& id) {
      for (const std::string& message : here[id]->socket.Take()) ApplyTo(seen[id], message);
    };
    for (int step = 0; step < 60; ++step) {
      std::string id = absl::StrCat("m", random() % 8);
      if (here.contains(id)) {
        world.Vanish(*here[id]);
        here.erase(id);
        seen.erase(id);
      } else {
        here[id] = world.Arrive("chat", id, random() % 2);
      }
      if (random() % 2) world.Run();
      if (random() % 3 == 0) world.Pass(absl::Milliseconds(random() % 60));
      for (auto& [who, client] : here) look(who);
    }
    world.Pass(absl::Seconds(1));
    std::set<std::string> all;
    for (auto& [who, client] : here) all.insert(who);
    for (auto& [who, client] : here) {
      look(who);
      ASSERT_EQ(seen[who], all) << who << " in round " << round;
    }
  }
}

}  // namespace
}  // namespace sluice::hub
