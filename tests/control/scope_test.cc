// SPDX-License-Identifier: Apache-2.0
//
// What is for the node that is asked alone.
#include "control/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/cluster_call.h"
#include "control/drain_verbs.h"
#include "control/listings.h"
#include "control/outcomes.h"
#include "control/queries.h"
#include "control/status.h"
#include "control/token_verb.h"
#include "tests/control/cluster_world.h"

namespace sluice::control {
namespace {

using fakes::FakeClient;
using testing::ElementsAre;
using testing::IsEmpty;

struct ScopeTest : testing::Test {
  ClusterWorld world{2};
  std::unique_ptr<FakeClient> here = world[0].world.Connect("chat", "here");
  std::unique_ptr<FakeClient> there = world[1].world.Connect("chat", "there");

  // No other node may hear of it.
  ~ScopeTest() override {
    EXPECT_EQ(world[0].probe.asked.value(), 0);
    EXPECT_EQ(world[1].probe.answered.value(), 0);
  }

  template <typename Request>
  static Request InChat() {
    Request request = Local<Request>();
    request.mutable_selector()->set_namespace_("chat");
    return request;
  }
  template <typename Request>
  static Request Local() {
    Request request;
    request.set_scope(v1::SCOPE_LOCAL);
    return request;
  }
  template <typename Verb>
  uint64_t Matched(const typename Verb::Request& request) {
    auto answer = world.Ask<Verb>(0, request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? answer->outcome().matched() : 0;
  }
};

TEST_F(ScopeTest, VerbsThatAct) {
  auto send = InChat<v1::SendRequest>();
  send.mutable_message()->set_event("e");
  EXPECT_EQ(Matched<SendVerb>(send), 1);
  EXPECT_THAT(here->socket.Take(), ElementsAre("event e "));
  auto join = InChat<v1::JoinRequest>();
  join.add_channels("news");
  EXPECT_EQ(Matched<JoinVerb>(join), 1);
  auto publish = Local<v1::PublishRequest>();
  publish.set_namespace_("chat");
  publish.set_channel("news");
  EXPECT_EQ(Matched<PublishVerb>(publish), 1);
  auto update = InChat<v1::UpdateConnectionsRequest>();
  update.set_user("ann");
  EXPECT_EQ(Matched<UpdateConnectionsVerb>(update), 1);
  auto leave = InChat<v1::LeaveRequest>();
  leave.add_channels("news");
  EXPECT_EQ(Matched<LeaveVerb>(leave), 1);
  auto kick = InChat<v1::KickOutRequest>();
  kick.add_channels("news");
  EXPECT_EQ(Matched<KickOutVerb>(kick), 1);
  EXPECT_EQ(Matched<DeauthenticateVerb>(InChat<v1::DeauthenticateRequest>()), 1);
  EXPECT_EQ(Matched<DisconnectVerb>(InChat<v1::DisconnectRequest>()), 1);
  EXPECT_TRUE(here->socket.closed());
  EXPECT_FALSE(there->socket.closed());
  EXPECT_THAT(there->socket.Take(), IsEmpty());
}

TEST_F(ScopeTest, Queries) {
  EXPECT_EQ(
      world.Ask<CountConnectionsVerb>(0, InChat<v1::CountConnectionsRequest>())->connections(), 1);
  auto list = world.Ask<ListConnectionsVerb>(0, InChat<v1::ListConnectionsRequest>());
  ASSERT_EQ(list->connections_size(), 1);
  EXPECT_EQ(list->connections(0).id(), "here");
  auto spaces = world.Ask<ListNamespacesVerb>(0, Local<v1::ListNamespacesRequest>());
  ASSERT_EQ(spaces->namespaces_size(), 1);
  EXPECT_EQ(spaces->namespaces(0).connections(), 1);
  auto get = Local<v1::GetConnectionRequest>();
  get.set_namespace_("chat");
  get.set_connection_id("there");
  EXPECT_EQ(ReasonOf(world.Ask<GetConnectionVerb>(0, get).status()), "CONNECTION_NOT_FOUND");
}

TEST_F(ScopeTest, ADrainOfOneNode) {
  auto start = InChat<v1::StartDrainRequest>();
  start.set_drain_id("d");
  start.set_per_second(100);
  auto drain = world.StartDrain(0, start);
  ASSERT_TRUE(drain.ok()) << drain.status();
  EXPECT_EQ(drain->matched(), 1);
  EXPECT_EQ(drain->state(), v1::Drain::STATE_RUNNING);
  world.Pass(absl::Seconds(1));
  auto get = Local<v1::GetDrainRequest>();
  get.set_drain_id("d");
  EXPECT_EQ(world.Ask<GetDrainVerb>(0, get)->closed(), 1);
  EXPECT_EQ(ReasonOf(world.Ask<GetDrainVerb>(1, get).status()), "DRAIN_NOT_FOUND");
  EXPECT_TRUE(here->socket.closed());
  EXPECT_FALSE(there->socket.closed());
  start.set_drain_id("forecast");
  start.set_validate_only(true);
  EXPECT_EQ(world.StartDrain(1, start)->matched(), 1);
}

TEST_F(ScopeTest, ACall) {
  auto call = InChat<v1::CallRequest>();
  call.set_method("m");
  CallListener listener;
  uint64_t matched = 0;
  listener.on_answer = [](auto) {};
  listener.on_end = [&](v1::Outcome outcome) { matched = outcome.matched(); };
  ASSERT_TRUE(CallClients(world[0].cluster, call, std::move(listener)).ok());
  world.Run();
  here.reset();
  world.Pass(absl::Seconds(11));
  EXPECT_EQ(matched, 1);
}

TEST_F(ScopeTest, WhatIsNoScopeIsRefused) {
  auto count = InChat<v1::CountConnectionsRequest>();
  count.set_scope(static_cast<v1::Scope>(7));
  auto status = world.Ask<CountConnectionsVerb>(0, count).status();
  EXPECT_EQ(ReasonOf(status), "SCOPE_INVALID");
  EXPECT_EQ(FieldOf(status), "scope");
  auto start = InChat<v1::StartDrainRequest>();
  start.set_per_second(1);
  start.set_scope(static_cast<v1::Scope>(7));
  EXPECT_EQ(ReasonOf(world.StartDrain(0, start).status()), "SCOPE_INVALID");
}

TEST(SpansNodes, UnlessItIsLocal) {
  v1::CountConnectionsRequest request;
  EXPECT_TRUE(*SpansNodes(request));
  request.set_scope(v1::SCOPE_CLUSTER);
  EXPECT_TRUE(*SpansNodes(request));
  request.set_scope(v1::SCOPE_LOCAL);
  EXPECT_FALSE(*SpansNodes(request));
  EXPECT_TRUE(*SpansNodes(v1::ListNodesRequest()));
}

}  // namespace
}  // namespace sluice::control
