// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/directory.h"

#include <algorithm>
#include <string>
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

struct DirectoryTest : testing::Test {
  ShardParts parts;
  Session& a = parts.Open("chat", "a", "ann");
  Session& b = parts.Open("chat", "b", "ann");
  Session& c = parts.Open("chat", "c", "bob");
  Session& d = parts.Open("other", "a", "ann");

  std::vector<std::string> Ids(const Selector& selector,
                               Directory::Reach reach = Directory::Reach::kMembers) const {
    std::vector<std::string> ids;
    for (Session* session : parts.directory.Select(selector, nullptr, reach)) {
      ids.push_back(session->who.id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }
};

TEST_F(DirectoryTest, SelectsByEachFieldWithinOneNamespace) {
  EXPECT_THAT(Ids({.space = "chat"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Ids({.space = "nowhere"}), IsEmpty());
  EXPECT_THAT(Ids({.space = "chat", .users = {"ann"}}), ElementsAre("a", "b"));
  EXPECT_THAT(Ids({.space = "chat", .connections = {"c", "x"}}), ElementsAre("c"));
  EXPECT_THAT(Ids({.space = "chat", .connections = {"a", "c"}, .users = {"ann"}}),
              ElementsAre("a"));
  EXPECT_THAT(Ids({.space = "chat", .except_users = {"ann"}}), ElementsAre("c"));
  EXPECT_THAT(Ids({.space = "chat", .except_connections = {"a"}}), ElementsAre("b", "c"));
  EXPECT_THAT(Ids({.space = "chat", .elsewhere = true}), IsEmpty());
  c.who.labels["tier"] = "gold";
  EXPECT_THAT(Ids({.space = "chat", .labels = {{"tier", "gold"}}}), ElementsAre("c"));
  EXPECT_THAT(Ids({.space = "chat", .connected_before = parts.now.date}), IsEmpty());
  EXPECT_THAT(Ids({.space = "chat", .connected_after = parts.now.date}),
              ElementsAre("a", "b", "c"));
}

TEST_F(DirectoryTest, SaysWhichIdsAreNotHere) {
  std::vector<std::string> missing;
  parts.directory.Select({.space = "chat", .connections = {"a", "x"}}, &missing);
  EXPECT_THAT(missing, ElementsAre("x"));
}

TEST_F(DirectoryTest, AMemberOfSeveralChannelsIsSelectedOnce) {
  for (const char* channel : {"red", "blue"}) EXPECT_TRUE(Directory::Join(a, channel, {}));
  EXPECT_FALSE(Directory::Join(a, "red", {})) << "it is one already";
  Directory::Join(c, "blue", {});
  EXPECT_THAT(Ids({.space = "chat", .channels = {"red", "blue"}}), ElementsAre("a", "c"));
  EXPECT_TRUE(Directory::Leave(a, "blue"));
  EXPECT_FALSE(Directory::Leave(a, "blue"));
  EXPECT_THAT(Ids({.space = "chat", .channels = {"blue"}}), ElementsAre("c"));
  EXPECT_TRUE(IsMember(a, "red"));
}

TEST_F(DirectoryTest, AChannelIsForgottenWithItsLastMember) {
  Directory::Join(a, "red", {});
  Directory::Join(b, "red", {});
  Directory::Leave(a, "red");
  EXPECT_EQ(a.space->channels.size(), 1);
  Directory::Remove(b);
  EXPECT_TRUE(a.space->channels.empty());
  EXPECT_THAT(Ids({.space = "chat"}), ElementsAre("a", "c"));
  EXPECT_THAT(Ids({.space = "chat", .users = {"ann"}}), ElementsAre("a"));
}

TEST_F(DirectoryTest, WhoBecomesSomebodyElseIsFoundByThat) {
  Directory::SetUser(a, "bob");
  EXPECT_THAT(Ids({.space = "chat", .users = {"bob"}}), ElementsAre("a", "c"));
  Directory::SetUser(a, "");
  EXPECT_THAT(Ids({.space = "chat", .users = {"ann", "bob"}}), ElementsAre("b", "c"));
}

TEST_F(DirectoryTest, WhoIsOutOnlyWhileAGuardIsAskedIsReachedWhereThatIsWanted) {
  a.places.rechecks.push_back({"red", Entry::kUser, /*inside=*/false});
  Directory::NoteRechecks(a);
  const Selector red{.space = "chat", .channels = {"red"}};
  EXPECT_THAT(Ids(red), IsEmpty());
  EXPECT_THAT(Ids(red, Directory::Reach::kRechecked), ElementsAre("a"));
  EXPECT_TRUE(Belongs(a, "red"));
  EXPECT_FALSE(IsMember(a, "red"));
  a.places.rechecks.clear();
  Directory::NoteRechecks(a);
  EXPECT_THAT(Ids(red, Directory::Reach::kRechecked), IsEmpty());
}

}  // namespace
}  // namespace sluice::hub
