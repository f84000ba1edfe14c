// SPDX-License-Identifier: Apache-2.0
//
// From the first byte to 101 or to the HTTP answer, over real sockets.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "gateway/hub/views.h"
#include "tests/edge/edge_world.h"
#include "tests/edge/raw_client.h"

namespace sluice::edge {
namespace {

EdgeOptions Impatient() {
  EdgeOptions options = EdgeWorld::Options();
  options.handshake_timeout = absl::Milliseconds(50);
  return options;
}

std::string RefusedMetric(const std::string& reason) {
  return "edge_handshakes_refused_total{" + reason + "}";
}

void ExpectAnswer(EdgeWorld& world, const std::string& request, const std::string& status,
                  const std::string& reason) {
  RawClient client(world.port());
  client.Send(request);
  std::string answer = client.ReadToEnd().value_or("still open");
  EXPECT_EQ(answer.substr(0, 13 + status.size() - 4), "HTTP/1.1 " + status) << request;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos) << answer;
  EXPECT_EQ(world.Metric(RefusedMetric(reason)), 1) << reason;
}

TEST(Handshake, ShowsTheAcceptKeyAndTheSubprotocol) {
  EdgeWorld world;
  RawClient client(world.port());
  std::string head = client.Upgrade("/", "Sec-WebSocket-Protocol: other, fake\r\n");
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: fake\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("Server: sluice\r\n"), std::string::npos) << head;
}

TEST(Handshake, OffersNoSubprotocolThatNobodyAskedFor) {
  EdgeWorld world;
  RawClient client(world.port());
  EXPECT_EQ(client.Upgrade().find("Sec-WebSocket-Protocol"), std::string::npos);
}

TEST(Handshake, TakesTheRequestByteByByte) {
  EdgeWorld world;
  RawClient client(world.port());
  for (char byte : UpgradeRequest()) client.Send({&byte, 1});
  EXPECT_EQ(client.ReadUntil("\r\n\r\n").substr(0, 12), "HTTP/1.1 101");
}

TEST(Handshake, TellsTheHubWhoCame) {
  EdgeOptions options = EdgeWorld::Options();
  options.context_headers = {"x-team", "x-missing"};
  EdgeWorld world(options);
  RawClient client(world.port());
  client.Upgrade("/chat?socket_id=me&a=b", "X-Team: blue\r\nX-Other: red\r\n");
  hub::Selector chat;
  chat.space = "chat";
  std::vector<hub::ConnectionView> found;
  EXPECT_TRUE(Eventually([&] {
    world.OnShard([&](hub::Shard& shard, Now) { found = shard.views().List(chat, "", 10); });
    return found.size() == 1;
  }));
  EXPECT_EQ(found[0].id, "me");
  EXPECT_EQ(found[0].remote_address.substr(0, 10), "127.0.0.1:");
}

TEST(Handshake, BelievesAProxyOnlyIfTold) {
  EdgeOptions options = EdgeWorld::Options();
  options.trust_forwarded_for = {"127.0.0.0/8"};
  EdgeWorld world(options);
  RawClient client(world.port());
  client.Upgrade("/", "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n");
  hub::Selector everybody;
  everybody.space = "default";
  std::vector<hub::ConnectionView> found;
  EXPECT_TRUE(Eventually([&] {
    world.OnShard([&](hub::Shard& shard, Now) { found = shard.views().List(everybody, "", 10); });
    return found.size() == 1;
  }));
  EXPECT_EQ(found[0].remote_address, "203.0.113.9");
}

TEST(Handshake, AnswersWhatIsNoUpgrade) {
  EdgeWorld world;
  ExpectAnswer(world, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "426 ", "not_websocket");
  ExpectAnswer(world, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "405 ",
               "method");
  ExpectAnswer(world, "nonsense\r\n\r\n", "400 ", "malformed");
}

TEST(Handshake, AnswersHeadWithoutABody) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string answer = client.ReadToEnd().value_or("still open");
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 405");
  EXPECT_EQ(answer.substr(answer.size() - 4), "\r\n\r\n");
}

TEST(Handshake, AnswersWhatExceedsABound) {
  EdgeOptions options = EdgeWorld::Options();
  options.header_bytes = 2048;
  options.header_count = 10;
  options.target_bytes = 100;
  EdgeWorld world(options);
  std::string many;
  for (int i = 0; i < 10; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  ExpectAnswer(world, UpgradeRequest("/", many), "431 ", "header_count");
  ExpectAnswer(world, UpgradeRequest("/", "X: " + std::string(5000, 'x') + "\r\n"), "431 ",
               "header_bytes");
  ExpectAnswer(world, UpgradeRequest("/?" + std::string(200, 'x')), "414 ", "target_too_long");
}

TEST(Handshake, AnswersATargetThatExceedsEveryBound) {
  EdgeWorld world;
  ExpectAnswer(world, UpgradeRequest("/" + std::string(100000, 'x')), "414 ", "target_too_long");
}

TEST(Handshake, RefusesAnOrigin) {
  EdgeOptions options = EdgeWorld::Options();
  options.origins = {"https://good.example"};
  EdgeWorld world(options);
  ExpectAnswer(world, UpgradeRequest("/", "Origin: https://good.example.evil\r\n"), "403 ",
               "origin");
  RawClient good(world.port());
  good.Upgrade("/", "Origin: https://good.example:443\r\n");
  RawClient none(world.port());
  none.Upgrade();
}

TEST(Handshake, RefusesANamespaceThatIsDrained) {
  EdgeWorld world;
  world.OnShard([](hub::Shard& shard, Now) { shard.Refuse("chat", true); });
  ExpectAnswer(world, UpgradeRequest("/chat"), "503 ", "draining");
  RawClient other(world.port());
  other.Upgrade("/other");
}

TEST(Handshake, RefusesWhoExceedsTheCap) {
  EdgeOptions options = EdgeWorld::Options();
  options.connections_max = 1;
  options.retry_after = absl::Seconds(7);
  EdgeWorld world(options);
  auto first = std::make_unique<RawClient>(world.port());
  first->Upgrade();
  RawClient second(world.port());
  second.Send(UpgradeRequest());
  std::string answer = second.ReadToEnd().value_or("still open");
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 503");
  EXPECT_NE(answer.find("Retry-After: 7\r\n"), std::string::npos);
  EXPECT_EQ(world.Metric(RefusedMetric("connections_max")), 1);
  first.reset();
  EXPECT_TRUE(Eventually([&] { return world.events().closed() == 1; }));
  second.ShutdownSend();
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
  RawClient third(world.port());
  third.Upgrade();
}

TEST(Handshake, CutsWhoExceedsEvenTheRefusals) {
  EdgeOptions options = EdgeWorld::Options();
  options.connections_max = 1;
  options.refusals_max = 0;
  EdgeWorld world(options);
  RawClient first(world.port());
  first.Upgrade();
  RawClient second(world.port());
  EXPECT_EQ(second.ReadToEnd(), "");
  EXPECT_EQ(world.Metric("edge_refusals_cut_total"), 1);
}

TEST(Handshake, RefusesWhoComesTooFast) {
  EdgeOptions options = EdgeWorld::Options();
  options.accepts_per_second = 0.001;
  options.accepts_burst = 1;
  EdgeWorld world(options);
  RawClient first(world.port());
  first.Upgrade();
  ExpectAnswer(world, UpgradeRequest(), "503 ", "accept_rate");
}

TEST(Handshake, CutsWhoSaysNothing) {
  EdgeWorld world(Impatient());
  RawClient client(world.port());
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_EQ(world.Metric(RefusedMetric("timeout")), 1);
}

TEST(Handshake, TellsWhoIsTooSlow) {
  EdgeWorld world(Impatient());
  ExpectAnswer(world, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", "408 ", "timeout");
}

TEST(Handshake, GivesTheAnswerToWhoHalfCloses) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.ShutdownSend();
  EXPECT_EQ(client.ReadToEnd().value_or("").substr(0, 12), "HTTP/1.1 426");
}

TEST(Handshake, CountsWhoLeavesEarly) {
  EdgeWorld world;
  {
    RawClient client(world.port());
    client.Send("GET /");
  }
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_handshakes_abandoned_total") == 1; }));
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
}

TEST(Handshake, SurvivesGarbage) {
  EdgeWorld world;
  uint32_t seed = 7;
  for (int round = 0; round < 50; ++round) {
    RawClient client(world.port());
    std::string garbage;
    for (int i = 0; i < 400; ++i) garbage += static_cast<char>((seed = seed * 1664525 + 1) >> 24);
    client.Send(garbage);
    client.ShutdownSend();
    EXPECT_TRUE(client.Ended());
  }
  RawClient client(world.port());
  client.Upgrade();
}

TEST(Handshake, SpreadsOverShards) {
  EdgeWorld world(EdgeWorld::Options(), {}, 2);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<RawClient>(world.port()));
    clients.back()->Upgrade();
  }
  EXPECT_EQ(world.sessions(), 64u);
  size_t first = 0;
  world.OnShard([&](hub::Shard& shard, Now) { first = shard.sessions(); }, 0);
  EXPECT_GT(first, 0u);
  EXPECT_LT(first, 64u);
}

TEST(Handshake, StopsAccepting) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  world.edge().StopAccepting();
  world.OnShard([](hub::Shard&, Now) {});
  client.Send(ClientFrame(kText, "list 1"));
  EXPECT_EQ(client.ReadFrame().payload, "methods 1 ");
  ExpectAnswer(world, UpgradeRequest("/chat"), "503 ", "draining");
  world.edge().Stop();
  EXPECT_TRUE(client.Ended());
}

TEST(Edge, DoesNotShareItsPortWithAnother) {
  EdgeWorld world;
  EdgeOptions options;
  options.listen = world.edge().address();
  auto edge = Edge::Make(options, *protocol::Routes::Make({}), 1);
  ASSERT_TRUE(edge.ok());
  absl::Status status = (*edge)->Listen();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find(options.listen), std::string::npos) << status;
}

TEST(Handshake, TellsWhoIsUnderWayWhenTheNodeStops) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_bytes_in_total") > 0; }));
  world.edge().StopAccepting();
  client.Send(UpgradeRequest().substr(16));
  EXPECT_EQ(client.ReadToEnd().value_or("").substr(0, 12), "HTTP/1.1 503");
}

// A client connects while this process, which is also the server, has no descriptor left.
TEST(Accept, PausesWhenDescriptorsRunOut) {
  EdgeWorld world;
  std::vector<int> hoard;
  for (int fd = dup(0); fd >= 0; fd = dup(0)) hoard.push_back(fd);
  ASSERT_EQ(errno, EMFILE);
  close(hoard.back());
  hoard.pop_back();
  RawClient client(world.port());  // takes the last one
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_accept_pauses_total") >= 2; }));
  EXPECT_LT(world.Metric("edge_accept_errors_total"), 1000) << "it spins";
  for (int fd : hoard) close(fd);
  client.Upgrade();
}

TEST(Edge, SaysWhyItCannotListen) {
  EdgeWorld world;
  EdgeOptions options;
  options.listen = "192.0.2.1:1";
  auto edge = Edge::Make(options, *protocol::Routes::Make({}), 1);
  ASSERT_TRUE(edge.ok());
  absl::Status status = (*edge)->Listen();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("192.0.2.1:1"), std::string::npos) << status;
}

}  // namespace
}  // namespace sluice::edge
