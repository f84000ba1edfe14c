// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/admin_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "gateway/edge/address.h"
#include "tests/edge/raw_client.h"

namespace sluice::edge {
namespace {

struct World {
  explicit World(AdminOptions options = {}) {
    options.listen = "127.0.0.1:0";
    AdminPages pages;
    pages.metrics = [] { return std::string("up 1\n"); };
    pages.readiness = [this] { return Readiness{ready, ready ? "{}" : "{\"draining\":true}"}; };
    pages.sickness = [this] { return std::string(sick ? "shard-1 is stuck" : ""); };
    absl::Status status = admin.Listen(options, pages);
    EXPECT_TRUE(status.ok()) << status;
    port = ParseHostPort(admin.address())->port;
  }
  std::string Ask(const std::string& request) {
    RawClient client(port);
    client.Send(request + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return client.ReadToEnd().value_or("still open");
  }
  std::atomic<bool> ready = true;
  std::atomic<bool> sick = false;
  AdminThread admin;
  uint16_t port = 0;
};

TEST(Admin, ServesItsPages) {
  World world;
  world.admin.Start([](Now) {});
  std::string metrics = world.Ask("GET /metrics?x=1");
  EXPECT_EQ(metrics.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_NE(metrics.find("Content-Type: text/plain; version=0.0.4"), std::string::npos) << metrics;
  EXPECT_EQ(metrics.substr(metrics.size() - 5), "up 1\n");
  EXPECT_NE(world.Ask("GET /healthz").find("\r\n\r\nok\n"), std::string::npos);
  EXPECT_EQ(world.Ask("GET /readyz").substr(0, 12), "HTTP/1.1 200");
  world.ready = false;
  std::string draining = world.Ask("GET /readyz");
  EXPECT_EQ(draining.substr(0, 12), "HTTP/1.1 503");
  EXPECT_NE(draining.find("{\"draining\":true}"), std::string::npos);
}

TEST(Admin, AnswersHeadWithoutABody) {
  World world;
  world.admin.Start([](Now) {});
  std::string answer = world.Ask("HEAD /metrics");
  EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_EQ(answer.substr(answer.size() - 4), "\r\n\r\n");
}

TEST(Admin, RefusesTheRest) {
  World world;
  world.admin.Start([](Now) {});
  EXPECT_EQ(world.Ask("GET /").substr(0, 12), "HTTP/1.1 404");
  std::string post = world.Ask("POST /metrics");
  EXPECT_EQ(post.substr(0, 12), "HTTP/1.1 405");
  EXPECT_NE(post.find("Allow: GET, HEAD"), std::string::npos);
  EXPECT_EQ(world.Ask("GET /" + std::string(20000, 'x')).substr(0, 12), "HTTP/1.1 431");
  EXPECT_EQ(world.Ask("nonsense").substr(0, 12), "HTTP/1.1 400");
}

TEST(Admin, CutsWhoIsTooSlow) {
  AdminOptions options;
  options.timeout = absl::Milliseconds(50);
  World world(options);
  world.admin.Start([](Now) {});
  RawClient client(world.port);
  client.Send("GET /metr");
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(Admin, SaysThatAThreadIsStuck) {
  World world;
  world.admin.Start([](Now) {});
  world.sick = true;
  std::string sick = world.Ask("GET /healthz");
  EXPECT_EQ(sick.substr(0, 12), "HTTP/1.1 503");
  EXPECT_NE(sick.find("\r\n\r\nshard-1 is stuck\n"), std::string::npos) << sick;
}

// One connection is its bound: the newer one is served, and the older one is cut.
TEST(Admin, BoundsItsConnections) {
  AdminOptions options;
  options.connections_max = 1;
  World world(options);
  world.admin.Start([](Now) {});
  RawClient first(world.port);
  first.Send("GET /he");
  EXPECT_EQ(world.Ask("GET /healthz").substr(0, 12), "HTTP/1.1 200");
  EXPECT_EQ(first.ReadToEnd(), "");
}

TEST(Admin, SilentConnectionsDoNotKeepAProbeOut) {
  AdminOptions options;
  options.connections_per_address = 4;
  options.timeout = absl::Hours(1);
  World world(options);
  world.admin.Start([](Now) {});
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(std::make_unique<RawClient>(world.port));
  EXPECT_EQ(world.Ask("GET /healthz").substr(0, 12), "HTTP/1.1 200");
  EXPECT_EQ(silent.front()->ReadToEnd(), "") << "the oldest is cut";
  silent.back()->Send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(silent.back()->ReadToEnd().value_or("").substr(0, 12), "HTTP/1.1 200");
}

TEST(Admin, SaysWhyItCannotListen) {
  AdminThread admin;
  AdminOptions options;
  options.listen = "192.0.2.1:1";
  EXPECT_EQ(admin.Listen(options, {}).code(), absl::StatusCode::kUnavailable);
  options.listen = "nowhere";
  EXPECT_EQ(admin.Listen(options, {}).code(), absl::StatusCode::kInvalidArgument);
}

TEST(Admin, StopsWithoutHavingStarted) { World world; }

}  // namespace
}  // namespace sluice::edge
