// SPDX-License-Identifier: Apache-2.0
//
// What every implementation of storage::Presence promises of lists, counts and
// watchers (presence_contract.h).
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/storage/presence_contract.h"

namespace sluice::storage {

TEST_P(PresenceContract, ListsInPages) {
  uint64_t session = 0;
  for (const char* id : {"d", "b", "e", "a", "c"}) TryClaim(Record(id, ++session));
  EXPECT_EQ(Ids("", 2), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(Ids("b", 2), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(Ids("bb", 2), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(Ids("d", 2), (std::vector<std::string>{"e"}));
  EXPECT_TRUE(Ids("e", 2).empty());
}

TEST_P(PresenceContract, CountsANamespace) {
  EXPECT_EQ(Count(), 0u);
  for (const char* id : {"a", "b", "c"}) TryClaim(Record(id, 1));
  EXPECT_EQ(Count(), 3u);
  Release("b", 1);
  EXPECT_EQ(Count(), 2u);
  EXPECT_EQ(Count("other"), 0u);
}

TEST_P(PresenceContract, WatchersAreToldWhoComesAndGoesInOrder) {
  TryClaim(Record("before", 9));
  std::vector<std::string> told;
  Presence::WatchId watch = Watch(told);
  TryClaim(Record("a", 1));
  TryClaim(Record("b", 2));
  store().Release({"chat", "a"}, "node-1", 1);
  TryClaim(Record("a", 3));
  PresenceRecord elsewhere = Record("c", 4);
  elsewhere.key.space = "chat2";
  TryClaim(elsewhere);
  RunUntilTold(told, 4);
  EXPECT_EQ(told, (std::vector<std::string>{"+a", "+b", "-a", "+a"}));
  store().Unwatch(watch);
  TryClaim(Record("d", 5));
  EXPECT_EQ(Count(), 4u);
  EXPECT_EQ(told.size(), 4u);
}

TEST_P(PresenceContract, AChangeCarriesTheWholeRecord) {
  std::vector<PresenceChange> told;
  store().Watch("chat", home(), [&told](const PresenceChange& c, Now) { told.push_back(c); });
  Page("chat", "", 1);
  TryClaim(Record("a", 1, "ann"));
  store().Release({"chat", "a"}, "node-1", 1);
  harness_->RunUntil([&] { return told.size() >= 2; });
  ASSERT_EQ(told.size(), 2u);
  for (const PresenceChange& change : told) {
    EXPECT_EQ(change.record.key, (PresenceKey{"chat", "a"}));
    EXPECT_EQ(change.record.user, "ann");
    EXPECT_EQ(change.record.node, "node-1");
    EXPECT_EQ(change.record.session, 1u);
    EXPECT_EQ(change.record.detail, "detail");
  }
}

TEST_P(PresenceContract, WhoTakesOverNeitherComesNorLeaves) {
  std::vector<std::string> told;
  Watch(told);
  TryClaim(Record("a", 1));
  TryClaim(Record("a", 2), ClaimPolicy::kTakeover);
  TryClaim(Record("a", 2));
  store().Update(Record("a", 2, "ann"));
  store().Release({"chat", "a"}, "node-1", 1);  // has lost it
  EXPECT_EQ(Find("a")->session, 2u);
  TryClaim(Record("z", 3));
  RunUntilTold(told, 2);
  EXPECT_EQ(told, (std::vector<std::string>{"+a", "+z"}));
}

// What was told before the list came is in it, and what is in it is not told after it.
TEST_P(PresenceContract, AListIsConsistentWithWhatIsTold) {
  std::vector<std::string> told;
  Watch(told);
  for (uint64_t i = 0; i < 20; ++i) {
    store().TryClaim(Record(std::string(1, static_cast<char>('a' + i)), i), ClaimPolicy::kReject,
                     home(), [](auto, Now) {});
    if (i % 3 == 2) store().Release({"chat", "a"}, "node-1", 0);
    std::vector<std::string> members;
    std::vector<std::string> listed;
    bool done = false;
    store().List("chat", "", 100, home(), [&](auto page, Now) {
      ASSERT_TRUE(page.ok()) << page.status();
      for (const PresenceRecord& record : *page) listed.push_back(record.key.id);
      for (const std::string& change : told) {
        const std::string id = change.substr(1);
        if (change[0] == '+') members.push_back(id);
        if (change[0] == '-') std::erase(members, id);
      }
      done = true;
    });
    harness_->RunUntil([&] { return done; });
    EXPECT_EQ(listed, members) << i;
  }
}

}  // namespace sluice::storage
