// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/namespace.h"

#include <gtest/gtest.h>

#include "gateway/hub/directory.h"
#include "gateway/hub/endpoints.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/session.h"
#include "gateway/hub/viewers.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::ShardParts;

TEST(Namespaces, LivesAsLongAsSomebodyHasAUseForIt) {
  ShardParts parts;
  EXPECT_EQ(parts.spaces.Find("chat"), nullptr);
  Session& session = parts.Open("chat", "a");
  Namespace& space = *session.space;
  EXPECT_EQ(parts.spaces.Find("chat"), &space);
  EXPECT_EQ(&parts.spaces.Get("chat"), &space) << "one for a name";
  Directory::Remove(session);
  parts.spaces.Forget(space);
  EXPECT_EQ(parts.spaces.Find("chat"), &space) << "a session that leaves still points to it";
  space.refuses = true;
  parts.sessions.Erase(session);
  EXPECT_EQ(parts.spaces.Find("chat"), &space) << "a drain refuses newcomers";
  space.refuses = false;
  space.viewers = std::make_unique<Viewers>();
  parts.spaces.Forget(space);
  EXPECT_EQ(parts.spaces.Find("chat"), &space) << "somebody looks on";
  space.viewers.reset();
  parts.spaces.Forget(space);
  EXPECT_EQ(parts.spaces.Find("chat"), nullptr);
}

TEST(Namespaces, AdmissionIsRequiredWhereItWasNamed) {
  ShardOptions options;
  options.admission_required = {"vip"};
  ShardParts parts(options);
  EXPECT_TRUE(parts.spaces.Get("vip").policy.arrival.admission_required);
  EXPECT_FALSE(parts.spaces.Get("chat").policy.arrival.admission_required);
  options.admission_required = {"*"};
  ShardParts everywhere(options);
  EXPECT_TRUE(everywhere.spaces.Get("chat").policy.arrival.admission_required);
}

TEST(Namespaces, HaveThePolicyOfTheShard) {
  ShardOptions options;
  options.policy.calls.per_connection = 3;
  ShardParts parts(options);
  EXPECT_EQ(parts.spaces.Get("chat").policy.calls.per_connection, 3);
}

TEST(Offers, FallBackToEveryNamespaceAndFollowEachChange) {
  ShardParts parts;
  const Offers& offers = parts.spaces.Get("chat").offers;
  EXPECT_EQ(offers.Find(Role::kMethod, "m"), nullptr);
  auto everywhere = parts.OfferMethod("*", "m");
  Endpoint* shared = offers.Find(Role::kMethod, "m");
  ASSERT_NE(shared, nullptr);
  auto own = parts.OfferMethod("chat", "m");
  EXPECT_NE(offers.Find(Role::kMethod, "m"), shared) << "its own comes first";
  EXPECT_EQ(parts.spaces.Get("other").offers.Find(Role::kMethod, "m"), shared);
  Deregistration taken{.worker = fakes::HubWorld::IdOf(own), .space = "chat"};
  taken.methods = {"m"};
  // Whoever is orphaned may look the offers up while they are being taken back.
  parts.methods.Deregister(taken, [&](Endpoint&) { offers.Find(Role::kMethod, "m"); });
  EXPECT_EQ(offers.Find(Role::kMethod, "m"), shared);
}

TEST(Offers, KnowGuardsAndEvents) {
  ShardParts parts;
  const Offers& offers = parts.spaces.Get("chat").offers;
  EXPECT_EQ(offers.FindGuard(GuardAction::kSubscribe), nullptr);
  parts.OfferGuard("*", GuardAction::kSubscribe);
  EXPECT_NE(offers.FindGuard(GuardAction::kSubscribe), nullptr);
  EXPECT_EQ(offers.FindGuard(GuardAction::kPublishIn), nullptr);
  EXPECT_EQ(offers.FindEvent("news"), nullptr);
  fakes::HubWorld::MustBeOk(
      parts.methods.Register({"chat", {}, {{"news", true, 7, "w"}}}).status());
  ASSERT_NE(offers.FindEvent("news"), nullptr);
  EXPECT_TRUE(offers.FindEvent("news")->is_protected);
}

}  // namespace
}  // namespace sluice::hub
