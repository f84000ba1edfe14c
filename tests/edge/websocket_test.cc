// SPDX-License-Identifier: Apache-2.0
//
// Open WebSockets: messages in every shape, control frames, violations, endings.
#include "gateway/edge/websocket.h"

#include <gtest/gtest.h>

#include "absl/time/clock.h"

#include "gateway/hub/client_verbs.h"
#include "tests/edge/edge_world.h"
#include "tests/edge/raw_client.h"

namespace sluice::edge {
namespace {

// Something that the hub answers at once: "methods ID ".
std::string Ask(const std::string& id) { return "list " + id; }
Frame Answer(const std::string& id) { return {kText, "methods " + id + " "}; }

TEST(EndsMidCharacter, LooksAtTheLastCharacterAlone) {
  EXPECT_FALSE(EndsMidCharacter(""));
  EXPECT_FALSE(EndsMidCharacter("abc"));
  EXPECT_FALSE(EndsMidCharacter("a\xc3\xa9"));
  EXPECT_FALSE(EndsMidCharacter("\xe2\x82\xac"));
  EXPECT_FALSE(EndsMidCharacter("\xf0\x9f\x98\x80"));
  EXPECT_TRUE(EndsMidCharacter("a\xc3"));
  EXPECT_TRUE(EndsMidCharacter("\xe2\x82"));
  EXPECT_TRUE(EndsMidCharacter("\xf0\x9f\x98"));
}

TEST(WebSocket, AnswersAMessage) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  client.Send(ClientFrame(kText, Ask("1")));
  EXPECT_EQ(client.ReadFrame(), Answer("1"));
}

TEST(WebSocket, AnswersOneAfterTheOther) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  std::string burst;
  for (int i = 0; i < 50; ++i) burst += ClientFrame(kText, Ask(std::to_string(i)));
  client.Send(burst);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.ReadFrame(), Answer(std::to_string(i)));
}

TEST(WebSocket, TakesAFirstFrameThatCameWithTheRequest) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Send(UpgradeRequest() + ClientFrame(kText, Ask("1")) + ClientFrame(kText, Ask("2")));
  client.ReadUntil("\r\n\r\n");
  EXPECT_EQ(client.ReadFrame(), Answer("1"));
  EXPECT_EQ(client.ReadFrame(), Answer("2"));
}

TEST(WebSocket, TakesALongFirstFrameThatCameWithTheRequest) {
  EdgeWorld world;
  RawClient client(world.port());
  std::string id(20000, 'i');
  client.Send(UpgradeRequest() + ClientFrame(kText, Ask(id)));
  client.ReadUntil("\r\n\r\n");
  EXPECT_EQ(client.ReadFrame(), Answer(id));
}

TEST(WebSocket, TakesAnyLengthUpToTheBound) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  for (size_t size : {1,   120,  121,  122,  123,  124,  125,  126,   127,   128,
                      129, 1500, 1536, 1537, 4096, 4224, 4225, 16384, 65000, 65531}) {
    std::string id(size, 'x');
    client.Send(ClientFrame(kText, Ask(id)));
    EXPECT_EQ(client.ReadFrame(), Answer(id)) << size;
  }
}

TEST(WebSocket, TakesAMessageByteByByte) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  std::string id(300, 'y');
  for (char byte : ClientFrame(kText, Ask(id))) client.Send({&byte, 1});
  EXPECT_EQ(client.ReadFrame(), Answer(id));
}

TEST(WebSocket, TakesAMessageInFragmentsWithControlFramesBetween) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  client.Send(ClientFrame(kText, "list ", false) + ClientFrame(kContinuation, "", false) +
              ClientFrame(kPing, "p") + ClientFrame(kContinuation, std::string(500, 'a'), false) +
              ClientFrame(kContinuation, "b") + ClientFrame(kText, Ask("2")));
  EXPECT_EQ(client.ReadFrame(), (Frame{kPong, "p"}));
  EXPECT_EQ(client.ReadFrame(), Answer(std::string(500, 'a') + "b"));
  EXPECT_EQ(client.ReadFrame(), Answer("2"));
}

TEST(WebSocket, AnswersPings) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  std::string largest(125, 'p');
  client.Send(ClientFrame(kPing, "") + ClientFrame(kPong, "unasked") + ClientFrame(kPing, largest));
  EXPECT_EQ(client.ReadFrame(), (Frame{kPong, ""}));
  EXPECT_EQ(client.ReadFrame(), (Frame{kPong, largest}));
}

// --- violations
// -----------------------------------------------------------------------------------

struct Violation {
  const char* name;
  std::string bytes;
  uint16_t code;
  const char* metric;
};

class Violations : public testing::TestWithParam<Violation> {};

TEST_P(Violations, CloseWithTheirCode) {
  EdgeWorld world;
  RawClient client(world.port());
  RawClient bystander(world.port());
  bystander.Upgrade();
  client.Upgrade();
  client.Send(GetParam().bytes);
  EXPECT_EQ(client.ReadFrame(), (Frame{kClose, ClosePayload(GetParam().code)}));
  EXPECT_TRUE(client.Ended());
  EXPECT_TRUE(Eventually([&] { return world.events().closed() == 1; }));
  EXPECT_EQ(world.events().last_code(), GetParam().code);
  EXPECT_EQ(world.Metric(std::string("edge_violations_total{") + GetParam().metric + "}"), 1);
  bystander.Send(ClientFrame(kText, Ask("1")));
  EXPECT_EQ(bystander.ReadFrame(), Answer("1"));
}

std::string Announced(uint64_t size) {
  return ClientFrame(kBinary, std::string(size, 'x')).substr(0, 20);
}

INSTANTIATE_TEST_SUITE_P(
    All, Violations,
    testing::Values(
        Violation{"TooBig", Announced((64 << 10) + 1), 1009, "message_too_big"},
        Violation{"TooBigInFragments",
                  ClientFrame(kText, std::string(40000, 'a'), false) +
                      ClientFrame(kContinuation, std::string(40000, 'a')),
                  1009, "message_too_big"},
        Violation{"BadUtf8", ClientFrame(kText, "a\xff"), 1007, "bad_utf8"},
        Violation{"BadUtf8Long", ClientFrame(kText, std::string(5000, 'a') + "\xc0\x80"), 1007,
                  "bad_utf8"},
        Violation{"HalfCharacter", ClientFrame(kText, "a\xc3"), 1007, "bad_utf8"},
        Violation{"HalfCharacterThenAnEmptyEnd",
                  ClientFrame(kText, "a\xc3", false) + ClientFrame(kContinuation, ""), 1007,
                  "bad_utf8"},
        Violation{"Unmasked", std::string("\x81\x01x", 3), 1002, "protocol"},
        Violation{"ReservedOpcode", ClientFrame(3, "x"), 1002, "protocol"},
        Violation{"LostContinuation", ClientFrame(kContinuation, "x"), 1002, "protocol"},
        Violation{"FragmentedPing", ClientFrame(kPing, "x", false), 1002, "protocol"},
        Violation{"LongPing", ClientFrame(kPing, std::string(126, 'x')), 1002, "protocol"},
        Violation{"BadCloseCode", ClientFrame(kClose, ClosePayload(1005)), 1002, "protocol"},
        Violation{"ShortClose", ClientFrame(kClose, "x"), 1002, "protocol"}),
    [](const auto& info) { return info.param.name; });

// --- endings
// --------------------------------------------------------------------------------------

TEST(Endings, TheClientCloses) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  client.Send(ClientFrame(kClose, ClosePayload(4321, "bye")));
  EXPECT_EQ(client.ReadFrame(), (Frame{kClose, ClosePayload(4321)}));
  EXPECT_TRUE(client.Ended());
  EXPECT_TRUE(Eventually([&] { return world.events().closed() == 1; }));
  EXPECT_EQ(world.events().last_code(), 4321);
}

TEST(Endings, TheClientClosesWithoutACode) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  client.Send(ClientFrame(kClose, ""));
  EXPECT_EQ(client.ReadFrame().opcode, kClose);
  EXPECT_TRUE(client.Ended());
  EXPECT_TRUE(Eventually([&] { return world.events().last_code() == 1005; }));
}

void Disconnect(EdgeWorld& world, uint16_t code, const std::string& reason) {
  hub::Selector everybody;
  everybody.space = "default";
  world.OnShard([&](hub::Shard& shard, Now now) {
    shard.clients().Disconnect(everybody, {code, reason}, false, now);
  });
}

TEST(Endings, TheHubCloses) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  client.Send(ClientFrame(kText, Ask("1")));
  EXPECT_EQ(client.ReadFrame(), Answer("1"));
  world.Send("default", "last words");
  Disconnect(world, 4000, "go away");
  EXPECT_EQ(client.ReadFrame(), (Frame{kText, "event e last words"}));
  EXPECT_EQ(client.ReadFrame(), (Frame{kClose, ClosePayload(4000, "go away")}));
  client.Send(ClientFrame(kClose, ClosePayload(4000)));
  EXPECT_TRUE(client.Ended());
  client.ShutdownSend();
  EXPECT_TRUE(Eventually([&] { return world.sessions() == 0; }));
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
}

TEST(Endings, BothCloseAtOnce) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  client.Send(ClientFrame(kText, Ask("1")));
  EXPECT_EQ(client.ReadFrame(), Answer("1"));
  client.Send(ClientFrame(kText, "half a message", false));
  Disconnect(world, 4000, "");
  client.Send(ClientFrame(kClose, ClosePayload(1001)));
  EXPECT_EQ(client.ReadFrame().opcode, kClose);
  EXPECT_TRUE(client.Ended());
  client.ShutdownSend();
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
}

TEST(Endings, WhoDoesNotAnswerACloseIsCut) {
  EdgeOptions options = EdgeWorld::Options();
  options.close_timeout = absl::Milliseconds(50);
  EdgeWorld world(options);
  RawClient client(world.port());
  client.Upgrade();
  client.Send(ClientFrame(kText, Ask("1")));
  EXPECT_EQ(client.ReadFrame(), Answer("1"));
  Disconnect(world, 4000, "");
  EXPECT_EQ(client.ReadFrame().opcode, kClose);
  EXPECT_TRUE(client.Ended());
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
  EXPECT_EQ(world.Metric("edge_close_timeouts_total"), 1);
}

TEST(Endings, WhoAnswersButStaysIsCut) {
  EdgeOptions options = EdgeWorld::Options();
  options.close_timeout = absl::Milliseconds(50);
  EdgeWorld world(options);
  RawClient client(world.port());
  client.Upgrade();
  client.Send(ClientFrame(kClose, ClosePayload(1000)));
  EXPECT_EQ(client.ReadFrame().opcode, kClose);
  EXPECT_TRUE(Eventually([&] { return world.sessions() == 0; }));
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
}

TEST(Endings, TheClientVanishesInMidFrame) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  client.Send(Announced(1000));
  client.Reset();
  EXPECT_TRUE(Eventually([&] { return world.events().closed() == 1; }));
  EXPECT_EQ(world.events().last_code(), 1006);
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
}

TEST(Endings, TheClientStopsSendingInMidFrame) {
  EdgeWorld world;
  RawClient client(world.port());
  client.Upgrade();
  client.Send(Announced(1000));
  client.ShutdownSend();
  EXPECT_TRUE(client.Ended());
  EXPECT_TRUE(Eventually([&] { return world.events().last_code() == 1006; }));
}

}  // namespace
}  // namespace sluice::edge
