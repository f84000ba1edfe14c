// SPDX-License-Identifier: Apache-2.0
//
// Workers of one node that serve the clients of others.
#include "control/lending.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/control/cluster_world.h"
#include "tests/control/streamless_worker.h"

namespace sluice::control {
namespace {

using fakes::FakeClient;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

v1::Register Methods(const std::string& space, const std::vector<std::string>& names,
                     bool is_protected = false) {
  v1::Register proto;
  proto.set_namespace_(space);
  for (const std::string& name : names) {
    v1::Method& method = *proto.add_methods();
    method.set_name(name);
    if (is_protected) method.set_access(v1::ACCESS_PROTECTED);
  }
  return proto;
}

v1::Register Roles(const std::string& space, const std::vector<v1::Role>& roles) {
  v1::Register proto;
  proto.set_namespace_(space);
  for (v1::Role role : roles) proto.add_roles(role);
  return proto;
}

class LendingTest : public testing::Test {
 public:
  // An errand holds the offer that it was taken for, and so its worker.
  ~LendingTest() override {
    for (auto& worker : workers) worker->given.clear();
  }
  std::shared_ptr<StreamlessWorker> Worker(size_t node, const v1::Register& proto,
                                           uint32_t credit = 10) {
    auto worker = std::make_shared<StreamlessWorker>(world[node],
                                                     "w" + std::to_string(workers.size()), credit);
    workers.push_back(worker);
    worker->Register(proto);
    News();
    return worker;
  }
  // What changed reaches the other nodes.
  void News() { world.Pass(absl::Milliseconds(50)); }
  std::unique_ptr<FakeClient> Connect(size_t node, const std::string& space,
                                      const std::string& id) {
    auto client = world[node].world.Connect(space, id);
    world.Run();
    return client;
  }
  std::vector<std::string> Say(size_t node, FakeClient& client, const std::string& text) {
    auto answers = world[node].world.Say(client, text);
    world.Run();
    for (std::string& more : client.socket.Take()) answers.push_back(std::move(more));
    return answers;
  }
  PeerListener& Listener(size_t node) { return world[node].lending; }
  std::vector<std::string> Heard(FakeClient& client) {
    world.Run();
    return client.socket.Take();
  }

  std::vector<std::shared_ptr<StreamlessWorker>> workers;  // outlive the shards
  ClusterWorld world{3};
};

TEST_F(LendingTest, ACallTravelsToTheWorkersNodeAndItsAnswerBack) {
  v1::Register proto = Methods("chat", {"m"});
  proto.add_context(v1::CONTEXT_FIELD_CONNECTION);
  auto worker = Worker(0, proto);
  auto client = Connect(1, "chat", "ann");
  EXPECT_THAT(Say(1, *client, "call 1 m [7]"), IsEmpty());
  ASSERT_EQ(worker->given.size(), 1);
  const v1::Invocation& invocation = worker->given[0].invocation;
  EXPECT_EQ(invocation.call().method(), "m");
  EXPECT_EQ(invocation.call().params().json(), "[7]");
  EXPECT_EQ(invocation.context().connection_id(), "ann");
  EXPECT_EQ(invocation.context().namespace_(), "") << "it was not asked for";
  EXPECT_EQ(invocation.deadline().seconds(), absl::ToUnixSeconds(world.now().date) + 10);
  worker->AnswerJson("8");
  EXPECT_THAT(Heard(*client), ElementsAre("ok 1 8"));
  EXPECT_EQ(world[1].probe.errands_sent.value(), 1);
  EXPECT_EQ(world[0].probe.errands_taken.value(), 1);
}

TEST_F(LendingTest, TheNodesOwnWorkerIsAskedFirst) {
  auto far = Worker(0, Methods("chat", {"m"}));
  auto near = Worker(1, Methods("chat", {"m"}), 2);
  auto client = Connect(1, "chat", "ann");
  for (int i = 1; i <= 4; ++i) Say(1, *client, "call " + std::to_string(i) + " m 0");
  EXPECT_EQ(near->given.size(), 2);
  EXPECT_EQ(far->given.size(), 2) << "what the own one has no credit for";
}

TEST_F(LendingTest, AmongThoseOfOtherNodesTheLeastLoadedIsAsked) {
  auto one = Worker(0, Methods("chat", {"m"}));
  auto two = Worker(2, Methods("chat", {"m"}));
  auto client = Connect(1, "chat", "ann");
  for (int i = 1; i <= 6; ++i) Say(1, *client, "call " + std::to_string(i) + " m 0");
  EXPECT_EQ(one->given.size(), 3);
  EXPECT_EQ(two->given.size(), 3);
}

TEST_F(LendingTest, WhatIsBorrowedIsNotLentOn) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  News();
  EXPECT_EQ(world[1].probe.workers_borrowed.value(), 1);
  EXPECT_EQ(world[2].probe.workers_borrowed.value(), 1);
  EXPECT_EQ(world[0].probe.workers_borrowed.value(), 0);
}

// Its credit is one for all nodes; whoever comes too late gets the call back, and it waits there.
TEST_F(LendingTest, AWorkerWithoutCreditGivesBackAndTellsWhenItHasSome) {
  auto worker = Worker(0, Methods("chat", {"m"}), 1);
  auto ann = Connect(1, "chat", "ann");
  auto bob = Connect(2, "chat", "bob");
  Say(1, *ann, "call 1 m 1");
  Say(2, *bob, "call 1 m 2");
  ASSERT_EQ(worker->given.size(), 1);
  EXPECT_EQ(world[2].probe.errands_returned.value(), 1);
  EXPECT_EQ(world[2].world.probe().calls_waiting.value(), 1);
  worker->AnswerJson("1");
  EXPECT_THAT(Heard(*ann), ElementsAre("ok 1 1"));
  ASSERT_EQ(worker->given.size(), 1) << "it was told at once";
  EXPECT_EQ(worker->given[0].invocation.call().params().json(), "2");
  worker->AnswerJson("2");
  EXPECT_THAT(Heard(*bob), ElementsAre("ok 1 2"));
}

TEST_F(LendingTest, TheBoundOfAMethodHoldsOverAllNodes) {
  v1::Register proto = Methods("chat", {"m"});
  proto.mutable_methods(0)->set_in_flight_max(1);
  auto worker = Worker(0, proto);
  auto near = Connect(0, "chat", "near");
  auto ann = Connect(1, "chat", "ann");
  Say(0, *near, "call 1 m 1");
  Say(1, *ann, "call 1 m 2");
  EXPECT_EQ(worker->given.size(), 1);
  worker->AnswerJson("1");
  world.Pass(absl::Seconds(2));
  EXPECT_EQ(worker->given.size(), 1);
  worker->AnswerJson("2");
  EXPECT_THAT(Heard(*ann), ElementsAre("ok 1 2"));
}

TEST_F(LendingTest, WhoeverGivesUpIsForgotten) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  auto ann = Connect(1, "chat", "ann");
  Say(1, *ann, "call 1 m 1");
  world[1].world.Vanish(*ann);
  world.Run();
  EXPECT_THAT(worker->cancelled, ElementsAre("n2"));
  worker->AnswerJson("1");
  world.Run();
  EXPECT_EQ(world[1].probe.outcomes_late.value(), 1);
}

TEST_F(LendingTest, ACallEndsAtItsTime) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  auto ann = Connect(1, "chat", "ann");
  Say(1, *ann, "call 1 m 1");
  world.Pass(absl::Seconds(11));
  EXPECT_THAT(Heard(*ann), ElementsAre("err 1 timeout"));
  EXPECT_THAT(worker->cancelled, ElementsAre("n2"));
}

TEST_F(LendingTest, AWorkerThatLeavesLosesItsCallsAndIsUnavailable) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  auto ann = Connect(1, "chat", "ann");
  Say(1, *ann, "call 1 m 1");
  worker->Leave();
  EXPECT_THAT(Heard(*ann), ElementsAre("err 1 worker_lost"));
  News();
  EXPECT_THAT(Say(1, *ann, "call 2 m 1"), ElementsAre("err 2 unavailable"));
  auto back = Worker(2, Methods("chat", {"m"}));
  Say(1, *ann, "call 3 m 1");
  back->AnswerJson("3");
  EXPECT_THAT(Heard(*ann), ElementsAre("ok 3 3"));
}

TEST_F(LendingTest, ANodeThatDiesTakesItsOffersAlong) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  auto ann = Connect(1, "chat", "ann");
  Say(1, *ann, "call 1 m 1");
  Listener(1).OnGone("n1");
  EXPECT_THAT(Heard(*ann), ElementsAre("err 1 worker_lost"));
  EXPECT_THAT(Say(1, *ann, "call 2 m 1"), ElementsAre("err 2 unavailable"));
  EXPECT_EQ(world[1].probe.workers_borrowed.value(), 0);
  world.Pass(absl::Seconds(2));
  EXPECT_THAT(Say(1, *ann, "call 3 m 1"), IsEmpty()) << "it was alive after all";
  EXPECT_EQ(worker->given.size(), 2);
}

TEST_F(LendingTest, WhoeverHasAClientThatDiesIsCancelled) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  auto ann = Connect(1, "chat", "ann");
  Say(1, *ann, "call 1 m 1");
  Listener(0).OnGone("n2");
  EXPECT_THAT(worker->cancelled, ElementsAre("all n2"));
}

TEST_F(LendingTest, WhatMayHaveBeenLostIsNotWaitedFor) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  auto ann = Connect(1, "chat", "ann");
  Say(1, *ann, "call 1 m 1");
  Listener(1).OnGap("n1");
  EXPECT_THAT(Heard(*ann), ElementsAre("err 1 worker_lost"));
  EXPECT_THAT(worker->cancelled, ElementsAre("n2"));
  Say(1, *ann, "call 2 m 1");
  EXPECT_EQ(worker->given.size(), 2) << "it serves on";
}

TEST_F(LendingTest, ANameIsProtectedWhileAnyWorkerAnywhereSaysSo) {
  auto open = Worker(1, Methods("chat", {"m"}));
  auto closed = Worker(0, Methods("chat", {"m"}, true));
  auto ann = Connect(1, "chat", "ann");
  EXPECT_THAT(Say(1, *ann, "call 1 m 1"), ElementsAre("err 1 method_forbidden"));
  auto bob = Connect(2, "chat", "bob");
  EXPECT_THAT(Say(2, *bob, "call 1 m 1"), ElementsAre("err 1 method_forbidden"));
  closed->Leave();
  News();
  Say(1, *ann, "call 2 m 1");
  EXPECT_EQ(open->given.size(), 1);
}

TEST_F(LendingTest, AnAdmissionWorkerAnywhereIsAskedByAll) {
  auto worker = Worker(0, Roles("chat", {v1::ROLE_ADMISSION}));
  auto ann = Connect(1, "chat", "ann");
  EXPECT_FALSE(ann->socket.closed());
  ASSERT_EQ(worker->given.size(), 1);
  EXPECT_EQ(worker->given[0].invocation.admission().connection().id(), "ann");
  v1::InvocationResult result;
  result.mutable_reject()->set_code(4777);
  worker->Answer1(std::move(result));
  world.Run();
  EXPECT_TRUE(ann->socket.closed());
  worker->Leave();
  News();
  auto bob = Connect(2, "chat", "bob");
  EXPECT_TRUE(bob->socket.closed()) << "the door stays shut while nobody can be asked";
}

TEST_F(LendingTest, WhatIsTakenBackByNameIsForgottenEverywhere) {
  auto worker = Worker(0, Roles("chat", {v1::ROLE_ADMISSION}));
  v1::Deregister proto;
  proto.set_namespace_("chat");
  proto.add_roles(v1::ROLE_ADMISSION);
  worker->Deregister(proto);
  News();
  auto ann = Connect(1, "chat", "ann");
  EXPECT_FALSE(ann->socket.closed());
  EXPECT_THAT(worker->given, IsEmpty());
}

TEST_F(LendingTest, ANodeThatAsksTooLateWhatWasTakenBackIsCounted) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  auto take_back = [&](int times) {
    for (int i = 0; i < times; ++i) {
      v1::Deregister proto;
      proto.set_namespace_("chat");
      proto.add_methods("x" + std::to_string(i));
      worker->Deregister(proto);
    }
    News();
  };
  take_back(500);
  EXPECT_EQ(world[0].probe.forgotten_missed.value(), 0);
  take_back(1500);
  EXPECT_EQ(world[0].probe.forgotten_missed.value(), 2) << "of both others";
}

TEST_F(LendingTest, WhatIsTakenBackAsAWholeStaysKnown) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  v1::Deregister proto;
  proto.set_namespace_("chat");
  worker->Deregister(proto);
  News();
  auto ann = Connect(1, "chat", "ann");
  EXPECT_THAT(Say(1, *ann, "call 1 m 1"), ElementsAre("err 1 unavailable"));
  EXPECT_THAT(Say(1, *ann, "call 2 x 1"), ElementsAre("err 2 method_not_found"));
}

TEST_F(LendingTest, ALoginIsAskedAcrossNodes) {
  auto worker = Worker(0, Roles("*", {v1::ROLE_LOGIN}));
  auto protects = Worker(2, Methods("chat", {"m"}, true));
  auto ann = Connect(1, "chat", "ann");
  Say(1, *ann, "login 1 {}");
  ASSERT_EQ(worker->given.size(), 1);
  v1::InvocationResult result;
  result.mutable_accept()->set_user("u");
  worker->Answer1(std::move(result));
  EXPECT_THAT(Heard(*ann), ElementsAre("ok 1 true"));
  Say(1, *ann, "call 2 m 1");
  EXPECT_EQ(protects->given.size(), 1);
}

TEST_F(LendingTest, ANodeThatComesLaterIsToldWhatThereIs) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  bool begun = false;
  world.nodes.push_back(std::make_unique<TestNode>(world.bus, "n4", 2));
  world[3].lending.Begin([&] { begun = true; });
  world.Run();
  EXPECT_TRUE(begun);
  EXPECT_EQ(world[3].probe.workers_borrowed.value(), 1);
}

TEST_F(LendingTest, WhoeverComesLaterKnowsTheDoorsThatAreShut) {
  auto worker = Worker(0, Roles("chat", {v1::ROLE_ADMISSION}));
  auto other = Worker(1, Roles("yard", {v1::ROLE_ADMISSION}));
  worker->Leave();
  v1::Deregister proto;
  proto.set_namespace_("yard");
  proto.add_roles(v1::ROLE_ADMISSION);
  other->Deregister(proto);
  News();
  world.nodes.push_back(std::make_unique<TestNode>(world.bus, "n4", 2));
  world[3].lending.Begin([] {});
  world.Run();
  EXPECT_TRUE(Connect(3, "chat", "ann")->socket.closed());
  EXPECT_FALSE(Connect(3, "yard", "ann")->socket.closed()) << "that was taken back by name";
  // It tells others as well, and whoever serves it again is asked.
  world.nodes.push_back(std::make_unique<TestNode>(world.bus, "n5", 1));
  world[4].lending.Begin([] {});
  world.Run();
  EXPECT_TRUE(Connect(4, "chat", "bob")->socket.closed());
  auto again = Worker(2, Roles("chat", {v1::ROLE_ADMISSION}));
  auto eve = Connect(4, "chat", "eve");
  EXPECT_FALSE(eve->socket.closed());
  EXPECT_EQ(again->given.size(), 1);
}

TEST_F(LendingTest, ANodeBeginsThoughAnotherIsSilent) {
  storage::MemoryBroker silent(world.bus, "silent");
  bool begun = false;
  world.nodes.push_back(std::make_unique<TestNode>(world.bus, "n4", 2));
  world[3].lending.Begin([&] { begun = true; });
  world.Run();
  EXPECT_FALSE(begun);
  world.Pass(absl::Seconds(3));
  EXPECT_TRUE(begun);
}

TEST_F(LendingTest, MailForAnotherLifeIsDropped) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  internal::v1::LendingMail mail;
  mail.set_from("n2-epoch");
  mail.set_to("another");
  mail.add_errands()->set_worker(1);
  ASSERT_TRUE(world[1].broker.Tell("n1", mail.SerializeAsString()).ok());
  ASSERT_TRUE(world[1].broker.Tell("n1", "\xff\xff").ok());
  world.Run();
  EXPECT_EQ(world[0].probe.lending_refused.value(), 2);
}

TEST_F(LendingTest, OutcomesThatNobodyAskedForAreCounted) {
  auto worker = Worker(0, Methods("chat", {"m"}));
  auto ann = Connect(1, "chat", "ann");
  Say(1, *ann, "call 1 m 1");
  const uint64_t number = worker->given[0].errand->number;
  internal::v1::LendingMail mail;
  mail.set_from("n3-epoch");
  mail.set_to("n2-epoch");
  mail.add_outcomes()->set_number(number);
  ASSERT_TRUE(world[2].broker.Tell("n2", mail.SerializeAsString()).ok());
  world.Run();
  EXPECT_THAT(Heard(*ann), IsEmpty()) << "it is not that node's to answer";
  EXPECT_EQ(world[1].probe.outcomes_late.value(), 1);
}

TEST_F(LendingTest, ErrandsForWhatIsNotThereComeBack) {
  internal::v1::LendingMail mail;
  mail.set_from("n2-epoch");
  mail.set_to("n1-epoch");
  internal::v1::Errand& errand = *mail.add_errands();
  errand.set_worker(99);
  errand.mutable_invocation()->mutable_call()->set_method("m");
  ASSERT_TRUE(world[1].broker.Tell("n1", mail.SerializeAsString()).ok());
  world.Run();
  EXPECT_EQ(world[0].probe.errands_taken.value(), 0);
  EXPECT_EQ(world[1].probe.outcomes_late.value(), 1) << "it came back to whoever sent it";
}

}  // namespace
}  // namespace sluice::control
