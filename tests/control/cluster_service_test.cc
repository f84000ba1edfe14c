// SPDX-License-Identifier: Apache-2.0
//
// A backend that asks one of two nodes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/synchronization/notification.h"
#include "tests/control/cluster_world.h"
#include "tests/control/live_node.h"

namespace sluice::control {
namespace {

struct TwoNodes : testing::Test {
  TwoNodes() {
    node.Client("chat", "a");
    absl::Notification ready;
    driver = std::thread([&] {
      clients.push_back(other.world.Connect("chat", "b"));
      clients.push_back(other.world.Connect("chat", "c"));
      ready.Notify();
      do {
        other.world.now += absl::Milliseconds(1);
        other.world.Run();
        other.book.Tick(other.world.now);
      } while (!stop.WaitForNotificationWithTimeout(absl::Milliseconds(1)));
    });
    ready.WaitForNotification();
  }
  ~TwoNodes() override {
    node.server->Stop();
    stop.Notify();
    driver.join();
  }

  LiveNode node;
  TestNode other{node.bus, "n2", 1};
  std::vector<std::unique_ptr<fakes::FakeClient>> clients;
  absl::Notification stop;
  std::thread driver;
};

TEST_F(TwoNodes, ADrainOfBothIsWatchedAsOne) {
  v1::StartDrainRequest start;
  start.mutable_selector()->set_namespace_("chat");
  start.set_drain_id("d");
  start.set_per_second(30);
  grpc::ClientContext start_context;
  v1::Drain drain;
  grpc::Status status = node.control->StartDrain(&start_context, start, &drain);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(drain.matched(), 3);

  v1::WatchDrainRequest watch;
  watch.set_drain_id("d");
  grpc::ClientContext context;
  auto stream = node.control->WatchDrain(&context, watch);
  v1::Drain last;
  while (stream->Read(&drain)) last = drain;
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(last.state(), v1::Drain::STATE_DONE);
  EXPECT_EQ(last.closed(), 3);
  EXPECT_EQ(last.per_second(), 30);
}

TEST_F(TwoNodes, AWatcherOfBothMayLeave) {
  v1::StartDrainRequest start;
  start.mutable_selector()->set_namespace_("chat");
  start.set_drain_id("d");
  start.set_per_second(1);
  grpc::ClientContext start_context, pause_context, context;
  v1::Drain drain;
  ASSERT_TRUE(node.control->StartDrain(&start_context, start, &drain).ok());
  v1::PauseDrainRequest pause;
  pause.set_drain_id("d");
  ASSERT_TRUE(node.control->PauseDrain(&pause_context, pause, &drain).ok());
  EXPECT_EQ(drain.state(), v1::Drain::STATE_PAUSED);
  v1::WatchDrainRequest watch;
  watch.set_drain_id("d");
  auto stream = node.control->WatchDrain(&context, watch);
  ASSERT_TRUE(stream->Read(&drain));
  context.TryCancel();
  EXPECT_FALSE(stream->Finish().ok());
  EXPECT_TRUE(node.Wait([&](auto&) { return node.probe.drain_watchers.value() == 0; }));
}

TEST_F(TwoNodes, ADrainThatNobodyKnows) {
  v1::WatchDrainRequest watch;
  watch.set_drain_id("ghost");
  grpc::ClientContext context;
  EXPECT_EQ(Reason(node.control->WatchDrain(&context, watch)->Finish()), "DRAIN_NOT_FOUND");
}

TEST_F(TwoNodes, AConnectionOfTheOtherNode) {
  v1::GetConnectionRequest get;
  get.set_namespace_("chat");
  get.set_connection_id("c");
  grpc::ClientContext context;
  v1::Connection connection;
  ASSERT_TRUE(node.control->GetConnection(&context, get, &connection).ok());
  EXPECT_EQ(connection.node(), "n2");
}

}  // namespace
}  // namespace sluice::control
