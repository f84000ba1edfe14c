// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/method_calls.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/authentication.h"
#include "gateway/hub/calls.h"
#include "gateway/hub/channels.h"
#include "gateway/hub/command.h"
#include "gateway/hub/endpoints.h"
#include "gateway/hub/method_lists.h"
#include "gateway/hub/session.h"
#include "gateway/hub/tokens.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::FakeSocket;
using fakes::FakeWorker;
using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;

ShardOptions Narrow() {
  ShardOptions options;
  options.policy.calls.per_connection = 2;
  options.policy.calls.method_queue = 0;
  options.policy.lists.bytes = 8;
  options.policy.labels_bytes = 10;
  return options;
}

struct MethodCallsTest : testing::Test {
  ShardParts parts{Narrow()};
  MethodLists lists{parts.methods, parts.options.policy.lists.bytes};
  Authentication authentication{parts.tokens,   parts.rights,    parts.records,
                                parts.delivery, parts.answers,   parts.progress,
                                parts.events,   parts.deadlines, parts.probe};
  Channels channels{parts.answers, parts.delivery, parts.events, parts.probe};
  MethodCalls method_calls{parts.invoker, lists,          authentication, channels,
                           parts.answers, parts.progress, parts.probe};
  Session& session = parts.Open("chat", "a");
  FakeSocket& socket = ShardParts::SocketOf(session);

  static Question Asked(bool answer = true) { return {{answer ? "1" : "-", 0, answer}}; }
  std::vector<std::string> Call(const std::string& method, bool answer = true) {
    method_calls.OnCall(session, Asked(answer), {method, Payload::Json("0")}, parts.now);
    return socket.Take();
  }
  std::vector<std::string> LogIn(bool answer = true) {
    method_calls.OnLogin(session, Asked(answer), {Payload::Json("{}")}, parts.now);
    return socket.Take();
  }
  std::shared_ptr<FakeWorker> OfferRole(Role role) {
    Offer offer;
    offer.role = role;
    return parts.Offer("chat", std::move(offer));
  }
  std::shared_ptr<FakeWorker> OfferProtected(const std::string& method, int64_t credit) {
    Offer offer;
    offer.method = method;
    offer.is_protected = true;
    return parts.Offer("chat", std::move(offer), credit);
  }
  // What the client hears when a worker says this.
  std::vector<std::string> Result(Role role, WorkerResult result,
                                  std::unique_ptr<Token> token = nullptr) {
    Invocation invocation;
    invocation.role = role;
    PendingCall call(Key::Make(0, 1, 1), session.key, session.space->policy.calls,
                     std::move(invocation), absl::Seconds(1));
    call.question = Asked();
    call.token = std::move(token);
    method_calls.OnResult(session, call, std::move(result), parts.now);
    return socket.Take();
  }
};

// --- What clients say ----------------------------------------------------------------------------

TEST_F(MethodCallsTest, ACallIsGivenToAWorkerAndNotAnsweredYet) {
  auto worker = parts.OfferMethod("chat", "m");
  EXPECT_THAT(Call("m"), IsEmpty());
  ASSERT_EQ(worker->invoked.size(), 1);
  EXPECT_EQ(worker->invoked[0].method, "m");
  EXPECT_FALSE(worker->invoked[0].notification);
  Call("m", /*answer=*/false);
  EXPECT_TRUE(worker->invoked[1].notification);
}

TEST_F(MethodCallsTest, WhatIsWrongIsSaid) {
  EXPECT_THAT(Call("nope"), ElementsAre("err 1 method_not_found"));
  OfferProtected("secret", /*credit=*/0);
  EXPECT_THAT(Call("secret"), ElementsAre("err 1 method_forbidden"));
  session.who.authenticated = true;
  EXPECT_THAT(Call("secret"), ElementsAre("err 1 overloaded")) << "no credit, and no queue";
  auto gone = parts.OfferMethod("chat", "gone");
  parts.methods.RemoveWorker(fakes::HubWorld::IdOf(gone), [](Endpoint&) {});
  EXPECT_THAT(Call("gone"), ElementsAre("err 1 unavailable"));
  EXPECT_THAT(session.under_way.calls, IsEmpty());
}

TEST_F(MethodCallsTest, AConnectionHasSoManyCallsAtMost) {
  auto worker = parts.OfferMethod("chat", "m");
  Call("m");
  Call("m");
  EXPECT_THAT(Call("m"), ElementsAre("err 1 too_many_calls"));
  EXPECT_EQ(worker->invoked.size(), 2);
}

TEST_F(MethodCallsTest, ALoginWhoseOutcomeNobodyCouldHearIsNone) {
  EXPECT_THAT(LogIn(), ElementsAre("err 1 method_not_found"));
  auto worker = OfferRole(Role::kLogin);
  LogIn(/*answer=*/false);
  EXPECT_THAT(worker->invoked, IsEmpty());
  LogIn();
  EXPECT_EQ(worker->invoked.size(), 1);
}

TEST_F(MethodCallsTest, AMessageThatIsLostIsCounted) {
  method_calls.OnForward(session, Asked(false), {Payload::Text("x")}, parts.now);
  EXPECT_THAT(socket.Take(), IsEmpty());
  EXPECT_EQ(parts.probe.faults[static_cast<size_t>(Fault::kMethodNotFound)].value(), 1);
  auto worker = OfferRole(Role::kRaw);
  method_calls.OnForward(session, Asked(false), {Payload::Text("x")}, parts.now);
  EXPECT_EQ(worker->invoked.at(0).params, Payload::Text("x"));
}

TEST_F(MethodCallsTest, AListIsBoundedAndItsCutCounted) {
  parts.OfferMethod("chat", "ab");
  method_calls.OnListMethods(session, Asked(), parts.now);
  EXPECT_THAT(socket.Take(), ElementsAre("methods 1 ab"));
  parts.OfferMethod("chat", "cdef");
  method_calls.OnListMethods(session, Asked(false), parts.now);
  EXPECT_THAT(socket.Take(), IsEmpty());
  method_calls.OnListMethods(session, Asked(), parts.now);
  EXPECT_THAT(socket.Take(), ElementsAre("methods 1 ab cut"));
  EXPECT_EQ(parts.probe.method_lists_cut.value(), 1);
}

// --- What workers say ----------------------------------------------------------------------------

TEST_F(MethodCallsTest, AMethodsResultIsItsAnswer) {
  EXPECT_THAT(Result(Role::kMethod, Payload::Json("5")), ElementsAre("ok 1 5"));
  EXPECT_THAT(Result(Role::kMethod, MakeError(Fault::kTimeout)), ElementsAre("err 1 timeout"));
  EXPECT_THAT(Result(Role::kMethod, Reject{}), ElementsAre("ok 1 ")) << "no word of a method's";
  EXPECT_THAT(Result(Role::kRaw, Payload::Json("5")), IsEmpty()) << "nobody waits for it";
}

TEST_F(MethodCallsTest, ATokenComesAheadOfTheAnswer) {
  auto token = std::make_unique<Token>();
  token->text = "t";
  token->user = "ann";
  token->expires = absl::InfiniteFuture();
  EXPECT_THAT(Result(Role::kMethod, Payload::Json("5"), std::move(token)),
              ElementsAre("token t 0", "ok 1 5"));
  EXPECT_EQ(session.who.user, "ann");
}

TEST_F(MethodCallsTest, WhatWaitsForRightsGoesOn) {
  Result(Role::kMethod, Payload::Json("5"));
  EXPECT_THAT(parts.progress.went_on, IsEmpty());
  session.places.rechecks.emplace_back();
  Result(Role::kMethod, Payload::Json("5"));
  EXPECT_THAT(parts.progress.went_on, ElementsAre("a"));
}

TEST_F(MethodCallsTest, ALoginThatIsAcceptedSaysWhoItIsAndWhere) {
  Accept accept;
  accept.user = "ann";
  accept.labels = {{"plan", "pro"}};
  accept.channels = {"vip"};
  EXPECT_THAT(Result(Role::kLogin, accept), ElementsAre("ok 1 true"));
  EXPECT_TRUE(session.who.authenticated);
  EXPECT_EQ(session.who.user, "ann");
  EXPECT_EQ(session.who.labels.at("plan"), "pro");
  ASSERT_EQ(session.places.channels.size(), 1);
  EXPECT_EQ(session.places.channels[0].entry, Entry::kAccepted);
  EXPECT_THAT(parts.progress.went_on, ElementsAre("a"));
  accept.payload = Payload::Json("{}");
  EXPECT_THAT(Result(Role::kLogin, accept), ElementsAre("ok 1 {}")) << "its own answer";
}

TEST_F(MethodCallsTest, ALoginMayAnswerTrueByItself) {
  EXPECT_THAT(Result(Role::kLogin, Payload::Json("false")), ElementsAre("ok 1 false"));
  EXPECT_FALSE(session.who.authenticated);
  EXPECT_THAT(Result(Role::kLogin, Payload::Json("true")), ElementsAre("ok 1 true"));
  EXPECT_TRUE(session.who.authenticated);
}

TEST_F(MethodCallsTest, ALoginThatIsRefusedIsCounted) {
  EXPECT_THAT(Result(Role::kLogin, Reject{}), ElementsAre("ok 1 false"));
  EXPECT_THAT(Result(Role::kLogin, MakeError(Fault::kTimeout)), ElementsAre("err 1 timeout"));
  Accept wide;
  wide.labels = {{"name", "too long for it"}};
  wide.user = "ann";
  EXPECT_THAT(Result(Role::kLogin, wide), ElementsAre("err 1 application"));
  EXPECT_FALSE(session.who.authenticated);
  EXPECT_EQ(parts.probe.logins_refused.value(), 3);
}

}  // namespace
}  // namespace sluice::hub
