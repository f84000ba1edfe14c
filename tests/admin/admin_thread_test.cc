// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/admin_thread.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/admin/admin_world.h"

namespace sluice::admin {
namespace {

using edge::RawClient;

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
  Options options;
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
  Options options;
  options.connections_max = 1;
  World world(options);
  world.admin.Start([](Now) {});
  RawClient first(world.port);
  first.Send("GET /he");
  EXPECT_EQ(world.Ask("GET /healthz").substr(0, 12), "HTTP/1.1 200");
  EXPECT_EQ(first.ReadToEnd(), "");
}

TEST(Admin, SilentConnectionsDoNotKeepAProbeOut) {
  Options options;
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
  Options options;
  options.listen = "192.0.2.1:1";
  EXPECT_EQ(admin.Listen(options, {}).code(), absl::StatusCode::kUnavailable);
  options.listen = "nowhere";
  EXPECT_EQ(admin.Listen(options, {}).code(), absl::StatusCode::kInvalidArgument);
}

TEST(Admin, StopsWithoutHavingStarted) { World world; }

}  // namespace
}  // namespace sluice::admin
