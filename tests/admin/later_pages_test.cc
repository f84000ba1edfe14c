// SPDX-License-Identifier: Apache-2.0
//
// Pages that answer later, or never, by loopback connections.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "metrics/probe.h"
#include "tests/admin/admin_world.h"

namespace sluice::admin {
namespace {

using edge::RawClient;

// How many connections got no page for this reason.
class Refused final : public metrics::Visitor {
 public:
  explicit Refused(std::string reason) : reason_(std::move(reason)) {}
  void Count(std::string_view name, std::string_view, const metrics::Labels& labels,
             uint64_t value) override {
    if (name == "admin_refused_total" && labels[0].second == reason_) count = value;
  }
  void Level(std::string_view, std::string_view, const metrics::Labels&, double) override {}
  void Distribution(std::string_view, std::string_view, const metrics::Labels&,
                    const metrics::Histogram&) override {}
  std::optional<uint64_t> count;

 private:
  const std::string reason_;
};

uint64_t Unanswered(const World& world) {
  Refused refused("unanswered");
  world.admin.metrics().Visit(refused);
  EXPECT_TRUE(refused.count.has_value());
  return refused.count.value_or(0);
}

constexpr char kLater[] = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";

Options Impatient() {
  Options options;
  options.timeout = absl::Milliseconds(50);
  return options;
}

std::string StatusOf(const std::string& answer) { return answer.substr(0, 12); }

TEST(LaterPages, OthersDoNotWaitForAPage) {
  World world;
  world.admin.Start([](Now) {});
  RawClient client(world.port);
  client.Send(kLater);
  Completion done = world.later->Take();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(StatusOf(world.Ask("GET /healthz")), "HTTP/1.1 200");
  std::thread([&done] { std::move(done)({.status = 203, .body = "at last\n"}); }).join();
  const std::string answer = client.ReadToEnd().value_or("still open");
  EXPECT_EQ(StatusOf(answer), "HTTP/1.1 203");
  EXPECT_NE(answer.find("\r\n\r\nat last\n"), std::string::npos) << answer;
  EXPECT_EQ(Unanswered(world), 0u);
}

TEST(LaterPages, EachClientGetsItsOwnAnswer) {
  World world;
  world.admin.Start([](Now) {});
  RawClient first(world.port), second(world.port);
  first.Send(kLater);
  Completion of_first = world.later->Take();
  second.Send(kLater);
  Completion of_second = world.later->Take();
  std::move(of_second)({.body = "second\n"});
  EXPECT_NE(second.ReadToEnd().value_or("").find("\r\n\r\nsecond\n"), std::string::npos);
  std::move(of_first)({.body = "first\n"});
  EXPECT_NE(first.ReadToEnd().value_or("").find("\r\n\r\nfirst\n"), std::string::npos);
}

// Who has said everything and half closes still gets the answer.
TEST(LaterPages, AHalfClosedClientGetsItsAnswer) {
  World world;
  world.admin.Start([](Now) {});
  RawClient client(world.port);
  client.Send(kLater);
  client.ShutdownSend();
  std::move(world.later->Take())({.body = "at last\n"});
  EXPECT_NE(client.ReadToEnd().value_or("").find("at last\n"), std::string::npos);
}

TEST(LaterPages, APageOverTheTimeoutIs503) {
  World world(Impatient());
  world.admin.Start([](Now) {});
  RawClient client(world.port);
  client.Send(kLater);
  Completion done = world.later->Take();
  EXPECT_EQ(StatusOf(client.ReadToEnd().value_or("still open")), "HTTP/1.1 503");
  EXPECT_EQ(Unanswered(world), 1u);
  std::move(done)({.body = "too late\n"});
  EXPECT_EQ(StatusOf(world.Ask("GET /healthz")), "HTTP/1.1 200");
  EXPECT_EQ(Unanswered(world), 1u);
}

TEST(LaterPages, APageThatDropsTheRequestIs503) {
  World world;
  world.admin.Start([](Now) {});
  EXPECT_EQ(StatusOf(world.Ask("GET /never")), "HTTP/1.1 503");
  const std::string head = world.Ask("HEAD /never");
  EXPECT_EQ(StatusOf(head), "HTTP/1.1 503");
  EXPECT_EQ(head.substr(head.size() - 4), "\r\n\r\n");
  EXPECT_EQ(Unanswered(world), 2u);
}

// The newer connection is served; whose page is still awaited is cut as any other.
TEST(LaterPages, AnAnswerForWhoWasCutIsDropped) {
  Options options;
  options.connections_max = 1;
  World world(options);
  world.admin.Start([](Now) {});
  RawClient client(world.port);
  client.Send(kLater);
  Completion done = world.later->Take();
  EXPECT_EQ(StatusOf(world.Ask("GET /healthz")), "HTTP/1.1 200");
  EXPECT_EQ(client.ReadToEnd(), "");
  std::move(done)({.body = "for nobody\n"});
  EXPECT_EQ(StatusOf(world.Ask("GET /healthz")), "HTTP/1.1 200");
  EXPECT_EQ(Unanswered(world), 0u);
}

TEST(LaterPages, AnAnswerMayComeAfterThePortIsGone) {
  std::shared_ptr<Later> later;
  {
    World world;
    world.admin.Start([](Now) {});
    RawClient first(world.port), second(world.port);
    first.Send(kLater);
    second.Send(kLater);
    Completion done = world.later->Take(2);
    world.admin.Stop();
    EXPECT_EQ(first.ReadToEnd(), "");
    EXPECT_EQ(second.ReadToEnd(), "");
    std::move(done)({.body = "for nobody\n"});
    later = world.later;
  }
  std::move(later->Take())({.body = "for nobody\n"});
}

TEST(LaterPages, AnswersMayComeWhileThePortStops) {
  World world;
  world.admin.Start([](Now) {});
  std::vector<std::unique_ptr<RawClient>> clients;
  std::vector<Completion> pending;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<RawClient>(world.port));
    clients.back()->Send(kLater);
    pending.push_back(world.later->Take());
  }
  std::thread answering([&pending] {
    for (Completion& done : pending) std::move(done)({.body = "hurry\n"});
  });
  world.admin.Stop();
  answering.join();
  for (const auto& client : clients) EXPECT_TRUE(client->Ended());
}

}  // namespace
}  // namespace sluice::admin
