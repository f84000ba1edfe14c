// SPDX-License-Identifier: Apache-2.0
//
// A client whose messages have to wait for a guard: it is still listened to.
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "gateway/hub/workers.h"
#include "tests/edge/edge_world.h"
#include "tests/edge/raw_client.h"
#include "tests/fakes/fake_worker.h"

namespace sluice::edge {
namespace {

// A namespace whose calls (and, if asked, whose newcomers) a guard decides about, and never does.
class Pausing : public testing::Test {
 protected:
  void Guard(std::vector<hub::GuardAction> actions) {
    hub::Registration registration{"default", {}, {}};
    for (hub::GuardAction action : actions) {
      auto offer = std::make_shared<hub::Offer>();
      offer->worker = 7;
      offer->link = guard;
      offer->role = hub::Role::kGuard;
      offer->action = action;
      registration.offers.push_back(offer);
    }
    world.OnShard([&](hub::Shard& shard, Now now) {
      EXPECT_TRUE(shard.workers().Register(registration, now).ok());
    });
  }
  size_t Asked() {
    size_t asked = 0;
    world.OnShard([&](hub::Shard&, Now) { asked = guard->invoked.size(); });
    return asked;
  }
  size_t Cancelled() {
    size_t cancelled = 0;
    world.OnShard([&](hub::Shard&, Now) { cancelled = guard->cancelled.size(); });
    return cancelled;
  }
  void Allow() {
    world.OnShard([&](hub::Shard& shard, Now now) {
      hub::Verdict allow;
      allow.allow = true;
      auto next = guard->Next();
      shard.workers().Complete(next.call, allow, now);
    });
  }
  static EdgeOptions Options() {
    EdgeOptions options = EdgeWorld::Options();
    options.read_ahead_bytes = 16 << 10;
    return options;
  }

  std::shared_ptr<fakes::FakeWorker> guard = std::make_shared<fakes::FakeWorker>(1000);
  EdgeWorld world{Options()};
};

struct How {
  const char* name;
  void (*leave)(RawClient&);
};

class Leaving : public Pausing, public testing::WithParamInterface<How> {};

TEST_P(Leaving, WhileTheConnectGuardDecides) {
  Guard({hub::GuardAction::kConnect});
  RawClient client(world.port());
  client.Upgrade();
  EXPECT_TRUE(Eventually([&] { return Asked() == 1; }));
  GetParam().leave(client);
  EXPECT_TRUE(Eventually([&] { return Cancelled() == 1; }));
  EXPECT_TRUE(Eventually([&] { return world.sessions() == 0; }));
}

TEST_P(Leaving, WhileACallIsDecidedAndOthersWait) {
  Guard({hub::GuardAction::kTransmit});
  RawClient client(world.port());
  client.Upgrade();
  for (int i = 0; i < 10; ++i) client.Send(ClientFrame(kText, "call - m x"));
  EXPECT_TRUE(Eventually([&] { return Asked() == 1; }));
  GetParam().leave(client);
  EXPECT_TRUE(Eventually([&] { return Cancelled() == 1; }));
  EXPECT_TRUE(Eventually([&] { return world.sessions() == 0; }));
}

TEST_P(Leaving, WithMoreThanIsReadAhead) {
  Guard({hub::GuardAction::kTransmit});
  RawClient client(world.port());
  client.Upgrade();
  std::string call = ClientFrame(kText, "call - m " + std::string(1000, 'x'));
  for (int i = 0; i < 40; ++i) client.Send(call);
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_read_ahead_full_total") == 1; }));
  if (std::string(GetParam().name) == "close") return;  // it stands behind what is not read
  GetParam().leave(client);
  EXPECT_TRUE(Eventually([&] { return Cancelled() == 1; }));
  EXPECT_TRUE(Eventually([&] { return world.sessions() == 0; }));
}

INSTANTIATE_TEST_SUITE_P(All, Leaving,
                         testing::Values(How{"fin",
                                             [](RawClient& client) { client.ShutdownSend(); }},
                                         How{"reset", [](RawClient& client) { client.Reset(); }},
                                         How{"close",
                                             [](RawClient& client) {
                                               client.Send(ClientFrame(kClose, ClosePayload(1000)));
                                               EXPECT_EQ(client.ReadFrame().opcode, kClose)
                                                   << "echoed at once";
                                             }}),
                         [](const auto& info) { return info.param.name; });

// The answer waits for the guard's choice of a subprotocol, and the client says something already.
class Choosing : public Pausing {
 protected:
  void SetUp() override {
    Guard({hub::GuardAction::kConnect});
    client = std::make_unique<RawClient>(world.port());
    client->Send(UpgradeRequest("/", "Sec-WebSocket-Protocol: fake\r\n"));
    EXPECT_TRUE(Eventually([&] { return Asked() == 1; }));
  }
  std::unique_ptr<RawClient> client;
};

TEST_F(Choosing, WhoLeavesIsNoticedThoughItSaidSomething) {
  client->Send(ClientFrame(kText, "list 1"));
  client->ShutdownSend();
  EXPECT_TRUE(Eventually([&] { return Cancelled() == 1; }));
  EXPECT_TRUE(Eventually([&] { return world.sessions() == 0; }));
}

TEST_F(Choosing, WhoResetsIsNoticedThoughItSaidMoreThanIsReadAhead) {
  client->Send(std::string(40'000, 'x'));
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_read_ahead_full_total") == 1; }));
  client->Reset();
  EXPECT_TRUE(Eventually([&] { return Cancelled() == 1; }));
  EXPECT_TRUE(Eventually([&] { return world.sessions() == 0; }));
}

TEST_F(Choosing, WhatWasSaidAheadIsHeard) {
  std::string all;
  for (int i = 0; i < 200; ++i) {
    all += ClientFrame(kText, "list " + std::to_string(i) + std::string(200, ' '));
  }
  client->Send(all);
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_read_ahead_full_total") == 1; }));
  Allow();
  client->ReadUntil("\r\n\r\n");
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(client->ReadFrame().payload.substr(0, 8 + 2),
              ("methods " + std::to_string(i) + "  ").substr(0, 10))
        << i;
  }
}

TEST_F(Pausing, PingsAreAnsweredAndNothingIsLostOrOvertakes) {
  Guard({hub::GuardAction::kCall});
  RawClient client(world.port());
  client.Upgrade();
  for (int i = 0; i < 40; ++i) {
    client.Send(ClientFrame(kText, "call " + std::to_string(i) + " m " + std::string(300, 'x')));
  }
  client.Send(ClientFrame(kPing, "p"));
  EXPECT_EQ(client.ReadFrame(), (Frame{kPong, "p"}));
  for (int i = 0; i < 40; ++i) {
    EXPECT_TRUE(Eventually([&] { return Asked() == 1; }));
    Allow();
    EXPECT_EQ(client.ReadFrame().payload, "err " + std::to_string(i) + " method_not_found");
  }
}

TEST(Floods, OfPingsAreReadAtTheirPace) {
  EdgeOptions options = EdgeWorld::Options();
  options.pace.frames_per_second = 100;
  options.pace.frames_burst = 50;
  EdgeWorld world(options);
  RawClient client(world.port());
  client.Upgrade();
  std::string pings;
  for (int i = 0; i < 150; ++i) pings += ClientFrame(kPing, "");
  absl::Time began = absl::Now();
  client.Send(pings);
  for (int i = 0; i < 150; ++i) EXPECT_EQ(client.ReadFrame().opcode, kPong);
  client.Send(pings + ClientFrame(kText, "list 1"));
  for (int i = 0; i < 150; ++i) EXPECT_EQ(client.ReadFrame().opcode, kPong);
  EXPECT_EQ(client.ReadFrame().payload, "methods 1 ");
  EXPECT_GE(absl::Now() - began, absl::Milliseconds(900));
  EXPECT_GE(world.Metric("edge_reads_delayed_total{frames}"), 1);
}

TEST(Floods, OfEmptyContinuationsAreReadAtTheirPace) {
  EdgeOptions options = EdgeWorld::Options();
  options.pace.frames_per_second = 1000;
  options.pace.frames_burst = 100;
  EdgeWorld world(options);
  RawClient client(world.port());
  client.Upgrade();
  std::string flood = ClientFrame(kText, "list ", false);
  for (int i = 0; i < 600; ++i) flood += ClientFrame(kContinuation, "", false);
  absl::Time began = absl::Now();
  client.Send(flood + ClientFrame(kContinuation, "1"));
  EXPECT_EQ(client.ReadFrame().payload, "methods 1 ");
  EXPECT_GE(absl::Now() - began, absl::Milliseconds(150));
  EXPECT_GE(world.Metric("edge_reads_delayed_total{frames}"), 1);
}

TEST(Floods, OfBytesAreReadAtTheirPace) {
  EdgeOptions options = EdgeWorld::Options();
  options.pace.bytes_per_second = 1 << 20;
  options.pace.bytes_burst = 64 << 10;
  EdgeWorld world(options);
  RawClient client(world.port());
  client.Upgrade();
  absl::Time began = absl::Now();
  for (int i = 0; i < 16; ++i) {
    client.Send(ClientFrame(kText, "relay - e " + std::string(60'000, 'x')));
  }
  client.Send(ClientFrame(kText, "list 1"));
  EXPECT_EQ(client.ReadFrame().payload, "methods 1 ");
  EXPECT_GE(absl::Now() - began, absl::Milliseconds(600));
  EXPECT_GE(world.Metric("edge_reads_delayed_total{bytes}"), 1);
}

}  // namespace
}  // namespace sluice::edge
