// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

using hub::Fault;
using hub::Payload;

class RawTest : public DialectTest {
 protected:
  const hub::Dialect& raw_ = registry_.raw;
};

TEST_F(RawTest, IsWhatItIs) {
  EXPECT_EQ(raw_.id(), 5);
  EXPECT_EQ(raw_.traits().name, "raw");
  EXPECT_EQ(raw_.traits().liveness.ping, std::string("\x89\x00", 2));
  EXPECT_EQ(raw_.traits().liveness.interval, absl::Seconds(25));
  EXPECT_EQ(raw_.traits().liveness.timeout, absl::Seconds(10));
}

TEST_F(RawTest, EveryMessageIsForwardedAsItIs) {
  for (const char* message : {"", "hello", "{\"n\":\"_h\"}", "\xc3\xa9"}) {
    hub::Decoded text = raw_.Decode(state_, message, false, limits_);
    EXPECT_EQ(text.commands[0].verb, hub::Verb(hub::Forward{Payload::Text(message)}));
    EXPECT_FALSE(text.commands[0].correlation.answer);
  }
  std::string bytes("\x00\xff\x01", 3);
  hub::Decoded binary = raw_.Decode(state_, bytes, true, limits_);
  EXPECT_EQ(binary.commands[0].verb, hub::Verb(hub::Forward{Payload::Binary(bytes)}));
}

TEST_F(RawTest, EventsAreTheirBodies) {
  auto sent = [this](const Payload& body) { return *raw_.EncodeEvent("any", body); };
  EXPECT_EQ(sent(Payload::Text("hi \"you\"")), "hi \"you\"");
  EXPECT_EQ(sent(Payload::Json("{ \"a\" : 1 }")), "{ \"a\" : 1 }");
  EXPECT_EQ(sent(Payload::Binary("\xff")), "\xff");
  EXPECT_EQ(sent(Payload::Text("")), "");
  EXPECT_EQ(raw_.EncodeEvent("any", Payload::None()), std::nullopt);
}

TEST_F(RawTest, OnlyBytesTravelInBinaryFrames) {
  EXPECT_TRUE(raw_.BinaryEvent(Payload::Binary("x")));
  EXPECT_FALSE(raw_.BinaryEvent(Payload::Text("x")));
  EXPECT_FALSE(raw_.BinaryEvent(Payload::Json("1")));
}

TEST_F(RawTest, AdmissionsPayloadComesFirst) {
  auto welcome = [this](const Payload& payload) {
    return raw_.EncodeWelcome({}, {.id = "a", .user = "", .payload = payload});
  };
  EXPECT_EQ(welcome(Payload::Json("{}")), "{}");
  EXPECT_EQ(welcome(Payload::None()), std::nullopt);
  EXPECT_EQ(welcome(Payload::Binary("x")), std::nullopt);
}

TEST_F(RawTest, NobodyIsAnsweredOrAsked) {
  EXPECT_EQ(raw_.EncodeResult({}, Payload::Json("1")), "");
  EXPECT_EQ(raw_.EncodeError({}, hub::MakeError(Fault::kUnavailable)), "");
  EXPECT_EQ(raw_.EncodeRequest(state_, 1, "q", Payload::None()), std::nullopt);
}

TEST_F(RawTest, ClosesAsTheTableSays) {
  for (int i = 0; i < hub::kCloseCauseCount; ++i) {
    auto cause = static_cast<hub::CloseCause>(i);
    EXPECT_EQ(raw_.Close(cause).code, hub::RuleOf(cause).code);
    EXPECT_EQ(raw_.Close(cause).reason, hub::RuleOf(cause).reason);
  }
}

}  // namespace
}  // namespace sluice::protocol
