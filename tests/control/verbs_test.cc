// SPDX-License-Identifier: Apache-2.0
//
// Every verb on one node of two shards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "control/drain_verbs.h"
#include "control/listings.h"
#include "control/outcomes.h"
#include "control/queries.h"
#include "control/status.h"
#include "tests/control/cluster_world.h"

namespace sluice::control {
namespace {

using fakes::FakeClient;
using testing::ElementsAre;
using testing::IsEmpty;

struct VerbsTest : testing::Test {
  ClusterWorld world{2};
  // The second node of a cluster world has two shards; it is alone here.
  TestNode& node = world[1];
  std::unique_ptr<FakeClient> a, b, c;

  VerbsTest() {
    world.nodes.erase(world.nodes.begin());
    a = node.world.Connect("chat", "a", 0);
    b = node.world.Connect("chat", "b", 1);
    c = node.world.Connect("chat", "c", 0);
  }
  template <typename Verb>
  auto Ask(const typename Verb::Request& request) {
    return world.Ask<Verb>(0, request);
  }
  template <typename Verb>
  void Refused(const typename Verb::Request& request, std::string_view reason,
               std::string_view field) {
    auto answer = Ask<Verb>(request);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(ReasonOf(answer.status()), reason);
    EXPECT_EQ(FieldOf(answer.status()), field);
  }
  template <typename Request>
  static Request In(const std::string& space) {
    Request request;
    request.mutable_selector()->set_namespace_(space);
    return request;
  }
  std::vector<std::string> Members(const std::string& channel) {
    auto request = In<v1::ListConnectionsRequest>("chat");
    request.mutable_selector()->add_channels(channel);
    std::vector<std::string> ids;
    auto page = Ask<ListConnectionsVerb>(request);
    for (const auto& connection : page->connections()) ids.push_back(connection.id());
    return ids;
  }
};

TEST_F(VerbsTest, SendCountsAndDelivers) {
  auto request = In<v1::SendRequest>("chat");
  request.mutable_selector()->add_connection_ids("a");
  request.mutable_selector()->add_connection_ids("b");
  request.mutable_selector()->add_connection_ids("ghost");
  request.mutable_message()->set_event("news");
  request.mutable_message()->mutable_body()->set_json("[1]");
  auto answer = Ask<SendVerb>(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->outcome().matched(), 2);
  EXPECT_EQ(answer->outcome().enqueued(), 2);
  EXPECT_THAT(answer->outcome().not_found(), ElementsAre("ghost"));
  EXPECT_THAT(a->socket.Take(), ElementsAre("event news [1]"));
  EXPECT_THAT(b->socket.Take(), ElementsAre("event news [1]"));
  EXPECT_THAT(c->socket.Take(), IsEmpty());
  EXPECT_EQ(node.encodings.value(), 1);
}

TEST_F(VerbsTest, SendRefusesWhatIsNoMessage) {
  auto request = In<v1::SendRequest>("");
  Refused<SendVerb>(request, "NAMESPACE_INVALID", "selector.namespace");
  request = In<v1::SendRequest>("chat");
  Refused<SendVerb>(request, "MESSAGE_INVALID", "message.event");
  request.mutable_message()->set_event("e");
  request.mutable_message()->mutable_body()->set_json("{");
  Refused<SendVerb>(request, "MESSAGE_INVALID", "message.body");
  request.mutable_message()->mutable_body()->set_binary(std::string(2 << 20, 'x'));
  Refused<SendVerb>(request, "MESSAGE_TOO_LARGE", "message.body");
}

TEST_F(VerbsTest, JoinAndLeave) {
  auto join = In<v1::JoinRequest>("chat");
  Refused<JoinVerb>(join, "CHANNEL_INVALID", "channels");
  join.mutable_selector()->add_connection_ids("a");
  join.mutable_selector()->add_connection_ids("b");
  join.add_channels("lobby");
  EXPECT_EQ(Ask<JoinVerb>(join)->outcome().enqueued(), 2);
  EXPECT_EQ(Ask<JoinVerb>(join)->outcome().enqueued(), 0);
  EXPECT_THAT(Members("lobby"), ElementsAre("a", "b"));

  auto leave = In<v1::LeaveRequest>("chat");
  Refused<LeaveVerb>(leave, "CHANNEL_INVALID", "channels");
  leave.mutable_selector()->add_connection_ids("a");
  leave.add_channels("lobby");
  EXPECT_EQ(Ask<LeaveVerb>(leave)->outcome().enqueued(), 1);
  EXPECT_THAT(Members("lobby"), ElementsAre("b"));
}

TEST_F(VerbsTest, UpdateSetsUserAndLabels) {
  auto request = In<v1::UpdateConnectionsRequest>("chat");
  Refused<UpdateConnectionsVerb>(request, "UPDATE_INVALID", "user");
  request.mutable_selector()->add_connection_ids("a");
  request.set_user("alice");
  (*request.mutable_labels())["tier"] = "gold";
  EXPECT_EQ(Ask<UpdateConnectionsVerb>(request)->outcome().matched(), 1);
  v1::GetConnectionRequest get;
  get.set_namespace_("chat");
  get.set_connection_id("a");
  auto connection = Ask<GetConnectionVerb>(get);
  ASSERT_TRUE(connection.ok());
  EXPECT_EQ(connection->user(), "alice");
  EXPECT_EQ(connection->labels().at("tier"), "gold");
  EXPECT_EQ(connection->node(), "n2");
  EXPECT_EQ(connection->remote_address(), "192.0.2.1:5");
  EXPECT_TRUE(connection->has_connected_at());

  request.set_user(std::string(256, 'x'));
  Refused<UpdateConnectionsVerb>(request, "UPDATE_INVALID", "user");
  request.clear_user();
  (*request.mutable_labels())["long"] = std::string(256, 'x');
  Refused<UpdateConnectionsVerb>(request, "UPDATE_INVALID", "labels");
}

TEST_F(VerbsTest, AConnectionThatIsNotHere) {
  v1::GetConnectionRequest get;
  get.set_namespace_("chat");
  Refused<GetConnectionVerb>(get, "FIELD_INVALID", "connection_id");
  get.set_connection_id("ghost");
  auto connection = Ask<GetConnectionVerb>(get);
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(connection.status()), "CONNECTION_NOT_FOUND");
}

TEST_F(VerbsTest, DisconnectClosesOrOnlyCounts) {
  auto request = In<v1::DisconnectRequest>("chat");
  request.set_code(4001);
  request.set_reason("bye");
  request.set_validate_only(true);
  EXPECT_EQ(Ask<DisconnectVerb>(request)->outcome().matched(), 3);
  EXPECT_FALSE(a->socket.closed());
  request.set_validate_only(false);
  EXPECT_EQ(Ask<DisconnectVerb>(request)->outcome().enqueued(), 3);
  EXPECT_EQ(a->socket.closed(), (hub::CloseFrame{4001, "bye"}));
  request.set_code(1006);
  Refused<DisconnectVerb>(request, "CODE_INVALID", "code");
  request.set_code(1000);
  request.set_reason(std::string(124, 'x'));
  Refused<DisconnectVerb>(request, "REASON_TOO_LONG", "reason");
}

TEST_F(VerbsTest, CountIsTheDryRun) {
  auto request = In<v1::CountConnectionsRequest>("chat");
  EXPECT_EQ(Ask<CountConnectionsVerb>(request)->connections(), 3);
  request.mutable_selector()->mutable_except()->add_connection_ids("a");
  EXPECT_EQ(Ask<CountConnectionsVerb>(request)->connections(), 2);
  request.mutable_selector()->add_nodes("elsewhere");
  EXPECT_EQ(Ask<CountConnectionsVerb>(request)->connections(), 0);
}

TEST_F(VerbsTest, ConnectionsAPageAtATime) {
  auto request = In<v1::ListConnectionsRequest>("chat");
  request.set_page_size(2);
  auto first = Ask<ListConnectionsVerb>(request);
  ASSERT_EQ(first->connections_size(), 2);
  EXPECT_EQ(first->connections(0).id(), "a");
  EXPECT_EQ(first->connections(1).id(), "b");
  request.set_page_token(first->next_page_token());
  auto second = Ask<ListConnectionsVerb>(request);
  ASSERT_EQ(second->connections_size(), 1);
  EXPECT_EQ(second->connections(0).id(), "c");
  EXPECT_EQ(second->next_page_token(), "");

  request.mutable_selector()->add_user_ids("u");
  Refused<ListConnectionsVerb>(request, "PAGE_TOKEN_INVALID", "page_token");
  request.set_page_size(-1);
  Refused<ListConnectionsVerb>(request, "PAGE_SIZE_INVALID", "page_size");
}

TEST_F(VerbsTest, APageThatIsJustFullIsTheLast) {
  auto request = In<v1::ListConnectionsRequest>("chat");
  request.set_page_size(3);
  auto page = Ask<ListConnectionsVerb>(request);
  EXPECT_EQ(page->connections_size(), 3);
  EXPECT_EQ(page->next_page_token(), "");
}

TEST_F(VerbsTest, NamespacesAndChannels) {
  auto x = node.world.Connect("alpha", "x", 0);
  auto y = node.world.Connect("zeta", "y", 1);
  v1::ListNamespacesRequest spaces;
  spaces.set_page_size(2);
  auto page = Ask<ListNamespacesVerb>(spaces);
  ASSERT_EQ(page->namespaces_size(), 2);
  EXPECT_EQ(page->namespaces(0).name(), "alpha");
  EXPECT_EQ(page->namespaces(1).name(), "chat");
  EXPECT_EQ(page->namespaces(1).connections(), 3);
  spaces.set_page_token(page->next_page_token());
  page = Ask<ListNamespacesVerb>(spaces);
  ASSERT_EQ(page->namespaces_size(), 1);
  EXPECT_EQ(page->namespaces(0).name(), "zeta");
  EXPECT_EQ(page->next_page_token(), "");

  auto join = In<v1::JoinRequest>("chat");
  join.add_channels("lobby");
  join.add_channels("attic");
  ASSERT_TRUE(Ask<JoinVerb>(join).ok());
  v1::ListChannelsRequest channels;
  channels.set_namespace_("chat");
  auto listed = Ask<ListChannelsVerb>(channels);
  ASSERT_EQ(listed->channels_size(), 2);
  EXPECT_EQ(listed->channels(0).name(), "attic");
  EXPECT_EQ(listed->channels(0).connections(), 3);
  channels.set_page_token(page->next_page_token() + "x");
  Refused<ListChannelsVerb>(channels, "PAGE_TOKEN_INVALID", "page_token");
  channels.set_namespace_("");
  Refused<ListChannelsVerb>(channels, "NAMESPACE_INVALID", "namespace");
}

TEST_F(VerbsTest, Methods) {
  auto worker = node.world.Serve("chat", "sum");
  v1::ListMethodsRequest request;
  request.set_namespace_("chat");
  auto methods = Ask<ListMethodsVerb>(request);
  ASSERT_EQ(methods->methods_size(), 1);
  EXPECT_EQ(methods->methods(0).name(), "sum");
  EXPECT_THAT(methods->methods(0).workers(), ElementsAre("w"));
  request.set_namespace_("");
  Refused<ListMethodsVerb>(request, "NAMESPACE_INVALID", "namespace");
}

// Whoever makes tokens up may guess the rest of one.
TEST_F(VerbsTest, MethodsPages) {
  for (const char* name : {"a", "b", "c"}) node.world.Serve("chat", name);
  v1::ListMethodsRequest request;
  request.set_namespace_("chat");
  request.set_page_size(2);
  auto page = Ask<ListMethodsVerb>(request);
  ASSERT_EQ(page->methods_size(), 2);
  request.set_page_token(page->next_page_token());
  page = Ask<ListMethodsVerb>(request);
  ASSERT_EQ(page->methods_size(), 1);
  EXPECT_EQ(page->methods(0).name(), "c");
  EXPECT_EQ(page->next_page_token(), "");

  std::string token;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(request.page_token(), &token));
  token.replace(token.size() - 2, 2, "zz");
  absl::WebSafeBase64Escape(token, &token);
  request.set_page_token(token);
  Refused<ListMethodsVerb>(request, "PAGE_TOKEN_INVALID", "page_token");
}

TEST_F(VerbsTest, ADrainFromStartToEnd) {
  auto request = In<v1::StartDrainRequest>("chat");
  request.set_drain_id("d1");
  request.set_per_second(10);
  auto drain = world.StartDrain(0, request);
  ASSERT_TRUE(drain.ok()) << drain.status();
  EXPECT_EQ(drain->id(), "d1");
  EXPECT_EQ(drain->state(), v1::Drain::STATE_RUNNING);
  EXPECT_EQ(drain->matched(), 3);
  EXPECT_EQ(drain->selector().namespace_(), "chat");
  EXPECT_EQ(drain->per_second(), 10);

  auto again = world.StartDrain(0, request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->matched(), 3);
  request.set_per_second(11);
  EXPECT_EQ(ReasonOf(world.StartDrain(0, request).status()), "DRAIN_ID_TAKEN");

  v1::GetDrainRequest get;
  get.set_drain_id("d1");
  for (int i = 0; i < 100; ++i) {
    world.Pass(absl::Milliseconds(50));
    if (Ask<GetDrainVerb>(get)->state() == v1::Drain::STATE_DONE) break;
  }
  auto ended = Ask<GetDrainVerb>(get);
  EXPECT_EQ(ended->state(), v1::Drain::STATE_DONE);
  EXPECT_EQ(ended->closed(), 3);
  EXPECT_EQ(ended->remaining(), 0);
  EXPECT_TRUE(ended->has_ended_at());
  EXPECT_TRUE(a->socket.closed());
  v1::PauseDrainRequest pause;
  pause.set_drain_id("d1");
  Refused<PauseDrainVerb>(pause, "DRAIN_ENDED", "drain_id");
}

TEST_F(VerbsTest, ADrainIsPausedResumedAndCancelled) {
  auto request = In<v1::StartDrainRequest>("chat");
  request.set_per_second(1);
  auto drain = world.StartDrain(0, request);
  ASSERT_TRUE(drain.ok());
  EXPECT_EQ(drain->id().substr(0, 6), "drain-");
  v1::PauseDrainRequest pause;
  pause.set_drain_id(drain->id());
  EXPECT_EQ(Ask<PauseDrainVerb>(pause)->state(), v1::Drain::STATE_PAUSED);
  EXPECT_EQ(Ask<PauseDrainVerb>(pause)->state(), v1::Drain::STATE_PAUSED);
  v1::ResumeDrainRequest resume;
  resume.set_drain_id(drain->id());
  EXPECT_EQ(Ask<ResumeDrainVerb>(resume)->state(), v1::Drain::STATE_RUNNING);
  v1::CancelDrainRequest cancel;
  cancel.set_drain_id(drain->id());
  EXPECT_EQ(Ask<CancelDrainVerb>(cancel)->state(), v1::Drain::STATE_CANCELLED);
  Refused<CancelDrainVerb>(cancel, "DRAIN_ENDED", "drain_id");
}

TEST_F(VerbsTest, DrainsThatAreNotThere) {
  v1::GetDrainRequest get;
  get.set_drain_id("ghost");
  Refused<GetDrainVerb>(get, "DRAIN_NOT_FOUND", "drain_id");
  v1::CancelDrainRequest cancel;
  Refused<CancelDrainVerb>(cancel, "DRAIN_NOT_FOUND", "drain_id");
}

TEST_F(VerbsTest, DrainRequestsThatAreWrong) {
  auto refused = [&](const v1::StartDrainRequest& request, std::string_view reason) {
    EXPECT_EQ(ReasonOf(world.StartDrain(0, request).status()), reason);
  };
  auto request = In<v1::StartDrainRequest>("chat");
  refused(request, "PACE_INVALID");
  request.set_per_second(100001);
  refused(request, "PACE_INVALID");
  request.set_per_second(1);
  request.set_jitter_percent(101);
  refused(request, "JITTER_INVALID");
  request.set_jitter_percent(0);
  request.set_drain_id("Upper");
  refused(request, "FIELD_INVALID");
  request.set_drain_id(std::string(64, 'x'));
  refused(request, "FIELD_INVALID");
  request.set_drain_id("x");
  request.set_code(5);
  refused(request, "CODE_INVALID");
  request.set_code(0);
  request.set_refuse_new(true);
  request.mutable_selector()->add_user_ids("u");
  refused(request, "REFUSE_NEEDS_WHOLE_NAMESPACE");
}

TEST_F(VerbsTest, ADrainThatOnlyCounts) {
  auto request = In<v1::StartDrainRequest>("chat");
  request.set_per_second(1);
  request.set_validate_only(true);
  auto drain = world.StartDrain(0, request);
  ASSERT_TRUE(drain.ok());
  EXPECT_EQ(drain->matched(), 3);
  EXPECT_EQ(drain->state(), v1::Drain::STATE_UNSPECIFIED);
  EXPECT_EQ(node.drains.running(), 0);
}

}  // namespace
}  // namespace sluice::control
