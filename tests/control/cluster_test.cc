// SPDX-License-Identifier: Apache-2.0
//
// The same verbs over two nodes of one memory bus.
#include "control/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/cluster_call.h"
#include "control/listings.h"
#include "control/nodes_verb.h"
#include "control/outcomes.h"
#include "control/queries.h"
#include "control/status.h"
#include "sluice/internal/v1/cluster.pb.h"
#include "tests/control/answers.h"
#include "tests/control/cluster_world.h"

namespace sluice::control {
namespace {

using fakes::FakeClient;
using testing::ElementsAre;
using testing::IsEmpty;

struct ClusterTest : testing::Test {
  ClusterWorld world{2};
  std::unique_ptr<FakeClient> a = world[0].world.Connect("chat", "a");
  std::unique_ptr<FakeClient> b = world[1].world.Connect("chat", "b", 0);
  std::unique_ptr<FakeClient> c = world[0].world.Connect("chat", "c");
  std::unique_ptr<FakeClient> d = world[1].world.Connect("chat", "d", 1);

  template <typename Request>
  static Request InChat() {
    Request request;
    request.mutable_selector()->set_namespace_("chat");
    return request;
  }
};

TEST_F(ClusterTest, SendReachesEveryNodeAndCountsOnce) {
  auto request = InChat<v1::SendRequest>();
  request.mutable_message()->set_event("e");
  request.mutable_message()->mutable_body()->set_json("1");
  auto answer = world.Ask<SendVerb>(0, request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->outcome().matched(), 4);
  EXPECT_EQ(answer->outcome().enqueued(), 4);
  for (FakeClient* client : {a.get(), b.get(), c.get(), d.get()}) {
    EXPECT_THAT(client->socket.Take(), ElementsAre("event e 1"));
  }
}

TEST_F(ClusterTest, NotFoundIsWhatNobodyFound) {
  auto request = InChat<v1::JoinRequest>();
  for (const char* id : {"a", "b", "y", "x"}) request.mutable_selector()->add_connection_ids(id);
  request.add_channels("lobby");
  auto answer = world.Ask<JoinVerb>(1, request);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->outcome().enqueued(), 2);
  EXPECT_THAT(answer->outcome().not_found(), ElementsAre("x", "y"));
}

TEST_F(ClusterTest, ASelectorCanNameNodes) {
  auto request = InChat<v1::CountConnectionsRequest>();
  EXPECT_EQ(world.Ask<CountConnectionsVerb>(0, request)->connections(), 4);
  request.mutable_selector()->add_nodes("n2");
  EXPECT_EQ(world.Ask<CountConnectionsVerb>(0, request)->connections(), 2);
}

TEST_F(ClusterTest, ListsAreMergedAndCut) {
  auto request = InChat<v1::ListConnectionsRequest>();
  request.set_page_size(3);
  auto page = world.Ask<ListConnectionsVerb>(0, request);
  ASSERT_EQ(page->connections_size(), 3);
  EXPECT_EQ(page->connections(0).id(), "a");
  EXPECT_EQ(page->connections(0).node(), "n1");
  EXPECT_EQ(page->connections(1).id(), "b");
  EXPECT_EQ(page->connections(1).node(), "n2");
  EXPECT_EQ(page->connections(2).id(), "c");
  // The next page may be asked of any node.
  request.set_page_token(page->next_page_token());
  page = world.Ask<ListConnectionsVerb>(1, request);
  ASSERT_EQ(page->connections_size(), 1);
  EXPECT_EQ(page->connections(0).id(), "d");
  EXPECT_EQ(page->next_page_token(), "");
}

TEST_F(ClusterTest, NamedCountsAreAddedUp) {
  auto spaces = world.Ask<ListNamespacesVerb>(0, {});
  ASSERT_EQ(spaces->namespaces_size(), 1);
  EXPECT_EQ(spaces->namespaces(0).connections(), 4);

  auto join = InChat<v1::JoinRequest>();
  join.add_channels("lobby");
  ASSERT_TRUE(world.Ask<JoinVerb>(0, join).ok());
  v1::ListChannelsRequest request;
  request.set_namespace_("chat");
  auto channels = world.Ask<ListChannelsVerb>(1, request);
  ASSERT_EQ(channels->channels_size(), 1);
  EXPECT_EQ(channels->channels(0).connections(), 4);
}

TEST_F(ClusterTest, NodesSayWhatTheyAre) {
  world[1].node.self = [] {
    return Node::Self{.version = "1.2.3",
                      .control_address = "192.0.2.1:50051",
                      .connections = 7,
                      .degraded = "no store"};
  };
  auto nodes = world.Ask<ListNodesVerb>(1, {});
  ASSERT_TRUE(nodes.ok()) << nodes.status();
  ASSERT_EQ(nodes->nodes_size(), static_cast<int>(world.nodes.size()));
  EXPECT_EQ(nodes->nodes(0).name(), "n1") << "by name, whoever was asked";
  EXPECT_EQ(nodes->nodes(0).epoch(), "n1-epoch");
  EXPECT_EQ(nodes->nodes(1).name(), "n2");
  EXPECT_EQ(nodes->nodes(1).version(), "1.2.3");
  EXPECT_EQ(nodes->nodes(1).control_address(), "192.0.2.1:50051");
  EXPECT_EQ(nodes->nodes(1).connections(), 7);
  EXPECT_EQ(nodes->nodes(1).degraded(), "no store");
}

TEST_F(ClusterTest, MethodsOfAllNodes) {
  auto first = world[0].world.Serve("chat", "sum");
  auto second = world[1].world.Serve("chat", "sum");
  auto third = world[1].world.Serve("chat", "add");
  v1::ListMethodsRequest request;
  request.set_namespace_("chat");
  auto methods = world.Ask<ListMethodsVerb>(0, request);
  ASSERT_EQ(methods->methods_size(), 2);
  EXPECT_EQ(methods->methods(0).name(), "add");
  EXPECT_EQ(methods->methods(1).name(), "sum");
  EXPECT_THAT(methods->methods(1).workers(), ElementsAre("w"));
}

TEST_F(ClusterTest, AConnectionIsFoundWhereverItIs) {
  v1::GetConnectionRequest request;
  request.set_namespace_("chat");
  request.set_connection_id("b");
  auto connection = world.Ask<GetConnectionVerb>(0, request);
  ASSERT_TRUE(connection.ok());
  EXPECT_EQ(connection->node(), "n2");
}

TEST_F(ClusterTest, CallRequestsThatAreWrong) {
  auto refused = [&](const v1::CallRequest& request, std::string_view reason) {
    EXPECT_EQ(ReasonOf(CallClients(world[0].cluster, request, {}).status()), reason);
  };
  auto request = InChat<v1::CallRequest>();
  refused(request, "METHOD_INVALID");
  request.set_method("m");
  request.mutable_params()->set_json("[");
  refused(request, "MESSAGE_INVALID");
  request.clear_params();
  request.mutable_timeout()->set_seconds(0);
  refused(request, "TIMEOUT_INVALID");
  request.mutable_timeout()->set_seconds(100'000);
  refused(request, "TIMEOUT_INVALID");
  request.clear_selector();
  refused(request, "NAMESPACE_INVALID");
}

TEST_F(ClusterTest, MoreAnswersThanThatAreNotAwaited) {
  Limits limits;
  limits.client_calls_max = 1;
  ClusterWorld small(1, limits);
  auto client = small[0].world.Connect("chat", "a");
  auto request = InChat<v1::CallRequest>();
  request.set_method("m");
  Answers first, second;
  ASSERT_TRUE(CallClients(small[0].cluster, request, first.Listener()).ok());
  small.Run();
  auto refused = CallClients(small[0].cluster, request, second.Listener());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused.status()), "CLIENT_CALLS_EXHAUSTED");
  small[0].world.Say(*client, "answer - 1 1");
  small.Run();
  EXPECT_TRUE(CallClients(small[0].cluster, request, second.Listener()).ok());
}

TEST_F(ClusterTest, WhatTheOthersCannotBeAskedIsDoneNowhere) {
  ClusterWorld narrow(2, {}, 500);
  auto client = narrow[0].world.Connect("chat", "a");
  auto expect_refused = [](const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(ReasonOf(status), "REQUEST_TOO_LARGE");
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("--cluster-message-bytes"));
  };
  const std::string large = "\"" + std::string(500, 'x') + "\"";
  auto send = InChat<v1::SendRequest>();
  send.mutable_message()->set_event("e");
  send.mutable_message()->mutable_body()->set_json(large);
  expect_refused(narrow.Ask<SendVerb>(0, send).status());
  EXPECT_THAT(client->socket.Take(), IsEmpty());
  auto call = InChat<v1::CallRequest>();
  call.set_method("m");
  call.mutable_params()->set_json(large);
  Answers answers;
  expect_refused(CallClients(narrow[0].cluster, call, answers.Listener()).status());
  narrow.Run();
  EXPECT_EQ(narrow[0].calls.awaited(), 0);
  EXPECT_EQ(narrow[0].world.shard().requests(), 0);
  auto drain = InChat<v1::StartDrainRequest>();
  drain.mutable_selector()->add_user_ids(std::string(255, 'u'));
  drain.mutable_selector()->add_user_ids(std::string(255, 'v'));
  drain.set_drain_id("d");
  drain.set_per_second(1);
  expect_refused(narrow.StartDrain(0, drain).status());
  EXPECT_EQ(narrow[0].drains.running(), 0);
}

// A node that is there and says nothing.
struct SilentTest : ClusterTest {
  storage::MemoryBroker silent{world.bus, "silent"};
  fakes::ManualExecutor home;
  SilentTest() { silent.Serve(home, {}); }
};

TEST_F(SilentTest, WhoDoesNotAnswerIsNamed) {
  auto request = InChat<v1::CountConnectionsRequest>();
  absl::StatusOr<v1::CountConnectionsResponse> answer = absl::UnknownError("");
  world[0].cluster.Run<CountConnectionsVerb>(request, absl::Seconds(2),
                                             [&](auto given) { answer = std::move(given); });
  world.Run();
  EXPECT_FALSE(answer.ok());
  for (int i = 0; i < 60; ++i) {
    home.RunAll(world.now());
    world.Pass(absl::Milliseconds(50));
  }
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->connections(), 4);
  EXPECT_THAT(answer->unreachable(), ElementsAre("silent"));
  EXPECT_EQ(world[0].probe.unreachable.value(), 1);
}

TEST_F(SilentTest, WhoDoesNotSelectIsNamedOnce) {
  auto request = InChat<v1::StartDrainRequest>();
  request.set_drain_id("d");
  request.set_per_second(1);
  absl::StatusOr<v1::Drain> drain = absl::UnknownError("");
  StartDrain(world[0].cluster, request, absl::Seconds(1),
             [&](auto given) { drain = std::move(given); });
  for (int i = 0; i < 60; ++i) {
    home.RunAll(world.now());
    world.Pass(absl::Milliseconds(50));
  }
  ASSERT_TRUE(drain.ok()) << drain.status();
  EXPECT_EQ(drain->matched(), 4);
  EXPECT_THAT(drain->unreachable(), ElementsAre("silent"));
}

TEST_F(SilentTest, AConnectionMayBeWhereNobodyAnswers) {
  v1::GetConnectionRequest request;
  request.set_namespace_("chat");
  for (const char* id : {"b", "ghost"}) {
    request.set_connection_id(id);
    absl::StatusOr<v1::Connection> answer = absl::UnknownError("");
    world[0].cluster.Run<GetConnectionVerb>(request, absl::Seconds(1),
                                            [&](auto given) { answer = std::move(given); });
    for (int i = 0; i < 30; ++i) {
      home.RunAll(world.now());
      world.Pass(absl::Milliseconds(50));
    }
    if (request.connection_id() == "b") {
      EXPECT_EQ(answer->node(), "n2");
    } else {
      EXPECT_EQ(ReasonOf(answer.status()), "NODES_UNREACHABLE");
    }
  }
}

TEST_F(ClusterTest, RequestsThatAreNotUnderstoodAreRefused) {
  storage::MemoryBroker stranger(world.bus, "stranger");
  fakes::ManualExecutor home;
  stranger.Serve(home, {});
  internal::v1::Ask ask;
  ask.set_version(99);
  ask.set_request_type("sluice.v1.SendRequest");
  internal::v1::Ask unknown;
  unknown.set_version(1);
  unknown.set_request_type("sluice.v1.SingRequest");
  internal::v1::Ask garbage;
  garbage.set_version(1);
  garbage.set_request_type("sluice.v1.SendRequest");
  garbage.set_request("\xff\xff");
  for (const std::string& payload : {ask.SerializeAsString(), unknown.SerializeAsString(),
                                     garbage.SerializeAsString(), std::string("\xff garbage")}) {
    storage::Replies replies;
    EXPECT_TRUE(stranger
                    .AskAll(payload, absl::Seconds(1), home,
                            [&](storage::Replies given, Now) { replies = std::move(given); })
                    .ok());
    world.Run();
    home.RunAll(world.now());
    EXPECT_FALSE(replies.replies.empty());
    for (const auto& [node, answer] : replies.replies) {
      internal::v1::Reply reply;
      ASSERT_TRUE(reply.ParseFromString(answer)) << node;
      EXPECT_EQ(reply.error().code(), static_cast<int>(absl::StatusCode::kFailedPrecondition));
    }
  }
}

}  // namespace
}  // namespace sluice::control
