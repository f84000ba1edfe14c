// SPDX-License-Identifier: Apache-2.0
//
// What clients call, how it reaches workers, and what comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/calls.h"
#include "gateway/hub/views.h"
#include "gateway/hub/workers.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Calls, ReachTheWorkerAndItsAnswerTheClient) {
  HubWorld world;
  auto worker = world.Serve("chat", "sum");
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(world.Say(*client, "call 1 sum [1,2]"), IsEmpty());
  ASSERT_EQ(worker->invoked.size(), 1);
  EXPECT_EQ(worker->invoked[0].method, "sum");
  EXPECT_EQ(worker->invoked[0].params, Payload::Json("[1,2]"));
  EXPECT_EQ(worker->invoked[0].context.deadline, world.now.date + absl::Seconds(10));
  world.Reply(*worker, Payload::Json("3"));
  EXPECT_THAT(client->socket.Take(), ElementsAre("ok 1 3"));
  EXPECT_EQ(world.probe().calls_in_flight.value(), 0);
}

TEST(Calls, OvertakeEachOtherAndKeepTheirIds) {
  HubWorld world;
  auto worker = world.Serve("chat", "m");
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call x m 1");
  world.Say(*client, "call y m 2");
  std::swap(worker->invoked[0], worker->invoked[1]);
  world.Reply(*worker, Payload::Json("two"));
  world.Reply(*worker, Payload::Json("one"));
  EXPECT_THAT(client->socket.Take(), ElementsAre("ok y two", "ok x one"));
}

TEST(Calls, OfAMethodThatNeverWasAndOfOneThatWas) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(world.Say(*client, "call 1 sum 0"), ElementsAre("err 1 method_not_found"));
  auto worker = world.Serve("chat", "sum");
  world.Kill(*worker);
  EXPECT_THAT(world.Say(*client, "call 2 sum 0"), ElementsAre("err 2 unavailable"));
  auto again = world.Serve("chat", "sum");
  world.shard().workers().Deregister({HubWorld::IdOf(again), "chat", true, {}, {}, {}, {}},
                                     world.now);
  EXPECT_THAT(world.Say(*client, "call 3 sum 0"), ElementsAre("err 3 unavailable"));
  auto last = world.Serve("chat", "sum");
  world.shard().workers().Deregister({HubWorld::IdOf(last), "chat", false, {"sum"}, {}, {}, {}},
                                     world.now);
  EXPECT_THAT(world.Say(*client, "call 4 sum 0"), ElementsAre("err 4 method_not_found"));
}

TEST(Calls, FailWhenTheirWorkerDies) {
  HubWorld world;
  auto worker = world.Serve("chat", "sum", 1);
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 sum 0");
  world.Say(*client, "call 2 sum 0");  // waits for credit
  world.Kill(*worker);
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 2 unavailable", "err 1 worker_lost"));
  world.shard().workers().Complete(worker->invoked[0].call, Payload::Json("late"), world.now);
  EXPECT_THAT(client->socket.Take(), IsEmpty());
  EXPECT_EQ(world.probe().results_dropped.value(), 1);
}

TEST(Calls, TimeOutAndAreCancelled) {
  HubWorld world;
  auto worker = world.Serve("chat", "sum");
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 sum 0");
  world.Pass(absl::Seconds(10) + absl::Milliseconds(20));
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 timeout"));
  EXPECT_THAT(worker->cancelled, ElementsAre(worker->invoked[0].call));
}

TEST(Calls, AreCancelledWhenTheClientLeaves) {
  HubWorld world;
  auto worker = world.Serve("chat", "sum");
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 sum 0");
  world.Vanish(*client);
  EXPECT_THAT(worker->cancelled, ElementsAre(worker->invoked[0].call));
  world.shard().workers().Complete(worker->invoked[0].call, Payload::Json("late"), world.now);
  EXPECT_EQ(world.probe().results_dropped.value(), 1);
}

TEST(Calls, GoToWhoHasCredit) {
  HubWorld world;
  auto small = world.Serve("chat", "m", 2);
  auto large = world.Serve("chat", "m", 4);
  auto client = world.Connect("chat", "a");
  for (int i = 0; i < 6; ++i) world.Say(*client, "call 1 m 0");
  EXPECT_EQ(small->invoked.size(), 2);
  EXPECT_EQ(large->invoked.size(), 4);
}

TEST(Calls, WaitForCreditInTheirOrderUpToABound) {
  ShardOptions options;
  options.policy.calls.method_queue = 2;
  HubWorld world(1, options);
  auto worker = world.Serve("chat", "m", 1);
  auto client = world.Connect("chat", "a");
  for (std::string call : {"call 1 m 1", "call 2 m 2", "call 3 m 3"}) {
    EXPECT_THAT(world.Say(*client, call), IsEmpty());
  }
  EXPECT_THAT(world.Say(*client, "call 4 m 4"), ElementsAre("err 4 overloaded"));
  EXPECT_EQ(world.probe().calls_waiting.value(), 2);
  world.Reply(*worker, Payload::Json("a"));
  world.shard().workers().OnCredit(world.now);
  ASSERT_EQ(worker->invoked.size(), 1);
  EXPECT_EQ(worker->invoked[0].params.bytes, "2");
  EXPECT_EQ(world.probe().calls_waiting.value(), 1);
}

TEST(Calls, HaveABoundForEachMethodOfAWorker) {
  HubWorld world;
  auto link = std::make_shared<fakes::FakeWorker>(10);
  auto offer = std::make_shared<Offer>();
  offer->worker = HubWorld::IdOf(link);
  offer->link = link;
  offer->method = "m";
  offer->in_flight_max = 1;
  world.Register({"chat", {offer}, {}});
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m 1");
  world.Say(*client, "call 2 m 2");
  EXPECT_EQ(link->invoked.size(), 1);
  world.Reply(*link, Payload::Json("a"));
  ASSERT_EQ(link->invoked.size(), 1) << "the freed place is used";
  EXPECT_EQ(link->invoked[0].params.bytes, "2");
}

// A rolling deploy takes a method back and offers it again while calls are under way.
TEST(Calls, OfAnOfferThatWasTakenBackCountForTheNextOne) {
  HubWorld world;
  auto link = std::make_shared<fakes::FakeWorker>(10);
  auto count = std::make_shared<InFlight>(0);
  auto offer = [&] {
    auto made = std::make_shared<Offer>();
    made->worker = HubWorld::IdOf(link);
    made->link = link;
    made->method = "m";
    made->in_flight_max = 1;
    made->in_flight = count;
    return made;
  };
  world.Register({"chat", {offer()}, {}});
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m 1");
  world.shard().workers().Deregister({HubWorld::IdOf(link), "chat", false, {"m"}, {}, {}, {}},
                                     world.now);
  world.Register({"chat", {offer()}, {}});
  world.Say(*client, "call 2 m 2");
  EXPECT_EQ(link->invoked.size(), 1) << "it has one already";
  world.Reply(*link, Payload::Json("a"));
  ASSERT_EQ(link->invoked.size(), 1);
  EXPECT_EQ(link->invoked[0].params.bytes, "2");
}

TEST(Calls, HaveABoundForEachConnection) {
  ShardOptions options;
  options.policy.calls.per_connection = 2;
  HubWorld world(1, options);
  auto worker = world.Serve("chat", "m");
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m 0");
  world.Say(*client, "call 2 m 0");
  EXPECT_THAT(world.Say(*client, "call 3 m 0"), ElementsAre("err 3 too_many_calls"));
}

TEST(Calls, WithoutAnswerStayUnansweredButHoldTheirPlace) {
  HubWorld world;
  auto worker = world.Serve("chat", "m");
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call - m 0");
  EXPECT_TRUE(worker->invoked[0].notification);
  world.Reply(*worker, Payload::Json("1"));
  EXPECT_THAT(client->socket.Take(), IsEmpty());
  EXPECT_THAT(world.Say(*client, "call - nope 0"), IsEmpty());
  EXPECT_THAT(world.Say(*client, "sub - nope"), IsEmpty());
  EXPECT_THAT(world.Say(*client, "unsub - nope"), IsEmpty());
}

TEST(Calls, CarryTheContextThatWasAskedFor) {
  HubWorld world;
  auto link = std::make_shared<fakes::FakeWorker>(1);
  auto offer = std::make_shared<Offer>();
  offer->link = link;
  offer->method = "m";
  offer->context = std::make_shared<const ContextSpec>(
      ContextSpec{.connection = true, .space = true, .headers = {"cookie", "absent"}});
  world.Register({"chat", {offer}, {}});
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m 0");
  const Context& context = link->invoked[0].context;
  EXPECT_EQ(context.connection, "a");
  EXPECT_EQ(context.space, "chat");
  EXPECT_EQ(context.remote_address, "");
  EXPECT_THAT(context.headers, ElementsAre(std::pair<std::string, std::string>("cookie", "c=1")));
}

TEST(Calls, OfProtectedMethodsNeedALogin) {
  HubWorld world;
  auto link = std::make_shared<fakes::FakeWorker>(10);
  auto offer = std::make_shared<Offer>();
  offer->link = link;
  offer->method = "secret";
  offer->is_protected = true;
  world.Register({"chat", {offer}, {}});
  auto login = world.ServeRole("chat", Role::kLogin);
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(world.Say(*client, "call 1 secret 0"), ElementsAre("err 1 method_forbidden"));
  world.Say(*client, "login 2 {}");
  world.Reply(*login, Reject{});
  EXPECT_THAT(client->socket.Take(), ElementsAre("ok 2 false"));
  EXPECT_THAT(world.Say(*client, "call 3 secret 0"), ElementsAre("err 3 method_forbidden"));
  world.Say(*client, "login 4 {}");
  Accept accept;
  accept.user = "ann";
  accept.channels = {"x"};
  world.Reply(*login, accept);
  EXPECT_THAT(client->socket.Take(), ElementsAre("ok 4 true"));
  world.Say(*client, "call 5 secret 0");
  EXPECT_EQ(link->invoked.size(), 1);
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .users = {"ann"}, .channels = {"x"}}), 1);
}

TEST(Calls, OfTheLoginWithoutAWorkerDoNotExist) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(world.Say(*client, "login 1 {}"), ElementsAre("err 1 method_not_found"));
}

TEST(Calls, AreListed) {
  HubWorld world;
  auto a = world.Serve("chat", "b");
  auto b = world.Serve("*", "a");
  auto c = world.ServeRole("chat", Role::kLogin);
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(world.Say(*client, "list 1"), ElementsAre("methods 1 a,b,login"));
}

TEST(Calls, OfANamespaceComeBeforeThoseOfAll) {
  HubWorld world;
  auto all = world.Serve("*", "m");
  auto own = world.Serve("chat", "m");
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m 0");
  EXPECT_EQ(own->invoked.size(), 1);
  EXPECT_EQ(all->invoked.size(), 0);
}

TEST(Methods, HaveABound) {
  ShardOptions options;
  options.methods_max = 2;
  HubWorld world(1, options);
  auto a = world.Serve("chat", "a");
  auto b = world.Serve("chat", "b");
  auto link = std::make_shared<fakes::FakeWorker>(1);
  EXPECT_EQ(
      world.shard().workers().Register({"chat", {world.Offer(link, "c")}, {}}, world.now).code(),
      absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(
      world.shard().workers().Register({"chat", {world.Offer(link, "b")}, {}}, world.now).ok())
      << "known names are no new ones";
}

// --- Batches -------------------------------------------------------------------------------------

TEST(Batches, AreCarriedOutInOrderAndAnsweredTogether) {
  HubWorld world;
  auto worker = world.Serve("chat", "m");
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m 1\ncall - m 2\ncall 3 nope 3\ncall 4 m 4");
  ASSERT_EQ(worker->invoked.size(), 1) << "the second waits for the first";
  world.Reply(*worker, Payload::Json("one"));
  ASSERT_EQ(worker->invoked.size(), 2);
  world.Reply(*worker, Payload::Json("unasked"));
  EXPECT_THAT(client->socket.Take(), IsEmpty());
  world.Reply(*worker, Payload::Json("four"));
  EXPECT_THAT(client->socket.Take(), ElementsAre("ok 1 one|err 3 method_not_found|ok 4 four"));
}

TEST(Batches, OfNotificationsAreNotAnswered) {
  HubWorld world;
  auto worker = world.Serve("chat", "m");
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(world.Say(*client, "call - m 1\ncall - m 2"), IsEmpty());
  EXPECT_EQ(worker->invoked.size(), 2);
}

TEST(Batches, EndWithTheirConnection) {
  HubWorld world;
  auto worker = world.Serve("chat", "m");
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call 1 m 1\ncall 2 m 2");
  world.Vanish(*client);
  world.shard().workers().Complete(worker->invoked[0].call, Payload::Json("x"), world.now);
  EXPECT_EQ(worker->invoked.size(), 1);
  auto other = world.Connect("chat", "b");
  EXPECT_THAT(world.Say(*other, "list 1\ndie\nlist 2"), IsEmpty());
  EXPECT_EQ(other->socket.closed(), (CloseFrame{4000, "as you wish"}));
}

// --- Rates ---------------------------------------------------------------------------------------

TEST(Commands, AreRateLimitedThenTheConnectionIsClosed) {
  ShardOptions options;
  options.policy.rates.commands_per_second = 1;
  options.policy.rates.commands_burst = 3;
  HubWorld world(1, options);
  auto client = world.Connect("chat", "a");
  for (int i = 0; i < 3; ++i) EXPECT_THAT(world.Say(*client, "list 1"), ElementsAre("methods 1 "));
  EXPECT_THAT(world.Say(*client, "list 1"), ElementsAre("err 1 rate_limited"));
  world.Pass(absl::Seconds(3));
  EXPECT_THAT(world.Say(*client, "list 1"), ElementsAre("methods 1 "));
  for (int i = 0; i < 8 && !client->socket.closed(); ++i) world.Say(*client, "list 1");
  ASSERT_TRUE(client->socket.closed());
  EXPECT_EQ(client->socket.closed()->code, 4429);
}

TEST(Commands, ThatAreMalformedAreAnswered) {
  HubWorld world;
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(world.Say(*client, "bad 9"), ElementsAre("err 9 invalid_request"));
  EXPECT_THAT(world.Say(*client, "whatever"), IsEmpty());
  EXPECT_FALSE(client->socket.closed());
}

TEST(Raw, MessagesGoToTheirWorker) {
  HubWorld world;
  auto worker = world.ServeRole("chat", Role::kRaw);
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(world.Say(*client, "raw - hello"), IsEmpty());
  ASSERT_EQ(worker->invoked.size(), 1);
  EXPECT_EQ(worker->invoked[0].params, Payload::Text("hello"));
  world.Reply(*worker, Payload::None());
  EXPECT_THAT(client->socket.Take(), IsEmpty());
}

// Nobody can be told that such a message was not passed on, so none is dropped for its number.
TEST(Raw, MessagesBeyondTheBoundWaitAndReadingWithThem) {
  ShardOptions options;
  options.policy.calls.per_connection = 2;
  HubWorld world(1, options);
  auto worker = world.ServeRole("chat", Role::kRaw);
  auto client = world.Connect("chat", "a");
  for (std::string text : {"raw - one", "raw - two", "raw - three", "raw - four"}) {
    world.Say(*client, text);
  }
  EXPECT_EQ(worker->invoked.size(), 2);
  EXPECT_FALSE(world.shard().Reading(client->key));
  int resumed = client->socket.resumed();
  world.Reply(*worker, Payload::None());
  EXPECT_EQ(worker->invoked.size(), 2);
  EXPECT_FALSE(world.shard().Reading(client->key)) << "the fourth still waits";
  world.Reply(*worker, Payload::None());
  EXPECT_TRUE(world.shard().Reading(client->key));
  EXPECT_EQ(client->socket.resumed(), resumed + 1);
  EXPECT_EQ(worker->invoked[0].params, Payload::Text("three"));
  EXPECT_EQ(worker->invoked[1].params, Payload::Text("four"));
}

TEST(Calls, WithoutAnswerWaitForAPlaceAsWell) {
  ShardOptions options;
  options.policy.calls.per_connection = 1;
  HubWorld world(1, options);
  auto worker = world.Serve("chat", "m");
  auto client = world.Connect("chat", "a");
  world.Say(*client, "call - m one");
  world.Say(*client, "call - m two");
  EXPECT_EQ(worker->invoked.size(), 1);
  world.Pass(absl::Seconds(10) + absl::Milliseconds(500));
  ASSERT_EQ(worker->invoked.size(), 2) << "a time-out frees the place, too";
  EXPECT_EQ(worker->invoked[1].params.bytes, "two");
}

}  // namespace
}  // namespace sluice::hub
