// SPDX-License-Identifier: Apache-2.0
//
// What every implementation of storage::Presence promises. An implementation
// joins with a harness and INSTANTIATE_TEST_SUITE_P(Name, PresenceContract,
// ...), and includes this and presence_contract_lists.h.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/presence.h"

namespace sluice::storage {

// One store and a thread's executor, under a test's control.
class PresenceHarness {
 public:
  virtual ~PresenceHarness() = default;
  virtual Presence& presence() = 0;
  virtual Executor& home() = 0;
  // Runs what was posted to home() until `done` says so; fails the test after a
  // while.
  virtual void RunUntil(const std::function<bool()>& done) = 0;
};

using PresenceHarnessFactory = std::function<std::unique_ptr<PresenceHarness>()>;

class PresenceContract : public testing::TestWithParam<PresenceHarnessFactory> {
 protected:
  static PresenceRecord Record(std::string id, uint64_t session, std::string user = "") {
    return {{"chat", std::move(id)},  std::move(user), "node-1", session,
            absl::FromUnixSeconds(1), "detail"};
  }

  // Makes a call and runs the executor until its completion came.
  template <typename T, typename Call>
  absl::StatusOr<T> Wait(Call call) {
    std::optional<absl::StatusOr<T>> result;
    call([&result](absl::StatusOr<T> got, Now) { result = std::move(got); });
    EXPECT_FALSE(result.has_value()) << "completed from within the call";
    harness_->RunUntil([&result] { return result.has_value(); });
    return *std::move(result);
  }

  Claim TryClaim(const PresenceRecord& record, ClaimPolicy policy = ClaimPolicy::kReject) {
    auto claim = Wait<Claim>([&](Presence::Done<Claim> done) {
      store().TryClaim(record, policy, home(), std::move(done));
    });
    EXPECT_TRUE(claim.ok()) << claim.status();
    return claim.value_or(Claim());
  }

  std::vector<PresenceRecord> Page(const std::string& space, const std::string& after,
                                   size_t limit) {
    auto page = Wait<std::vector<PresenceRecord>>(
        [&](auto done) { store().List(space, after, limit, home(), std::move(done)); });
    EXPECT_TRUE(page.ok()) << page.status();
    return std::move(page).value_or(std::vector<PresenceRecord>());
  }

  std::optional<PresenceRecord> Find(const std::string& id) {
    for (PresenceRecord& record : Page("chat", "", 100)) {
      if (record.key.id == id) return std::move(record);
    }
    return std::nullopt;
  }

  std::vector<std::string> Ids(const std::string& after = "", size_t limit = 100) {
    std::vector<std::string> ids;
    for (const PresenceRecord& record : Page("chat", after, limit)) ids.push_back(record.key.id);
    return ids;
  }

  size_t Count(const std::string& space = "chat") {
    auto count = Wait<size_t>([&](auto done) { store().Count(space, home(), std::move(done)); });
    EXPECT_TRUE(count.ok()) << count.status();
    return count.value_or(0);
  }

  // Gives up what is held, and waits until nobody sees it any more.
  void Release(const std::string& id, uint64_t session) {
    store().Release({"chat", id}, "node-1", session);
    for (int i = 0; i < 1000 && Find(id); ++i) continue;
  }

  // What a watcher is told: "+id", "-id".
  Presence::WatchId Watch(std::vector<std::string>& told) {
    Presence::WatchId watch = store().Watch("chat", home(), [&](const PresenceChange& change, Now) {
      told.push_back((change.came ? "+" : "-") + change.record.key.id);
    });
    Page("chat", "", 1);  // each change is told from here on
    return watch;
  }
  void RunUntilTold(const std::vector<std::string>& told, size_t count) {
    harness_->RunUntil([&] { return told.size() >= count; });
  }

  Presence& store() { return harness_->presence(); }
  Executor& home() { return harness_->home(); }

  std::unique_ptr<PresenceHarness> harness_ = GetParam()();
};

TEST_P(PresenceContract, ClaimsAFreeKey) {
  EXPECT_EQ(TryClaim(Record("a", 1)).result, Claim::Result::kNew);
  auto got = Find("a");
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->key, (PresenceKey{"chat", "a"}));
  EXPECT_EQ(got->node, "node-1");
  EXPECT_EQ(got->session, 1u);
  EXPECT_EQ(got->connected_at, absl::FromUnixSeconds(1));
  EXPECT_EQ(got->detail, "detail");
}

TEST_P(PresenceContract, SameIdInAnotherNamespaceIsAnotherKey) {
  TryClaim(Record("a", 1));
  PresenceRecord other = Record("a", 2);
  other.key.space = "chat2";
  EXPECT_EQ(TryClaim(other).result, Claim::Result::kNew);
  EXPECT_EQ(Count("chat"), 1u);
  EXPECT_EQ(Count("chat2"), 1u);
}

TEST_P(PresenceContract, RejectKeepsTheOlder) {
  TryClaim(Record("a", 1, "ann"));
  Claim claim = TryClaim(Record("a", 2, "ann"), ClaimPolicy::kReject);
  EXPECT_EQ(claim.result, Claim::Result::kHeld);
  EXPECT_EQ(claim.holder.session, 1u);
  EXPECT_EQ(Find("a")->session, 1u);
}

TEST_P(PresenceContract, SameUserTakesOver) {
  TryClaim(Record("a", 1, "ann"));
  Claim claim = TryClaim(Record("a", 2, "ann"), ClaimPolicy::kSameUser);
  EXPECT_EQ(claim.result, Claim::Result::kTakenOver);
  EXPECT_EQ(claim.holder.session, 1u);
  EXPECT_EQ(claim.holder.user, "ann");
  EXPECT_EQ(claim.holder.node, "node-1");
  EXPECT_EQ(Find("a")->session, 2u);
}

TEST_P(PresenceContract, AnotherUserDoesNotTakeOver) {
  TryClaim(Record("a", 1, "ann"));
  EXPECT_EQ(TryClaim(Record("a", 2, "bob"), ClaimPolicy::kSameUser).result, Claim::Result::kHeld);
}

TEST_P(PresenceContract, NobodyIsNotTheSameUserAsNobody) {
  TryClaim(Record("a", 1));
  EXPECT_EQ(TryClaim(Record("a", 2), ClaimPolicy::kSameUser).result, Claim::Result::kHeld);
}

TEST_P(PresenceContract, TakeoverAsksForNoUser) {
  TryClaim(Record("a", 1, "ann"));
  EXPECT_EQ(TryClaim(Record("a", 2), ClaimPolicy::kTakeover).result, Claim::Result::kTakenOver);
}

TEST_P(PresenceContract, WhoeverHoldsAKeyMayClaimItAgain) {
  TryClaim(Record("a", 1));
  EXPECT_EQ(TryClaim(Record("a", 1, "ann")).result, Claim::Result::kNew);
  EXPECT_EQ(Find("a")->user, "ann");
  EXPECT_EQ(Count(), 1u);
}

TEST_P(PresenceContract, AnotherNodesSessionOfTheSameNumberIsAnother) {
  TryClaim(Record("a", 1));
  PresenceRecord other = Record("a", 1);
  other.node = "node-2";
  EXPECT_EQ(TryClaim(other).result, Claim::Result::kHeld);
}

TEST_P(PresenceContract, ReleaseFreesTheKey) {
  TryClaim(Record("a", 1));
  store().Release({"chat", "a"}, "node-1", 1);
  EXPECT_EQ(TryClaim(Record("a", 2)).result, Claim::Result::kNew);
}

TEST_P(PresenceContract, ReleaseByAnotherHasNoEffect) {
  TryClaim(Record("a", 1));
  store().Release({"chat", "a"}, "node-1", 2);  // another session
  store().Release({"chat", "a"}, "node-2",
                  1);                           // another node's session of the same number
  store().Release({"chat", "b"}, "node-1", 1);  // another key
  EXPECT_EQ(Count(), 1u);
}

TEST_P(PresenceContract, UpdateReplacesTheHoldersRecord) {
  TryClaim(Record("a", 1));
  PresenceRecord changed = Record("a", 1, "ann");
  changed.detail = "other";
  store().Update(changed);
  for (int i = 0; i < 1000 && Find("a")->user.empty(); ++i) continue;
  EXPECT_EQ(Find("a")->user, "ann");
  EXPECT_EQ(Find("a")->detail, "other");
}

TEST_P(PresenceContract, UpdateByAnotherHasNoEffect) {
  TryClaim(Record("a", 1));
  store().Update(Record("a", 2, "eve"));
  store().Update(Record("b", 2, "eve"));
  EXPECT_EQ(Find("a")->user, "");
  EXPECT_EQ(Count(), 1u);
}

TEST_P(PresenceContract, IdsAreBytes) {
  const std::string odd("\x00\xff:{}\n ", 7);
  TryClaim(Record(odd, 1));
  EXPECT_EQ(Find(odd)->key.id, odd);
  EXPECT_EQ(Ids(), std::vector<std::string>{odd});
}

TEST_P(PresenceContract, LosesNothingWhileTheStoreIsWell) {
  std::vector<std::string> lost;
  store().OnLost(home(), [&](const PresenceRecord& r, Now) { lost.push_back(r.key.id); });
  TryClaim(Record("a", 1));
  TryClaim(Record("a", 2), ClaimPolicy::kTakeover);
  Release("a", 2);
  EXPECT_EQ(Count(), 0u);
  EXPECT_TRUE(lost.empty());
}

TEST_P(PresenceContract, WhatIsKeptIsClaimedOrLost) {
  std::vector<std::string> lost;
  store().OnLost(home(), [&](const PresenceRecord& record, Now) {
    lost.push_back(record.key.id + std::to_string(record.session));
  });
  store().Keep(Record("a", 1), ClaimPolicy::kReject);
  for (int i = 0; i < 1000 && !Find("a"); ++i) continue;
  EXPECT_EQ(Find("a")->session, 1u);
  store().Keep(Record("a", 2), ClaimPolicy::kReject);
  store().Keep(Record("a", 3), ClaimPolicy::kTakeover);
  harness_->RunUntil([&] { return lost.size() >= 2; });
  EXPECT_EQ(lost, (std::vector<std::string>{"a2", "a1"}));
  for (int i = 0; i < 1000 && Find("a")->session != 3; ++i) continue;
  EXPECT_EQ(Find("a")->session, 3u);
}

TEST_P(PresenceContract, IsWellWhileItWorks) {
  TryClaim(Record("a", 1));
  const Health health = store().health();
  EXPECT_FALSE(health.degraded);
  EXPECT_LE(health.since, ReadClocks().date);
  EXPECT_EQ(health.why, "");
}

}  // namespace sluice::storage
