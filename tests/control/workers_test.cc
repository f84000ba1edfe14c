// SPDX-License-Identifier: Apache-2.0
//
// Service Workers as a worker sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/views.h"
#include "tests/control/live_node.h"

namespace sluice::control {
namespace {

using fakes::FakeClient;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// One worker's end of a stream.
class Worker {
 public:
  explicit Worker(LiveNode& node) : stream_(node.workers->Serve(&context_)) {}

  bool Write(const v1::ServeRequest& request) { return stream_->Write(request); }
  void Hello(uint32_t credit = 10, const std::string& name = "w1") {
    v1::ServeRequest request;
    request.mutable_hello()->set_worker(name);
    request.mutable_hello()->set_credit(credit);
    Write(request);
  }
  v1::Welcome Welcomed() {
    Gather([](const v1::ServeResponse& got) { return got.has_welcome(); });
    return got_.welcome();
  }
  // Registers methods in "chat" and waits for the answer.
  v1::Registered Register(const std::vector<std::string>& methods) {
    v1::ServeRequest request;
    auto* message = request.add_registers();
    message->set_id(7);
    message->set_namespace_("chat");
    for (const std::string& method : methods) message->add_methods()->set_name(method);
    return Register(request);
  }
  v1::Registered Register(const v1::ServeRequest& request) {
    int before = got_.registered_size();
    Write(request);
    Gather([&](const auto& got) { return got.registered_size() > before; });
    return got_.registered_size() > before ? got_.registered(before) : v1::Registered();
  }
  // The `n`th invocation of the stream's life.
  v1::Invocation Invoked(int n) {
    Gather([&](const auto& got) { return got.invocations_size() > n; });
    return got_.invocations_size() > n ? got_.invocations(n) : v1::Invocation();
  }
  void Answer(uint64_t id, const std::string& json) {
    v1::ServeRequest request;
    auto* result = request.add_results();
    result->set_id(id);
    result->mutable_result()->set_json(json);
    Write(request);
  }
  uint64_t Cancelled() {
    Gather([](const auto& got) { return got.cancelled_size() > 0; });
    return got_.cancelled_size() > 0 ? got_.cancelled(0) : 0;
  }
  // The first `count` ids that the gateway did not know.
  std::vector<uint64_t> Unknown(int count) {
    Gather([&](const auto& got) { return got.unknown_size() >= count; });
    return {got_.unknown().begin(), got_.unknown().end()};
  }
  void HalfClose() { stream_->WritesDone(); }
  void Kill() { context_.TryCancel(); }
  grpc::Status Finish() {
    v1::ServeResponse rest;
    while (stream_->Read(&rest)) got_.MergeFrom(rest);
    return stream_->Finish();
  }
  const v1::ServeResponse& got() const { return got_; }

 private:
  template <typename Enough>
  void Gather(Enough enough) {
    v1::ServeResponse response;
    while (!enough(got_) && stream_->Read(&response)) got_.MergeFrom(response);
  }

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ServeRequest, v1::ServeResponse>> stream_;
  v1::ServeResponse got_;  // everything so far
};

struct WorkersTest : testing::Test {
  LiveNode node;
  FakeClient* client = node.Client("chat", "a", 1);
};

TEST_F(WorkersTest, HelloIsWelcomed) {
  Worker worker(node);
  worker.Hello(1'000'000);
  v1::Welcome welcome = worker.Welcomed();
  EXPECT_EQ(welcome.node(), "n1");
  EXPECT_EQ(welcome.epoch(), "epoch-1");
  EXPECT_EQ(welcome.credit(), 10'000) << "more than --worker-credit-max is lowered to it";
  EXPECT_EQ(node.probe.workers.value(), 1);
}

TEST_F(WorkersTest, ACallGoesToTheWorkerAndItsResultToTheClient) {
  Worker worker(node);
  worker.Hello();
  EXPECT_EQ(worker.Register({"sum"}).refused_reason(), "");
  node.Say(*client, "call 1 sum [1,2]");
  v1::Invocation invocation = worker.Invoked(0);
  EXPECT_EQ(invocation.call().method(), "sum");
  EXPECT_EQ(invocation.call().params().json(), "[1,2]");
  EXPECT_TRUE(invocation.has_deadline());
  worker.Answer(invocation.id(), "3");
  EXPECT_EQ(node.Next(*client), "ok 1 3");
  EXPECT_EQ(node.probe.invocations.value(), 1);
  EXPECT_EQ(node.probe.results.value(), 1);
}

TEST_F(WorkersTest, TheContextIsWhatWasAskedFor) {
  Worker worker(node);
  worker.Hello();
  v1::ServeRequest request;
  auto* message = request.add_registers();
  message->set_namespace_("chat");
  message->add_methods()->set_name("m");
  message->add_context(v1::CONTEXT_FIELD_CONNECTION);
  message->add_context(v1::CONTEXT_FIELD_HEADERS);
  message->add_header_names("Cookie");
  worker.Register(request);
  node.Say(*client, "call 1 m []");
  v1::Context context = worker.Invoked(0).context();
  EXPECT_EQ(context.connection_id(), "a");
  EXPECT_EQ(context.headers().at("cookie"), "c=1");
  EXPECT_EQ(context.namespace_(), "");
  EXPECT_EQ(context.remote_address(), "");
}

TEST_F(WorkersTest, CreditBoundsWhatIsUnderWay) {
  Worker worker(node);
  worker.Hello(2);
  worker.Register({"m"});
  for (int i = 1; i <= 5; ++i) node.Say(*client, "call " + std::to_string(i) + " m []");
  uint64_t first = worker.Invoked(0).id();
  worker.Invoked(1);
  EXPECT_EQ(node.probe.invocations.value(), 2);
  worker.Answer(first, "1");
  worker.Invoked(2);
  EXPECT_EQ(node.probe.invocations.value(), 3);
  v1::ServeRequest more;
  more.set_add_credit(2);
  worker.Write(more);
  worker.Invoked(4);
  EXPECT_EQ(node.probe.invocations.value(), 5);
}

TEST_F(WorkersTest, AWorkerThatDiesFailsItsCallsAndTakesItsMethodsAlong) {
  auto worker = std::make_unique<Worker>(node);
  worker->Hello();
  worker->Register({"m"});
  node.Say(*client, "call 1 m []");
  worker->Invoked(0);
  worker->Kill();
  EXPECT_EQ(node.Next(*client), "err 1 worker_lost");
  EXPECT_EQ(worker->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(node.Wait([&](auto&) { return node.probe.workers.value() == 0; }));
  node.Say(*client, "call 2 m []");
  EXPECT_THAT(node.Do([&](auto& w) { return w.Say(*client, "call 3 m []"); }),
              ElementsAre("err 3 unavailable"));
}

TEST_F(WorkersTest, ACallThatNobodyWaitsForIsCancelled) {
  Worker worker(node);
  worker.Hello();
  worker.Register({"m"});
  node.Say(*client, "call 1 m []");
  uint64_t id = worker.Invoked(0).id();
  node.Do([&](auto& w) { w.Vanish(*client); });
  EXPECT_EQ(worker.Cancelled(), id);
  worker.Answer(id, "1");
  EXPECT_TRUE(node.Wait([&](auto&) { return node.probe.results.value() == 1; }));
}

TEST_F(WorkersTest, ResultsThatAreNotOwedAreCountedAndTold) {
  Worker worker(node);
  worker.Hello();
  worker.Register({"m"});
  worker.Answer(12345, "1");
  worker.Answer(0, "1");
  node.Say(*client, "call 1 m []");
  uint64_t id = worker.Invoked(0).id();
  worker.Answer(id, "1");
  worker.Answer(id, "2");
  EXPECT_TRUE(node.Wait([&](auto&) { return node.probe.results_unknown.value() == 3; }));
  EXPECT_EQ(node.Next(*client), "ok 1 1");
  EXPECT_THAT(worker.Unknown(3), ElementsAre(12345, 0, id));
}

// Client libraries read 64-bit integers as doubles, which are whole up to 2^53.
TEST(WorkerIdsTest, AreSmallOnEveryShard) {
  LiveOptions options;
  options.shards = 4;
  LiveNode node(options);
  Worker worker(node);
  worker.Hello();
  worker.Register({"m"});
  for (uint32_t shard = 0; shard < 4; ++shard) {
    FakeClient* client = node.Client("chat", "c" + std::to_string(shard), shard);
    node.Say(*client, "call 1 m []");
    uint64_t id = worker.Invoked(static_cast<int>(shard)).id();
    EXPECT_LT(id, uint64_t{1} << 53);
    worker.Answer(static_cast<uint64_t>(static_cast<double>(id)), "2");
    EXPECT_EQ(node.Next(*client), "ok 1 2");
  }
  EXPECT_EQ(node.probe.results_unknown.value(), 0);
}

TEST_F(WorkersTest, AWorkerCannotAnswerForAnother) {
  Worker honest(node), other(node);
  honest.Hello();
  other.Hello(10, "w2");
  honest.Register({"m"});
  other.Welcomed();
  node.Say(*client, "call 1 m []");
  uint64_t id = honest.Invoked(0).id();
  other.Answer(id, "\"stolen\"");
  EXPECT_TRUE(node.Wait([&](auto&) { return node.probe.results_unknown.value() == 1; }));
  honest.Answer(id, "\"right\"");
  EXPECT_EQ(node.Next(*client), "ok 1 \"right\"");
}

TEST_F(WorkersTest, ResultsThatAreNoneBecomeErrors) {
  Worker worker(node);
  worker.Hello();
  worker.Register({"m"});
  node.Say(*client, "call 1 m []");
  worker.Answer(worker.Invoked(0).id(), "[");
  EXPECT_EQ(node.Next(*client), "err 1 application");
  EXPECT_EQ(node.probe.results_invalid.value(), 1);
}

TEST_F(WorkersTest, RefusalsLeaveTheStreamAlive) {
  Worker worker(node);
  worker.Hello();
  v1::Registered refused = worker.Register({"rpc.x"});
  EXPECT_EQ(refused.id(), 7);
  EXPECT_EQ(refused.refused_reason(), "NAME_RESERVED");
  EXPECT_NE(refused.refused_message(), "");
  EXPECT_EQ(node.probe.registrations_refused.value(), 1);
  EXPECT_EQ(worker.Register({"ok"}).refused_reason(), "");
}

TEST_F(WorkersTest, AnswersComeInTheOrderOfTheMessages) {
  Worker worker(node);
  worker.Hello();
  v1::ServeRequest request;
  for (uint64_t id = 1; id <= 4; ++id) {
    auto* message = request.add_registers();
    message->set_id(id);
    message->set_namespace_(id % 2 ? "chat" : "");
  }
  auto* last = request.add_deregisters();
  last->set_id(5);
  last->set_namespace_("chat");
  worker.Register(request);
  std::vector<std::string> answers;
  while (worker.got().registered_size() < 5) worker.Register(v1::ServeRequest());
  for (int i = 0; i < 5; ++i) {
    answers.push_back(std::to_string(worker.got().registered(i).id()) +
                      worker.got().registered(i).refused_reason());
  }
  EXPECT_THAT(answers, ElementsAre("1", "2NAMESPACE_INVALID", "3", "4NAMESPACE_INVALID", "5"));
}

TEST_F(WorkersTest, DeregisteringTakesMethodsAway) {
  Worker worker(node);
  worker.Hello();
  worker.Register({"m", "n"});
  v1::ServeRequest request;
  auto* message = request.add_deregisters();
  message->set_namespace_("chat");
  message->add_methods("m");
  worker.Register(request);
  EXPECT_THAT(node.Say(*client, "call 1 m []"), ElementsAre("err 1 method_not_found"));
  node.Say(*client, "call 2 n []");
  EXPECT_EQ(worker.Invoked(0).call().method(), "n");
}

TEST_F(WorkersTest, GoodbyeLetsItFinish) {
  Worker worker(node);
  worker.Hello();
  worker.Register({"m"});
  node.Say(*client, "call 1 m []");
  uint64_t id = worker.Invoked(0).id();
  v1::ServeRequest goodbye;
  goodbye.mutable_goodbye();
  worker.Write(goodbye);
  ASSERT_TRUE(node.Wait(
      [&](auto& w) { return w.shard(1).views().Methods("chat").methods.at(0).workers.empty(); }));
  EXPECT_THAT(node.Say(*client, "call 2 m []"), ElementsAre("err 2 unavailable"));
  worker.Answer(id, "\"last\"");
  EXPECT_TRUE(worker.Finish().ok());
  EXPECT_EQ(node.Next(*client), "ok 1 \"last\"");
}

TEST_F(WorkersTest, HalfCloseEndsTheStream) {
  Worker worker(node);
  worker.Hello();
  worker.Register({"m"});
  node.Say(*client, "call 1 m []");
  worker.Invoked(0);
  worker.HalfClose();
  EXPECT_TRUE(worker.Finish().ok());
  EXPECT_EQ(node.Next(*client), "err 1 worker_lost");
}

TEST_F(WorkersTest, BadBeginnings) {
  auto ends = [&](const v1::ServeRequest& first, const std::string& reason) {
    Worker worker(node);
    worker.Write(first);
    grpc::Status status = worker.Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << reason;
    EXPECT_EQ(Reason(status), reason);
  };
  v1::ServeRequest request;
  ends(request, "HELLO_EXPECTED");
  request.set_add_credit(5);
  ends(request, "HELLO_EXPECTED");
  request.mutable_hello();
  ends(request, "MALFORMED");
  request.mutable_hello()->set_worker("w");
  ends(request, "MALFORMED");
  request.mutable_hello()->set_credit(1);
  request.mutable_hello()->set_worker(std::string(256, 'w'));
  ends(request, "MALFORMED");
}

TEST_F(WorkersTest, HelloTwice) {
  Worker worker(node);
  worker.Hello();
  worker.Welcomed();
  worker.Hello();
  EXPECT_EQ(Reason(worker.Finish()), "MALFORMED");
}

TEST_F(WorkersTest, DrainingEndsStreamsAndRefusesNewOnes) {
  Worker worker(node);
  worker.Hello();
  worker.Register({"m"});
  node.server->DrainWorkers();
  grpc::Status status = worker.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Reason(status), "DRAINING");
  Worker late(node);
  EXPECT_EQ(Reason(late.Finish()), "DRAINING");
}

TEST_F(WorkersTest, TwoWorkersShareAMethod) {
  Worker first(node), second(node);
  first.Hello(3);
  second.Hello(3, "w2");
  first.Register({"m"});
  second.Register({"m"});
  for (int i = 1; i <= 6; ++i) node.Say(*client, "call " + std::to_string(i) + " m []");
  first.Invoked(2);
  second.Invoked(2);
  auto methods = node.Do([](auto& w) { return w.shard(0).views().Methods("chat").methods; });
  ASSERT_EQ(methods.size(), 1);
  EXPECT_THAT(methods[0].workers, UnorderedElementsAre("w1", "w2"));
}

TEST_F(WorkersTest, ManyCallsTravelInBatches) {
  Worker worker(node);
  worker.Hello(1000);
  worker.Register({"m"});
  node.Do([&](fakes::HubWorld& w) {
    for (int i = 0; i < 60; ++i) w.Say(*client, "call " + std::to_string(i) + " m []");
  });
  v1::ServeRequest answers;
  for (int i = 0; i < 60; ++i) {
    auto* result = answers.add_results();
    result->set_id(worker.Invoked(i).id());
    result->mutable_result()->set_json(std::to_string(i));
  }
  worker.Write(answers);
  std::vector<std::string> got;
  ASSERT_TRUE(node.Wait([&](auto&) {
    for (auto& message : client->socket.Take()) got.push_back(std::move(message));
    return got.size() == 60;
  }));
  EXPECT_EQ(got.front(), "ok 0 0");
  EXPECT_EQ(got.back(), "ok 59 59");
}

TEST(WorkersBoundsTest, StreamsAreCounted) {
  LiveOptions options;
  options.limits.workers_max = 1;
  LiveNode node(options);
  Worker first(node);
  first.Hello();
  first.Welcomed();
  Worker second(node);
  grpc::Status status = second.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Reason(status), "WORKERS_EXHAUSTED");
  EXPECT_EQ(node.probe.workers_refused.value(), 1);
  first.HalfClose();
  EXPECT_TRUE(first.Finish().ok());
  ASSERT_TRUE(node.Wait([&](auto&) { return node.probe.workers.value() == 0; }));
  Worker third(node);
  third.Hello();
  EXPECT_EQ(third.Welcomed().node(), "n1");
}

TEST(WorkersBoundsTest, AWorkerThatSaysNothingIsSentAway) {
  LiveOptions options;
  options.limits.hello_timeout = absl::Milliseconds(20);
  LiveNode node(options);
  Worker worker(node);
  EXPECT_EQ(Reason(worker.Finish()), "HELLO_EXPECTED");
}

TEST(WorkersBoundsTest, MethodsThatAreTooMany) {
  LiveOptions options;
  options.shard.methods_max = 2;
  LiveNode node(options);
  Worker worker(node);
  worker.Hello();
  EXPECT_EQ(worker.Register({"a", "b"}).refused_reason(), "");
  EXPECT_EQ(worker.Register({"c"}).refused_reason(), "REGISTRATIONS_EXHAUSTED");
}

// Each takes a turn of every shard and an answer, even with no name in it.
TEST(WorkersBoundsTest, MessagesOfRegistersThatAreTooMany) {
  LiveOptions options;
  options.limits.worker_registrations_max = 3;
  LiveNode node(options);
  Worker worker(node);
  worker.Hello();
  v1::ServeRequest request;
  for (int i = 0; i < 2; ++i) request.add_registers()->set_namespace_("chat");
  for (int i = 0; i < 2; ++i) request.add_deregisters()->set_namespace_("chat");
  worker.Write(request);
  const grpc::Status status = worker.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Reason(status), "REGISTRATIONS_EXHAUSTED");
  EXPECT_EQ(node.probe.registrations_refused.value(), 1);
}

TEST(WorkersBoundsTest, StoppingWithCallsInEveryState) {
  LiveNode node;
  auto client = node.Client("chat", "a");
  Worker worker(node), silent(node);
  worker.Hello(1);
  worker.Register({"m"});
  node.Say(*client, "call 1 m []");
  node.Say(*client, "call 2 m []");
  worker.Invoked(0);
  v1::CallRequest call;
  call.mutable_selector()->set_namespace_("chat");
  call.set_method("m");
  grpc::ClientContext call_context, watch_context;
  auto asking = node.control->Call(&call_context, call);
  auto watching = node.control->WatchEvents(&watch_context, {});
  v1::WatchEventsResponse first;
  ASSERT_TRUE(watching->Read(&first));
  node.server->Stop();
  EXPECT_EQ(Reason(worker.Finish()), "DRAINING");
  EXPECT_FALSE(silent.Finish().ok());
  EXPECT_FALSE(asking->Finish().ok());
  EXPECT_FALSE(watching->Finish().ok());
  EXPECT_EQ(node.probe.under_way.value(), 0);
}

}  // namespace
}  // namespace sluice::control
