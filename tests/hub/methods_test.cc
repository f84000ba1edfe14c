// SPDX-License-Identifier: Apache-2.0
//
// What the table of methods remembers, and for how long.
#include "gateway/hub/methods.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "absl/strings/str_cat.h"

#include "gateway/hub/endpoints.h"
#include "tests/fakes/fake_worker.h"

namespace sluice::hub {
namespace {

struct MethodTableTest : testing::Test {
  static SharedOffer Make(WorkerId worker, Role role, std::string method = "",
                          GuardAction action = GuardAction::kConnect) {
    auto offer = std::make_shared<Offer>();
    offer->worker = worker;
    offer->link = std::make_shared<fakes::FakeWorker>(1);
    offer->role = role;
    offer->method = std::move(method);
    offer->action = action;
    return offer;
  }
  bool Register(const std::string& space, SharedOffer offer) {
    return table.Register({space, {std::move(offer)}, {}}).ok();
  }
  void Deregister(Deregistration what) {
    table.Deregister(what, [](Endpoint&) {});
  }

  MethodTable table{3};
};

TEST_F(MethodTableTest, ANamespaceLeavesWithItsLastName) {
  for (int i = 0; i < 1000; ++i) {
    const std::string space = "space" + std::to_string(i);
    ASSERT_TRUE(Register(space, Make(1, Role::kRaw)));
    ASSERT_TRUE(Register(space, Make(1, Role::kGuard, "", GuardAction::kCall)));
    ASSERT_TRUE(Register(space, Make(1, Role::kMethod, "m")));
    Deregister({1, space, false, {"m"}, {}, {Role::kRaw}, {GuardAction::kCall}});
    ASSERT_EQ(table.spaces(), 0);
  }
}

TEST_F(MethodTableTest, ItStaysAsLongAsAnybodyUsesIt) {
  Register("a", Make(1, Role::kMethod, "m"));
  Register("a", Make(2, Role::kMethod, "m"));
  Deregister({1, "a", false, {"m"}, {}, {}, {}});
  EXPECT_EQ(table.spaces(), 1);
  EXPECT_NE(table.Find("a", Role::kMethod, "m"), nullptr);
  Deregister({2, "a", false, {"m"}, {}, {}, {}});
  EXPECT_EQ(table.spaces(), 0);
  EXPECT_EQ(table.Find("a", Role::kMethod, "m"), nullptr);
}

TEST_F(MethodTableTest, WhatAnotherNodeTookIsNotRefusedHere) {
  MethodTable strict(1, /*refuse_conflicts=*/true);
  auto offer = [](WorkerId worker, std::string name, bool is_protected) {
    auto made = std::make_shared<Offer>(*Make(worker, Role::kMethod, std::move(name)));
    made->is_protected = is_protected;
    return made;
  };
  ASSERT_TRUE(strict.Register({"a", {offer(1, "m", false)}, {}}).ok());
  EXPECT_FALSE(strict.Register({"a", {offer(2, "m", true)}, {}}).ok());
  EXPECT_FALSE(strict.Register({"a", {offer(2, "n", false)}, {}}).ok());
  auto conflicts = strict.Register({"a", {offer(3, "m", true), offer(3, "n", false)}, {}, true});
  ASSERT_TRUE(conflicts.ok());
  EXPECT_EQ(conflicts->size(), 1);
  EXPECT_TRUE(strict.Find("a", Role::kMethod, "m")->is_protected) << "the strictest holds";
  EXPECT_FALSE(strict.Register({"a", {offer(1, "m", false)}, {}}).ok())
      << "it contradicts one of another node";
  strict.RemoveWorker(3, [](Endpoint&) {});
  EXPECT_FALSE(strict.Find("a", Role::kMethod, "m")->is_protected);
}

TEST_F(MethodTableTest, WhatAWorkerLeavesBehindStaysKnown) {
  Register("a", Make(1, Role::kAdmission));
  table.RemoveWorker(1, [](Endpoint&) {});
  EXPECT_NE(table.Find("a", Role::kAdmission), nullptr) << "nobody enters unasked";
}

// A worker that leaves costs what it offers, however much others do.
TEST(MethodTables, ForgetAWorkerWithoutAWalk) {
  constexpr int kSpaces = 80'000;
  MethodTable table(2 * kSpaces);
  auto offer = [&](WorkerId worker, const std::string& space, Role role) {
    ASSERT_TRUE(table.Register({space, {MethodTableTest::Make(worker, role, "")}, {}}).ok());
  };
  auto time_of = [&](WorkerId first) {
    const std::clock_t begin = std::clock();
    for (WorkerId worker = first; worker < first + 200; ++worker) {
      offer(worker, "mine", Role::kLogin);
      table.RemoveWorker(worker, [](Endpoint&) {});
    }
    return std::max<std::clock_t>(std::clock() - begin, CLOCKS_PER_SEC / 1000);
  };
  const std::clock_t alone = time_of(1'000'000);
  for (int i = 0; i < kSpaces; ++i) offer(1, absl::StrCat("space", i), Role::kRaw);
  EXPECT_EQ(table.spaces(), kSpaces + 1);
  EXPECT_LT(time_of(2'000'000), 50 * alone);
  EXPECT_EQ(table.workers(), 1);
  for (int i = 0; i < kSpaces; ++i) {
    table.Deregister({1, absl::StrCat("space", i), false, {}, {}, {Role::kRaw}, {}},
                     [](Endpoint&) {});
  }
  EXPECT_EQ(table.spaces(), 1) << "what a worker leaves behind stays known";
  EXPECT_EQ(table.workers(), 0);
}

TEST_F(MethodTableTest, AWorkerThatOffersNothingChangesNothing) {
  Register("a", Make(1, Role::kMethod, "m"));
  const uint64_t version = table.version();
  table.RemoveWorker(2, [](Endpoint&) { FAIL(); });
  EXPECT_EQ(table.version(), version);
}

TEST_F(MethodTableTest, AWorkerLeavesAllThatItOffersAndNothingElse) {
  MethodTable many(100);
  for (const char* space : {"a", "b", "*"}) {
    for (WorkerId worker : {1, 2}) {
      ASSERT_TRUE(many.Register({space,
                                 {Make(worker, Role::kMethod, "m"), Make(worker, Role::kLogin),
                                  Make(worker, Role::kLogin)},
                                 {{"e", worker == 1, worker, ""}}})
                      .ok());
    }
    ASSERT_TRUE(many.Register({space, {Make(1, Role::kGuard)}, {{"own", false, 1, ""}}}).ok());
  }
  EXPECT_TRUE(many.FindEvent("a", "e")->is_protected);
  many.Deregister({1, "b", true, {}, {}, {}, {}}, [](Endpoint&) {});
  EXPECT_EQ(many.Find("b", Role::kMethod, "m")->offers.size(), 1);
  EXPECT_TRUE(many.FindEvent("b", "e")->is_protected) << "it is so everywhere";
  size_t orphans = 0;
  many.RemoveWorker(1, [&](Endpoint&) { ++orphans; });
  EXPECT_EQ(orphans, 2) << "the guards of a and *";
  for (const char* space : {"a", "b", "*"}) {
    EXPECT_EQ(many.Find(space, Role::kMethod, "m")->offers.size(), 1);
    EXPECT_EQ(many.Find(space, Role::kLogin)->offers.size(), 1);
    EXPECT_EQ(many.FindEvent(space, "e")->offers.size(), 1);
    EXPECT_FALSE(many.FindEvent(space, "e")->is_protected);
    EXPECT_EQ(many.FindEvent(space, "own")->offers.size(), 0);
  }
  EXPECT_EQ(many.workers(), 1);
}

TEST_F(MethodTableTest, RolesAndGuardsAreNamesAsWell) {
  EXPECT_TRUE(Register("a", Make(1, Role::kLogin)));
  EXPECT_TRUE(Register("b", Make(1, Role::kLogin)));
  EXPECT_TRUE(Register("c", Make(1, Role::kGuard, "", GuardAction::kCall)));
  EXPECT_FALSE(Register("d", Make(1, Role::kLogin)));
  EXPECT_TRUE(Register("a", Make(2, Role::kLogin))) << "that is no new one";
  EXPECT_EQ(table.spaces(), 3) << "what was refused leaves nothing";
  Deregister({1, "b", false, {}, {}, {Role::kLogin}, {}});
  EXPECT_TRUE(Register("d", Make(1, Role::kLogin)));
}

TEST_F(MethodTableTest, ANameThatIsSaidTwiceIsOne) {
  auto offer = [] { return Make(1, Role::kMethod, "m"); };
  ASSERT_TRUE(table.Register({"a", {offer(), offer()}, {}}).ok());
  Deregister({1, "a", false, {"m", "m"}, {}, {}, {}});
  for (const char* name : {"x", "y", "z"}) EXPECT_TRUE(Register("a", Make(1, Role::kMethod, name)));
}

}  // namespace
}  // namespace sluice::hub
