// SPDX-License-Identifier: Apache-2.0
//
// What every implementation of storage::Presence promises. An implementation
// joins with a harness and INSTANTIATE_TEST_SUITE_P(Name, PresenceContract,
// ...).
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
  // How long the store's leases are.
  virtual absl::Duration lease() const = 0;
  // Runs what was posted to home() until `done` says so; fails the test after a
  // while.
  virtual void RunUntil(const std::function<bool()>& done) = 0;
  // Lets time pass.
  virtual void Pass(absl::Duration time) = 0;
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

  std::vector<PresenceRecord> Renew(std::vector<PresenceRecord> records) {
    auto lost = Wait<std::vector<PresenceRecord>>(
        [&](auto done) { store().Renew(std::move(records), home(), std::move(done)); });
    EXPECT_TRUE(lost.ok()) << lost.status();
    return *std::move(lost);
  }

  absl::StatusOr<PresenceRecord> Get(const std::string& id) {
    return Wait<PresenceRecord>(
        [&](auto done) { store().Get({"chat", id}, home(), std::move(done)); });
  }

  std::vector<std::string> Ids(const std::string& after = "", size_t limit = 100) {
    auto page = Wait<std::vector<PresenceRecord>>(
        [&](auto done) { store().List("chat", after, limit, home(), std::move(done)); });
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> ids;
    for (const PresenceRecord& record : *page) ids.push_back(record.key.id);
    return ids;
  }

  uint64_t Count(const std::string& space = "chat") {
    auto count = Wait<uint64_t>([&](auto done) { store().Count(space, home(), std::move(done)); });
    EXPECT_TRUE(count.ok()) << count.status();
    return count.value_or(0);
  }

  Presence& store() { return harness_->presence(); }
  Executor& home() { return harness_->home(); }

  std::unique_ptr<PresenceHarness> harness_ = GetParam()();
};

TEST_P(PresenceContract, ClaimsAFreeKey) {
  EXPECT_EQ(TryClaim(Record("a", 1)).result, Claim::Result::kNew);
  auto got = Get("a");
  ASSERT_TRUE(got.ok()) << got.status();
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
  EXPECT_EQ(Get("a")->session, 1u);
}

TEST_P(PresenceContract, SameUserTakesOver) {
  TryClaim(Record("a", 1, "ann"));
  Claim claim = TryClaim(Record("a", 2, "ann"), ClaimPolicy::kSameUser);
  EXPECT_EQ(claim.result, Claim::Result::kTakenOver);
  EXPECT_EQ(claim.holder.session, 1u);
  EXPECT_EQ(claim.holder.user, "ann");
  EXPECT_EQ(claim.holder.node, "node-1");
  EXPECT_EQ(Get("a")->session, 2u);
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

TEST_P(PresenceContract, LeaseRunsOut) {
  TryClaim(Record("a", 1));
  harness_->Pass(harness_->lease());
  EXPECT_EQ(Get("a").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Count(), 0u);
  EXPECT_TRUE(Ids().empty());
  EXPECT_EQ(TryClaim(Record("a", 2)).result, Claim::Result::kNew);
}

TEST_P(PresenceContract, RenewExtendsTheLease) {
  TryClaim(Record("a", 1));
  TryClaim(Record("b", 2));
  harness_->Pass(harness_->lease() * 0.6);
  EXPECT_TRUE(Renew({Record("a", 1)}).empty());
  harness_->Pass(harness_->lease() * 0.6);
  EXPECT_EQ(Ids(), std::vector<std::string>{"a"});
}

TEST_P(PresenceContract, RenewTellsWhatWasLost) {
  TryClaim(Record("expired", 1));
  harness_->Pass(harness_->lease());
  TryClaim(Record("taken", 2));
  TryClaim(Record("taken", 3), ClaimPolicy::kTakeover);
  TryClaim(Record("kept", 4));
  auto lost = Renew({Record("expired", 1), Record("taken", 2), Record("kept", 4)});
  ASSERT_EQ(lost.size(), 2u);
  EXPECT_EQ(lost[0].key, (PresenceKey{"chat", "expired"}));
  EXPECT_EQ(lost[1].key, (PresenceKey{"chat", "taken"}));
  EXPECT_EQ(lost[1].session, 2u) << "not the one that has it now";
}

TEST_P(PresenceContract, RenewDoesNotBringBackTheDead) {
  TryClaim(Record("a", 1));
  harness_->Pass(harness_->lease());
  EXPECT_EQ(Renew({Record("a", 1)}).size(), 1u);
  EXPECT_EQ(Count(), 0u);
}

TEST_P(PresenceContract, ReleaseFreesTheKey) {
  TryClaim(Record("a", 1));
  store().Release({"chat", "a"}, "node-1", 1);
  EXPECT_EQ(Count(), 0u);
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
  EXPECT_EQ(Get("a")->user, "ann");
  EXPECT_EQ(Get("a")->detail, "other");
}

TEST_P(PresenceContract, UpdateByAnotherHasNoEffect) {
  TryClaim(Record("a", 1));
  store().Update(Record("a", 2, "eve"));
  store().Update(Record("b", 2, "eve"));
  EXPECT_EQ(Get("a")->user, "");
  EXPECT_EQ(Count(), 1u);
}

TEST_P(PresenceContract, UpdateDoesNotExtendTheLease) {
  TryClaim(Record("a", 1));
  harness_->Pass(harness_->lease() * 0.6);
  store().Update(Record("a", 1, "ann"));
  harness_->Pass(harness_->lease() * 0.6);
  EXPECT_EQ(Count(), 0u);
}

TEST_P(PresenceContract, ListsInPages) {
  uint64_t session = 0;
  for (const char* id : {"d", "b", "e", "a", "c"}) TryClaim(Record(id, ++session));
  EXPECT_EQ(Ids("", 2), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(Ids("b", 2), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(Ids("bb", 2), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(Ids("d", 2), (std::vector<std::string>{"e"}));
  EXPECT_TRUE(Ids("e", 2).empty());
}

TEST_P(PresenceContract, IdsAreBytes) {
  const std::string odd("\x00\xff:{}\n ", 7);
  TryClaim(Record(odd, 1));
  EXPECT_EQ(Get(odd)->key.id, odd);
  EXPECT_EQ(Ids(), std::vector<std::string>{odd});
}

}  // namespace sluice::storage
