// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/home_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
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
    absl::Status status = home.ServeAdmin(options, pages);
    EXPECT_TRUE(status.ok()) << status;
    port = ParseHostPort(home.admin_address())->port;
  }
  std::string Ask(const std::string& request) {
    RawClient client(port);
    client.Send(request + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return client.ReadToEnd().value_or("still open");
  }
  std::atomic<bool> ready = true;
  HomeThread home;
  uint16_t port = 0;
};

TEST(Admin, ServesItsPages) {
  World world;
  world.home.Start([](Now) {});
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
  world.home.Start([](Now) {});
  std::string answer = world.Ask("HEAD /metrics");
  EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_EQ(answer.substr(answer.size() - 4), "\r\n\r\n");
}

TEST(Admin, RefusesTheRest) {
  World world;
  world.home.Start([](Now) {});
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
  world.home.Start([](Now) {});
  RawClient client(world.port);
  client.Send("GET /metr");
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(Admin, BoundsItsConnections) {
  AdminOptions options;
  options.connections_max = 1;
  World world(options);
  world.home.Start([](Now) {});
  RawClient first(world.port);
  first.Send("GET /he");
  RawClient second(world.port);
  EXPECT_EQ(second.ReadToEnd(), "");
  first.Send("althz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(first.ReadToEnd().value_or("").substr(0, 12), "HTTP/1.1 200");
}

TEST(Admin, SaysWhyItCannotListen) {
  HomeThread home;
  AdminOptions options;
  options.listen = "192.0.2.1:1";
  EXPECT_EQ(home.ServeAdmin(options, {}).code(), absl::StatusCode::kUnavailable);
  options.listen = "nowhere";
  EXPECT_EQ(home.ServeAdmin(options, {}).code(), absl::StatusCode::kInvalidArgument);
}

TEST(HomeThread, Ticks) {
  HomeThread home;
  absl::Notification done;
  std::vector<Now> times;
  home.Start([&](Now now) {
    times.push_back(now);
    if (times.size() == 3) done.Notify();
  });
  done.WaitForNotification();
  home.Stop();
  EXPECT_LT(times[0], times[1]);
  EXPECT_LT(times[1], times[2]);
}

TEST(HomeThread, HandsSignalsOver) {
  HomeThread home;
  absl::Notification stopped;
  absl::Notification reloaded;
  std::atomic<int> stops = 0;
  SignalHandlers handlers;
  handlers.stop = [&] {
    if (++stops == 2) stopped.Notify();
  };
  handlers.reload = [&] { reloaded.Notify(); };
  home.HandleSignals(handlers);
  home.Start([&](Now) {
    if (stops == 1) std::raise(SIGINT);
  });
  std::raise(SIGHUP);
  reloaded.WaitForNotification();
  std::raise(SIGTERM);
  stopped.WaitForNotification();
}

TEST(HomeThread, StopsWithoutHavingStarted) {
  World world;
  world.home.Post([](Now) { FAIL(); });
}

}  // namespace
}  // namespace sluice::edge
