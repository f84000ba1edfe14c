// SPDX-License-Identifier: Apache-2.0
//
// Service Control as a backend sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "tests/control/live_node.h"

namespace sluice::control {
namespace {

using fakes::FakeClient;
using testing::ElementsAre;

struct ServiceTest : testing::Test {
  LiveNode node;
  FakeClient* a = node.Client("chat", "a", 0);
  FakeClient* b = node.Client("chat", "b", 1);
  grpc::ClientContext context;

  template <typename Request>
  static Request InChat() {
    Request request;
    request.mutable_selector()->set_namespace_("chat");
    return request;
  }
  // A unary rpc with a context of its own.
  template <typename Response, typename Method, typename Request>
  std::pair<grpc::Status, Response> Call(Method method, const Request& request) {
    grpc::ClientContext own;
    std::pair<grpc::Status, Response> result;
    result.first = (node.control.get()->*method)(&own, request, &result.second);
    return result;
  }
  using Stub = v1::Control::Stub;
};

TEST_F(ServiceTest, Send) {
  auto request = InChat<v1::SendRequest>();
  request.mutable_message()->set_event("e");
  request.mutable_message()->mutable_body()->set_json("1");
  auto [status, response] = Call<v1::SendResponse>(&Stub::Send, request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.outcome().enqueued(), 2);
  EXPECT_EQ(node.Next(*a), "event e 1");
}

TEST_F(ServiceTest, AnErrorHasACodeAReasonAndAField) {
  v1::SendRequest request;
  auto [status, response] = Call<v1::SendResponse>(&Stub::Send, request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), 3);
  EXPECT_EQ(details.message(), status.error_message());
  EXPECT_EQ(ReasonOf(FromProto(details)), "NAMESPACE_INVALID");
  EXPECT_EQ(FieldOf(FromProto(details)), "selector.namespace");
}

TEST_F(ServiceTest, JoinLeaveUpdateDisconnect) {
  auto join = InChat<v1::JoinRequest>();
  join.add_channels("lobby");
  EXPECT_EQ(Call<v1::JoinResponse>(&Stub::Join, join).second.outcome().enqueued(), 2);
  auto leave = InChat<v1::LeaveRequest>();
  leave.add_channels("lobby");
  EXPECT_EQ(Call<v1::LeaveResponse>(&Stub::Leave, leave).second.outcome().enqueued(), 2);
  auto update = InChat<v1::UpdateConnectionsRequest>();
  update.set_user("u");
  EXPECT_EQ(Call<v1::UpdateConnectionsResponse>(&Stub::UpdateConnections, update)
                .second.outcome()
                .matched(),
            2);
  auto disconnect = InChat<v1::DisconnectRequest>();
  EXPECT_EQ(Call<v1::DisconnectResponse>(&Stub::Disconnect, disconnect).second.outcome().enqueued(),
            2);
  EXPECT_TRUE(node.Do([&](auto&) { return a->socket.closed().has_value(); }));
}

TEST_F(ServiceTest, Queries) {
  v1::GetConnectionRequest get;
  get.set_namespace_("chat");
  get.set_connection_id("b");
  EXPECT_EQ(Call<v1::Connection>(&Stub::GetConnection, get).second.id(), "b");
  get.set_connection_id("ghost");
  auto missing = Call<v1::Connection>(&Stub::GetConnection, get).first;
  EXPECT_EQ(missing.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Reason(missing), "CONNECTION_NOT_FOUND");
  get.clear_connection_id();
  EXPECT_EQ(Reason(Call<v1::Connection>(&Stub::GetConnection, get).first), "FIELD_INVALID");

  auto list = InChat<v1::ListConnectionsRequest>();
  EXPECT_EQ(
      Call<v1::ListConnectionsResponse>(&Stub::ListConnections, list).second.connections_size(), 2);
  auto count = InChat<v1::CountConnectionsRequest>();
  EXPECT_EQ(Call<v1::CountConnectionsResponse>(&Stub::CountConnections, count).second.connections(),
            2);
  EXPECT_EQ(Call<v1::ListNamespacesResponse>(&Stub::ListNamespaces, v1::ListNamespacesRequest())
                .second.namespaces_size(),
            1);
  v1::ListChannelsRequest channels;
  channels.set_namespace_("chat");
  EXPECT_TRUE(Call<v1::ListChannelsResponse>(&Stub::ListChannels, channels).first.ok());
  v1::ListMethodsRequest methods;
  methods.set_namespace_("chat");
  EXPECT_TRUE(Call<v1::ListMethodsResponse>(&Stub::ListMethods, methods).first.ok());
}

TEST_F(ServiceTest, CallStreamsAnswersThenTheOutcome) {
  auto request = InChat<v1::CallRequest>();
  request.set_method("mood");
  request.mutable_params()->set_json("[]");
  auto stream = node.control->Call(&context, request);
  EXPECT_EQ(node.Next(*a), "ask 1 mood []");
  node.Say(*a, "answer - 1 \"fine\"");
  v1::CallResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.answer().connection_id(), "a");
  EXPECT_EQ(response.answer().result().json(), "\"fine\"");
  node.Do([&](auto& w) { w.Vanish(*b); });
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.answer().disconnected());
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.outcome().enqueued(), 2);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(ServiceTest, CallOfNobodyEndsAtOnce) {
  v1::CallRequest request;
  request.mutable_selector()->set_namespace_("empty");
  request.set_method("m");
  auto stream = node.control->Call(&context, request);
  v1::CallResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.outcome().matched(), 0);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(ServiceTest, CallTimesOut) {
  auto request = InChat<v1::CallRequest>();
  request.mutable_selector()->add_connection_ids("a");
  request.set_method("m");
  request.mutable_timeout()->set_nanos(1'000'000);
  auto stream = node.control->Call(&context, request);
  v1::CallResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.answer().timed_out());
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(ServiceTest, ACancelledCallIsForgotten) {
  auto request = InChat<v1::CallRequest>();
  request.set_method("m");
  auto stream = node.control->Call(&context, request);
  auto asks = [](fakes::HubWorld& w) { return w.shard(0).requests() + w.shard(1).requests(); };
  ASSERT_TRUE(node.Wait([&](auto& w) { return asks(w) == 2; }));
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(node.Wait([&](auto& w) { return asks(w) == 0; }));
  EXPECT_TRUE(node.Wait([&](auto&) { return node.probe.under_way.value() == 0; }));
}

TEST_F(ServiceTest, ACallersDeadlineForgetsToo) {
  auto request = InChat<v1::CallRequest>();
  request.set_method("m");
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
  auto stream = node.control->Call(&context, request);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(
      node.Wait([&](auto& w) { return w.shard(0).requests() + w.shard(1).requests() == 0; }));
}

TEST_F(ServiceTest, CallRefusals) {
  auto request = InChat<v1::CallRequest>();
  auto stream = node.control->Call(&context, request);
  EXPECT_EQ(Reason(stream->Finish()), "METHOD_INVALID");
}

TEST_F(ServiceTest, ADrainIsWatchedToItsEnd) {
  auto request = InChat<v1::StartDrainRequest>();
  request.set_drain_id("d");
  request.set_per_second(20);
  auto [status, drain] = Call<v1::Drain>(&Stub::StartDrain, request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(drain.matched(), 2);
  v1::WatchDrainRequest watch;
  watch.set_drain_id("d");
  auto stream = node.control->WatchDrain(&context, watch);
  v1::Drain last;
  v1::Drain state;
  int seen = 0;
  while (stream->Read(&state)) {
    last = state;
    ++seen;
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_GE(seen, 1);
  EXPECT_EQ(last.state(), v1::Drain::STATE_DONE);
  EXPECT_EQ(last.closed(), 2);
}

TEST_F(ServiceTest, DrainVerbs) {
  auto request = InChat<v1::StartDrainRequest>();
  request.set_drain_id("d");
  request.set_per_second(1);
  ASSERT_TRUE(Call<v1::Drain>(&Stub::StartDrain, request).first.ok());
  v1::PauseDrainRequest pause;
  pause.set_drain_id("d");
  EXPECT_EQ(Call<v1::Drain>(&Stub::PauseDrain, pause).second.state(), v1::Drain::STATE_PAUSED);
  v1::ResumeDrainRequest resume;
  resume.set_drain_id("d");
  EXPECT_EQ(Call<v1::Drain>(&Stub::ResumeDrain, resume).second.state(), v1::Drain::STATE_RUNNING);
  v1::CancelDrainRequest cancel;
  cancel.set_drain_id("d");
  EXPECT_EQ(Call<v1::Drain>(&Stub::CancelDrain, cancel).second.state(), v1::Drain::STATE_CANCELLED);
  EXPECT_EQ(Reason(Call<v1::Drain>(&Stub::CancelDrain, cancel).first), "DRAIN_ENDED");
  v1::GetDrainRequest get;
  get.set_drain_id("d");
  EXPECT_EQ(Call<v1::Drain>(&Stub::GetDrain, get).second.state(), v1::Drain::STATE_CANCELLED);
}

TEST_F(ServiceTest, WatchingADrainThatIsNotThere) {
  v1::WatchDrainRequest watch;
  watch.set_drain_id("ghost");
  auto status = node.control->WatchDrain(&context, watch)->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Reason(status), "DRAIN_NOT_FOUND");
}

TEST(DrainNamesake, IsNotShownToWhoWatchesTheFirst) {
  LiveOptions options;
  options.limits.drains_max = 1;
  LiveNode node(options);
  v1::StartDrainRequest start;
  start.mutable_selector()->set_namespace_("chat");
  start.set_drain_id("d");
  start.set_per_second(1);
  node.Clients("chat", 3);
  grpc::ClientContext start_context, context;
  v1::Drain drain;
  ASSERT_TRUE(node.control->StartDrain(&start_context, start, &drain).ok());
  v1::WatchDrainRequest watch;
  watch.set_drain_id("d");
  auto stream = node.control->WatchDrain(&context, watch);
  ASSERT_TRUE(stream->Read(&drain));
  // Between two looks of the watcher.
  absl::Notification replaced;
  node.world.home.Post([&](Now now) {
    auto replace = [&](const std::string& from, const std::string& to) {
      EXPECT_TRUE(node.book.Cancel(from, now).ok());
      start.set_drain_id(to);
      start.set_jitter_percent(1);
      hub::DrainPlan plan;
      plan.selector.space = "chat";
      node.book.Select(start, std::move(plan), absl::Hours(1), now, [](auto) {});
    };
    replace("d", "e");
    replace("e", "d");
    replaced.Notify();
  });
  replaced.WaitForNotification();
  const std::string seen = drain.started_at().SerializeAsString();
  while (stream->Read(&drain)) EXPECT_EQ(drain.started_at().SerializeAsString(), seen);
  EXPECT_EQ(Reason(stream->Finish()), "DRAIN_NOT_FOUND");
}

TEST_F(ServiceTest, ADrainsWatcherMayLeave) {
  auto request = InChat<v1::StartDrainRequest>();
  request.set_drain_id("d");
  request.set_per_second(1);
  ASSERT_TRUE(Call<v1::Drain>(&Stub::StartDrain, request).first.ok());
  v1::PauseDrainRequest pause;
  pause.set_drain_id("d");
  ASSERT_TRUE(Call<v1::Drain>(&Stub::PauseDrain, pause).first.ok());
  v1::WatchDrainRequest watch;
  watch.set_drain_id("d");
  auto stream = node.control->WatchDrain(&context, watch);
  v1::Drain drain;
  ASSERT_TRUE(stream->Read(&drain));
  context.TryCancel();
  EXPECT_FALSE(stream->Finish().ok());
  EXPECT_TRUE(node.Wait([&](auto&) { return node.probe.drain_watchers.value() == 0; }));
}

TEST_F(ServiceTest, EventsComeInOrderBehindAPosition) {
  v1::WatchEventsRequest request;
  request.set_namespace_("chat");
  request.add_types(v1::ConnectionEvent::TYPE_JOINED);
  auto stream = node.control->WatchEvents(&context, request);
  v1::WatchEventsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.events_size(), 0);
  EXPECT_EQ(response.position().epoch(), "epoch-1");
  EXPECT_EQ(response.node(), "n1");
  auto join = InChat<v1::JoinRequest>();
  join.mutable_selector()->add_connection_ids("a");
  join.add_channels("one");
  join.add_channels("two");
  ASSERT_TRUE(Call<v1::JoinResponse>(&Stub::Join, join).first.ok());
  std::vector<std::string> channels;
  uint64_t last = response.position().sequence();
  while (channels.size() < 2 && stream->Read(&response)) {
    for (const auto& event : response.events()) {
      EXPECT_GT(event.sequence(), last);
      last = event.sequence();
      EXPECT_EQ(event.connection_id(), "a");
      channels.push_back(event.channel());
    }
  }
  EXPECT_THAT(channels, ElementsAre("one", "two"));
  context.TryCancel();
  EXPECT_TRUE(node.Wait([&](auto&) { return node.events.watchers() == 0; }));
}

TEST_F(ServiceTest, EventsGoOnWhereTheyStopped) {
  ASSERT_TRUE(node.Wait([&](auto&) { return node.events.position() >= 2; }));
  v1::WatchEventsRequest request;
  request.add_after()->set_epoch("epoch-1");
  request.mutable_after(0)->set_sequence(1);
  auto stream = node.control->WatchEvents(&context, request);
  v1::WatchEventsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.position().sequence(), 1);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.events(0).sequence(), 2);
  EXPECT_EQ(response.events(0).type(), v1::ConnectionEvent::TYPE_OPENED);
}

TEST_F(ServiceTest, EventsThatAreGone) {
  v1::WatchEventsRequest request;
  request.add_after()->set_epoch("another");
  auto status = node.control->WatchEvents(&context, request)->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(Reason(status), "EVENTS_GONE");
  grpc::ClientContext second;
  request.mutable_after(0)->set_epoch("epoch-1");
  request.mutable_after(0)->set_sequence(999);
  EXPECT_EQ(Reason(node.control->WatchEvents(&second, request)->Finish()), "EVENTS_GONE");
  grpc::ClientContext third;
  request.clear_after();
  request.add_types(v1::ConnectionEvent::TYPE_UNSPECIFIED);
  EXPECT_EQ(Reason(node.control->WatchEvents(&third, request)->Finish()), "TYPE_INVALID");
}

TEST(ServiceBoundsTest, WatchersAndLosses) {
  LiveOptions options;
  options.events = {.kept = 4, .watchers_max = 1};
  LiveNode node(options);
  grpc::ClientContext context;
  auto stream = node.control->WatchEvents(&context, {});
  v1::WatchEventsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  grpc::ClientContext second;
  auto refused = node.control->WatchEvents(&second, {})->Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Reason(refused), "WATCHERS_EXHAUSTED");
  // More at once than the log keeps: the oldest are lost, and counted.
  node.Clients("chat", 10);
  uint64_t seen = 0, lost = 0;
  while (seen + lost < 10 && stream->Read(&response)) {
    seen += response.events_size();
    lost += response.lost();
  }
  EXPECT_EQ(seen + lost, 10);
  EXPECT_GT(lost, 0);
  EXPECT_EQ(node.probe.events_lost.value(), lost);
}

TEST(ServiceBoundsTest, ACallerThatDoesNotReadItsAnswers) {
  LiveOptions options;
  options.limits.call_queue_bytes = 1000;
  LiveNode node(options);
  std::vector<FakeClient*> clients = node.Clients("chat", 20);
  v1::CallRequest request;
  request.mutable_selector()->set_namespace_("chat");
  request.set_method("m");
  grpc::ClientContext context;
  auto stream = node.control->Call(&context, request);
  for (auto& client : clients) EXPECT_EQ(node.Next(*client), "ask 1 m ");
  std::string large = "\"" + std::string(200'000, 'x') + "\"";
  node.Do([&](fakes::HubWorld& w) {
    for (auto& client : clients) w.Say(*client, "answer - 1 " + large);
  });
  ASSERT_TRUE(node.Wait([&](auto&) { return node.probe.call_overflows.value() == 1; }));
  v1::CallResponse response;
  while (stream->Read(&response)) {
  }
  grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Reason(status), "CALLER_TOO_SLOW");
}

TEST(ServiceBoundsTest, MessagesThatAreTooLarge) {
  LiveOptions options;
  options.limits.request_bytes = 100'000;
  LiveNode node(options);
  v1::SendRequest request;
  request.mutable_message()->mutable_body()->set_binary(std::string(200'000, 'x'));
  grpc::ClientContext context;
  v1::SendResponse response;
  grpc::Status status = node.control->Send(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Reason(status), "REQUEST_TOO_LARGE");
  EXPECT_EQ(node.probe.requests_too_large.value(), 1);
}

}  // namespace
}  // namespace sluice::control
