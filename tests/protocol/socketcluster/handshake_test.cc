// SPDX-License-Identifier: Apache-2.0
//
// How a SocketCluster connection begins, is kept alive, and ends.
#include <gtest/gtest.h>

#include "gateway/protocol/registry.h"
#include "gateway/protocol/socketcluster/socketcluster.h"
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

using hub::CloseCause;
using hub::CloseFrame;
using hub::Command;
using hub::Payload;

constexpr std::string_view kHandshake =
    R"({"event":"#handshake","data":{"authToken":null},"cid":1})";

class SocketClusterHandshake : public DialectTest {
 protected:
  hub::Verb VerbOf(std::string_view bytes) { return One(socketcluster_, bytes).verb; }
  static hub::Verb ClosedWith(uint16_t code) { return hub::Hopeless{{code, ""}}; }
};

TEST_F(SocketClusterHandshake, WithoutToken) {
  Command command = One(socketcluster_, kHandshake);
  EXPECT_EQ(command.correlation.id, "1");
  EXPECT_TRUE(command.correlation.answer);
  EXPECT_EQ(command.verb, hub::Verb(hub::Greet{Payload::Json(R"({"authToken":null})"), ""}));
}

TEST_F(SocketClusterHandshake, WithToken) {
  EXPECT_EQ(VerbOf(R"({"event":"#handshake","data":{"authToken":"a.b.\u0063"},"cid":3})"),
            hub::Verb(hub::Greet{Payload::Json(R"({"authToken":"a.b.\u0063"})"), "a.b.c"}));
}

TEST_F(SocketClusterHandshake, TokensThatAreNone) {
  for (const char* data :
       {"", R"(,"data":null)", R"(,"data":"text")", R"(,"data":{})", R"(,"data":{"authToken":""})",
        R"(,"data":{"authToken":0})", R"(,"data":{"authToken":false})"}) {
    hub::Verb verb = VerbOf(std::string(R"({"event":"#handshake","cid":1)") + data + "}");
    ASSERT_TRUE(std::holds_alternative<hub::Greet>(verb)) << data;
    EXPECT_EQ(std::get<hub::Greet>(verb).token, "") << data;
  }
  hub::Verb verb = VerbOf(R"({"event":"#handshake","data":{"authToken":{"a":1}},"cid":1})");
  EXPECT_EQ(std::get<hub::Greet>(verb).token, R"({"a":1})");
}

TEST_F(SocketClusterHandshake, InAnArrayAndInABinaryFrame) {
  hub::Decoded decoded = socketcluster_.Decode(
      state_, "[" + std::string(kHandshake) + R"(,{"event":"e","cid":2}])", true, limits_);
  ASSERT_EQ(decoded.commands.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<hub::Greet>(decoded.commands[0].verb));
  EXPECT_EQ(decoded.commands[1].verb, Call("e"));
}

TEST_F(SocketClusterHandshake, WithoutCidCloses) {
  EXPECT_EQ(VerbOf(R"({"event":"#handshake","data":{"authToken":null}})"), ClosedWith(4008));
  EXPECT_EQ(VerbOf(R"({"event":"#handshake","cid":"1"})"), ClosedWith(4008));
  One(socketcluster_, kHandshake);
  EXPECT_EQ(VerbOf(R"({"event":"#handshake"})"), ClosedWith(4008));
}

TEST_F(SocketClusterHandshake, AnythingElseBeforeItCloses) {
  for (const char* text :
       {"", "hello", "{", "5", "{}", "[{}]", R"({"event":"e","cid":1})", R"({"rid":1})",
        R"({"event":"#authenticate","data":"x","cid":1})", R"({"event":"#removeAuthToken"})",
        R"({"event":"#subscribe","data":{"channel":"c"},"cid":1})"}) {
    EXPECT_EQ(VerbOf(text), ClosedWith(4009)) << text;
  }
  EXPECT_EQ(VerbOf("[]"), hub::Verb(hub::Ignore{}));
}

TEST_F(SocketClusterHandshake, NothingIsReadBehindAClose) {
  hub::Decoded decoded =
      Decode(socketcluster_, R"([{"event":"e"},)" + std::string(kHandshake) + "]");
  ASSERT_EQ(decoded.commands.size(), 1u);
  EXPECT_EQ(decoded.commands[0].verb, ClosedWith(4009));
}

TEST_F(SocketClusterHandshake, AgainOnAnOpenConnection) {
  One(socketcluster_, kHandshake);
  Command again =
      One(socketcluster_, R"({"event":"#handshake","data":{"authToken":null},"cid":9})");
  EXPECT_EQ(again.correlation.id, "9");
  EXPECT_TRUE(std::holds_alternative<hub::Greet>(again.verb));
}

TEST_F(SocketClusterHandshake, NotStrict) {
  SocketCluster lax({.strict_handshake = false});
  EXPECT_EQ(One(lax, "").verb, hub::Verb(hub::Ignore{}));
  EXPECT_EQ(One(lax, "garbage").verb, hub::Verb(hub::Ignore{}));
  EXPECT_EQ(One(lax, R"({"rid":1})").verb, hub::Verb(hub::Ignore{}));
  EXPECT_EQ(Refusal(lax, R"({"event":"e","cid":5})"),
            R"({"rid":5,"error":{"message":"The handshake has not been completed",)"
            R"("name":"InvalidActionError"}})");
  EXPECT_EQ(Refusal(lax, R"({"event":"e"})"), "");
  EXPECT_TRUE(std::holds_alternative<hub::Greet>(One(lax, kHandshake).verb));
  EXPECT_EQ(One(lax, R"({"event":"e"})").verb, Call("e"));
}

TEST_F(SocketClusterHandshake, IsTheDialectWhateverTheFirstFrameIs) {
  EXPECT_EQ(&socketcluster_.ForFirstFrame(true, "\x80"), &socketcluster_);
  EXPECT_FALSE(socketcluster_.Toggle(state_, "rpc.call", true));
  EXPECT_TRUE(socketcluster_.traits().open_channels);
}

TEST_F(SocketClusterHandshake, PingsAreEmptyTextFrames) {
  const hub::LivenessRule& rule = socketcluster_.traits().liveness;
  EXPECT_EQ(rule.ping, std::string("\x81\x00", 2));
  EXPECT_TRUE(rule.steady);
  EXPECT_EQ(rule.interval, absl::Seconds(8));
  EXPECT_EQ(rule.timeout, absl::Seconds(30));
  EXPECT_EQ(rule.lease, absl::ZeroDuration());
  EXPECT_EQ(socketcluster_.traits().handshake_timeout, absl::Seconds(10));
}

TEST_F(SocketClusterHandshake, OptionsThatContradictEachOther) {
  EXPECT_TRUE(Validate(SocketClusterOptions()).ok());
  SocketClusterOptions options;
  options.ping_interval = absl::Seconds(30);
  EXPECT_FALSE(Validate(options).ok());
  options.ping_interval = absl::ZeroDuration();
  EXPECT_FALSE(Validate(options).ok());
  options.ping_timeout = absl::ZeroDuration();
  EXPECT_TRUE(Validate(options).ok());
}

TEST_F(SocketClusterHandshake, ItsOwnCloseCodesHaveNoReason) {
  EXPECT_EQ(socketcluster_.Close(CloseCause::kDisconnect), (CloseFrame{1000, ""}));
  EXPECT_EQ(socketcluster_.Close(CloseCause::kDrain), (CloseFrame{1001, ""}));
  EXPECT_EQ(socketcluster_.Close(CloseCause::kProtocol), (CloseFrame{1002, ""}));
  EXPECT_EQ(socketcluster_.Close(CloseCause::kPongTimeout), (CloseFrame{4001, ""}));
  EXPECT_EQ(socketcluster_.Close(CloseCause::kHandshakeTimeout), (CloseFrame{4005, ""}));
  EXPECT_EQ(socketcluster_.Close(CloseCause::kRejected), (CloseFrame{4008, ""}));
}

// The client comes back after every code but 1000 and those from 4500 up.
TEST_F(SocketClusterHandshake, OtherCloseCodesSayWhyAndWhetherToComeBack) {
  EXPECT_EQ(socketcluster_.Close(CloseCause::kReplaced),
            (CloseFrame{4510, "replaced by a newer connection"}));
  for (CloseCause cause : {CloseCause::kAdmissionDown, CloseCause::kSlowConsumer,
                           CloseCause::kRateLimited, CloseCause::kIdTaken}) {
    CloseFrame frame = socketcluster_.Close(cause);
    EXPECT_EQ(frame.code, hub::RuleOf(cause).code);
    EXPECT_LT(frame.code, 4500);
    EXPECT_NE(frame.reason, "");
  }
}

}  // namespace
}  // namespace sluice::protocol
