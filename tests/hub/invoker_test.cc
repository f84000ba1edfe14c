// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/invoker.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/calls.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/endpoints.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/session.h"
#include "gateway/hub/tokens.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::FakeWorker;
using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct InvokerTest : testing::Test {
  ShardParts parts;
  Invoker& invoker = parts.invoker;
  Session& session = parts.Open("chat", "a", "ann");

  PendingCall* Begin(Role role = Role::kMethod) {
    Invocation invocation;
    invocation.role = role;
    invocation.method = role == Role::kMethod ? "m" : "";
    return invoker.Begin(session, *session.space->offers.Find(role, invocation.method),
                         std::move(invocation), absl::Seconds(10), parts.now);
  }
  void Complete(CallKey call) {
    invoker.calls().Complete(call, Payload::Json("1"), parts.now, nullptr);
  }
  // One who wants to know everything.
  std::shared_ptr<FakeWorker> OfferCurious(Role role) {
    auto link = std::make_shared<FakeWorker>(10);
    auto offer = std::make_shared<hub::Offer>();
    offer->worker = 1;
    offer->link = link;
    offer->role = role;
    offer->method = role == Role::kMethod ? "m" : "";
    ContextSpec spec;
    spec.connection = spec.user = spec.labels = spec.space = spec.remote_address = true;
    spec.target = spec.claims = spec.subprotocols = true;
    spec.headers = {"cookie", "absent"};
    offer->context = std::make_shared<const ContextSpec>(std::move(spec));
    EXPECT_TRUE(parts.methods.Register({"chat", {std::move(offer)}, {}}).ok());
    return link;
  }
};

TEST_F(InvokerTest, ASessionsListHasWhatIsUnderWayForIt) {
  parts.OfferMethod("chat", "m");
  const CallKey first = Begin()->key();
  const CallKey second = Begin()->key();
  const CallKey third = Begin()->key();
  EXPECT_THAT(session.under_way.calls, ElementsAre(first, second, third));
  Complete(first);
  EXPECT_THAT(session.under_way.calls, UnorderedElementsAre(second, third));
  Complete(third);
  Complete(second);
  EXPECT_THAT(session.under_way.calls, IsEmpty());
  EXPECT_THAT(parts.results.calls_left, ElementsAre(2, 1, 0)) << "off the books when it is told";
}

TEST_F(InvokerTest, WhatFindsNoRoomIsOnNoBooks) {
  ShardOptions options;
  options.policy.calls.method_queue = 0;
  ShardParts narrow(options);
  Session& caller = narrow.Open("chat", "a");
  Offer offer;
  offer.method = "m";
  narrow.Offer("chat", std::move(offer), /*credit=*/0);
  EXPECT_EQ(narrow.invoker.Begin(caller, *caller.space->offers.Find(Role::kMethod, "m"), {},
                                 absl::Seconds(1), narrow.now),
            nullptr);
  EXPECT_THAT(caller.under_way.calls, IsEmpty());
}

TEST_F(InvokerTest, WhoLeavesCancelsAll) {
  auto worker = parts.OfferMethod("chat", "m");
  const CallKey first = Begin()->key();
  const CallKey second = Begin()->key();
  invoker.CancelAll(session);
  EXPECT_THAT(session.under_way.calls, IsEmpty());
  EXPECT_THAT(worker->cancelled, ElementsAre(first, second));
  Complete(first);
  EXPECT_THAT(parts.results.results, IsEmpty());
  EXPECT_EQ(parts.probe.results_dropped.value(), 1);
}

TEST_F(InvokerTest, AResultWhoseSessionIsGoneIsNobodys) {
  parts.OfferMethod("chat", "m");
  const CallKey call = Begin()->key();
  parts.sessions.Erase(session);
  Complete(call);
  EXPECT_THAT(parts.results.results, IsEmpty());
  EXPECT_EQ(invoker.calls().size(), 0);
}

TEST_F(InvokerTest, AWorkerHearsTheFactsThatItAskedFor) {
  auto worker = OfferCurious(Role::kMethod);
  session.who.labels["plan"] = "pro";
  session.who.token = std::make_unique<Token>();
  session.who.token->claims_json = "{}";
  session.origin.upgrade.remote_address = "192.0.2.1";
  session.origin.upgrade.target = "/chat?x";
  session.origin.upgrade.headers = {{"cookie", "c=1"}, {"origin", "o"}};
  Begin();
  const Context& context = worker->invoked.at(0).context;
  EXPECT_EQ(context.connection, "a");
  EXPECT_EQ(context.user, "ann");
  EXPECT_EQ(context.labels.at("plan"), "pro");
  EXPECT_EQ(context.space, "chat");
  EXPECT_EQ(context.remote_address, "192.0.2.1");
  EXPECT_EQ(context.target, "/chat?x");
  EXPECT_EQ(context.claims_json, "{}");
  EXPECT_THAT(context.headers, ElementsAre(testing::Pair("cookie", "c=1")));
  EXPECT_EQ(context.candidate, nullptr);
}

TEST_F(InvokerTest, WhoAsksForNothingHearsNothing) {
  auto worker = parts.OfferMethod("chat", "m");
  Begin();
  const Context& context = worker->invoked.at(0).context;
  EXPECT_EQ(context.connection + context.user + context.space, "");
}

TEST_F(InvokerTest, AnAdmissionAlwaysSaysWhoComes) {
  Offer offer;
  offer.role = Role::kAdmission;
  auto worker = parts.Offer("chat", std::move(offer));
  Begin(Role::kAdmission);
  const auto& candidate = worker->invoked.at(0).context.candidate;
  ASSERT_NE(candidate, nullptr);
  EXPECT_EQ(candidate->space, "chat");
  EXPECT_EQ(candidate->id, "a");
  EXPECT_EQ(candidate->dialect, "fake");
  EXPECT_EQ(candidate->connected_at, parts.now.date);
}

TEST_F(InvokerTest, APlaceThatIsFreeIsForCallsOnAllShards) {
  auto link = std::make_shared<FakeWorker>(10);
  auto offer = std::make_shared<hub::Offer>();
  offer->worker = 1;
  offer->link = link;
  offer->method = "m";
  offer->in_flight_max = 1;
  ASSERT_TRUE(parts.methods.Register({"chat", {std::move(offer)}, {}}).ok());
  const CallKey call = Begin()->key();
  EXPECT_EQ(parts.neighbours.starts, 0);
  Complete(call);
  EXPECT_EQ(parts.neighbours.starts, 1);
}

TEST_F(InvokerTest, AnEjectionIsCountedAndToldWithTheWorkersName) {
  parts.OfferMethod("chat", "m");
  for (int i = 0; i < 3; ++i) Begin();
  parts.Pass(absl::Seconds(11),
             [&](Deadlines::Kind, Key key) { invoker.calls().OnDeadline(key, parts.now); });
  EXPECT_EQ(parts.probe.worker_ejections.value(), 1);
  const auto events = parts.Events();
  ASSERT_EQ(events.size(), 1);
  EXPECT_EQ(events[0].type, ConnectionEvent::Type::kWorkerEjected);
  EXPECT_EQ(events[0].space, "chat");
  EXPECT_EQ(events[0].more->worker, "w");
}

TEST_F(InvokerTest, WhatAWorkerWasNeverSentGoesToWhoServesItNow) {
  auto worker = parts.OfferMethod("chat", "m");
  Begin();
  worker->Go();
  parts.methods.RemoveWorker(fakes::HubWorld::IdOf(worker), [](Endpoint&) {});
  auto other = parts.OfferMethod("chat", "m");
  invoker.calls().Lose(worker->LostOf(0, /*unsent=*/1), parts.now);
  EXPECT_EQ(other->invoked.size(), 1);
  EXPECT_THAT(parts.results.results, IsEmpty());
}

}  // namespace
}  // namespace sluice::hub
