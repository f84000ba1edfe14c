// SPDX-License-Identifier: Apache-2.0
//
// What the table of methods remembers, and for how long.
#include "gateway/hub/methods.h"

#include <gtest/gtest.h>

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

TEST_F(MethodTableTest, WhatAWorkerLeavesBehindStaysKnown) {
  Register("a", Make(1, Role::kAdmission));
  table.RemoveWorker(1, [](Endpoint&) {});
  EXPECT_NE(table.Find("a", Role::kAdmission), nullptr) << "nobody enters unasked";
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
