// SPDX-License-Identifier: Apache-2.0
//
// Slow readers, and connections that end at the worst moment: with output on the dirty list, and
// while they wait for their socket to be writable.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gateway/hub/client_verbs.h"
#include "tests/edge/edge_world.h"
#include "tests/edge/raw_client.h"

namespace sluice::edge {
namespace {

constexpr int kSmallBuffer = 4096;

hub::ShardOptions RoomyHub() {
  hub::ShardOptions options;
  options.policy.delivery.outbox_bytes = 64 << 20;
  return options;
}

// Until the client's connection waits for writability.
void Clog(EdgeWorld& world) {
  double before = world.Metric("edge_would_block_total");
  EXPECT_TRUE(Eventually([&] {
    world.Send("default", std::string(100000, 'x'));
    return world.Metric("edge_would_block_total") > before;
  }));
}

TEST(SlowReader, GetsEverythingInOrder) {
  EdgeWorld world(EdgeWorld::Options(), RoomyHub());
  RawClient client(world.port(), kSmallBuffer);
  client.Upgrade();
  int sent = 0;
  EXPECT_TRUE(Eventually([&] {
    world.Send("default", std::to_string(sent++) + std::string(50000, 'x'));
    return world.Metric("edge_would_block_total") > 0 && sent > 40;
  }));
  for (int i = 0; i < sent; ++i) {
    EXPECT_EQ(client.ReadFrame().payload, "event e " + std::to_string(i) + std::string(50000, 'x'));
  }
  EXPECT_GT(world.Metric("edge_flush_bytes"), 0);
  EXPECT_GT(world.Metric("edge_flush_delay_seconds"), 0);
}

TEST(SlowReader, DoesNotHoldTheOthersUp) {
  EdgeWorld world(EdgeWorld::Options(), RoomyHub());
  RawClient slow(world.port(), kSmallBuffer);
  slow.Upgrade();
  Clog(world);
  RawClient quick(world.port());
  quick.Upgrade("/other");
  quick.Send(ClientFrame(kText, "list 1"));
  EXPECT_EQ(quick.ReadFrame().payload, "methods 1 ");
}

TEST(SlowReader, MayNotFillTheOutboxWithPongs) {
  EdgeOptions options = EdgeWorld::Options();
  options.pong_bytes = 4096;
  EdgeWorld world(options, RoomyHub());
  RawClient client(world.port(), kSmallBuffer);
  client.Upgrade();
  Clog(world);
  std::string pings;
  for (int i = 0; i < 100; ++i) pings += ClientFrame(kPing, std::string(125, 'p'));
  client.Send(pings);
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
  EXPECT_EQ(world.Metric("edge_violations_total{pong_overflow}"), 1);
}

TEST(Lifetime, ResetWhileWaitingToWrite) {
  EdgeWorld world(EdgeWorld::Options(), RoomyHub());
  RawClient client(world.port(), kSmallBuffer);
  client.Upgrade();
  Clog(world);
  client.Reset();
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
  EXPECT_EQ(world.sessions(), 0u);
}

TEST(Lifetime, CutByTheCloseDeadlineWhileWaitingToWrite) {
  EdgeOptions options = EdgeWorld::Options();
  options.close_timeout = absl::Milliseconds(50);
  EdgeWorld world(options, RoomyHub());
  RawClient client(world.port(), kSmallBuffer);
  client.Upgrade();
  Clog(world);
  hub::Selector everybody;
  everybody.space = "default";
  world.OnShard([&](hub::Shard& shard, Now now) {
    shard.clients().Disconnect(everybody, {4000, ""}, false, now);
  });
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
  EXPECT_EQ(world.events().last_code(), 4000);
  EXPECT_TRUE(client.Ended());
}

TEST(Lifetime, StoppedWhileWaitingToWrite) {
  auto world = std::make_unique<EdgeWorld>(EdgeWorld::Options(), RoomyHub());
  RawClient client(world->port(), kSmallBuffer);
  client.Upgrade();
  Clog(*world);
  world.reset();
  EXPECT_TRUE(client.Ended());
}

TEST(Lifetime, StoppedWithOutputOnTheDirtyList) {
  for (int round = 0; round < 20; ++round) {
    auto world = std::make_unique<EdgeWorld>();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 5; ++i) {
      clients.push_back(std::make_unique<RawClient>(world->port()));
      clients.back()->Upgrade();
      clients.back()->Send(ClientFrame(kText, "list 1") + ClientFrame(kPing, ""));
    }
    world.reset();
    for (auto& client : clients) EXPECT_TRUE(client->Ended());
  }
}

// Output is put into an outbox in the same turn in which the connection goes.
TEST(Lifetime, DeadWithOutputOnTheDirtyList) {
  EdgeWorld world;
  for (int round = 0; round < 100; ++round) {
    RawClient client(world.port());
    client.Upgrade();
    client.Send(ClientFrame(kText, "list 1"));
    client.Reset();
    world.Send("default", "to whoever is left");
  }
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
  EXPECT_EQ(world.sessions(), 0u);
}

TEST(Lifetime, StoppedInEveryStageOfTheHandshake) {
  auto world = std::make_unique<EdgeWorld>();
  RawClient silent(world->port());
  RawClient half(world->port());
  half.Send("GET / HT");
  RawClient answered(world->port());
  answered.Send("GET / HTTP/1.1\r\n\r\n");
  answered.ReadUntil("426");
  RawClient closing(world->port());
  closing.Upgrade();
  closing.Send(ClientFrame(kClose, ""));
  closing.ReadFrame();
  world.reset();
  for (RawClient* client : {&silent, &half, &answered, &closing}) EXPECT_TRUE(client->Ended());
}

TEST(ShardThread, RunsTasksInOrderAndNeverWithinPost) {
  EdgeWorld world;
  ShardThread& shard = world.edge().shard(0);
  std::vector<int> order;
  absl::Notification done;
  shard.Post([&](Now) {
    shard.Post([&](Now) { order.push_back(3); });
    shard.Post([&](Now) { done.Notify(); });
    order.push_back(1);
  });
  shard.Post([&](Now) { order.push_back(2); });
  done.WaitForNotification();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(ShardThread, DestroysWhatIsPostedTooLate) {
  EdgeWorld world;
  world.edge().Stop();
  auto alive = std::make_shared<int>();
  bool ran = false;
  world.edge().shard(0).Post([alive, &ran](Now) { ran = true; });
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace sluice::edge
