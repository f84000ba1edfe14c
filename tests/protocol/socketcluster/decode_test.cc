// SPDX-License-Identifier: Apache-2.0
//
// Packets of a SocketCluster client behind its handshake.
#include "gateway/protocol/socketcluster/socketcluster.h"

#include <gtest/gtest.h>

#include "gateway/protocol/registry.h"
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

using hub::Command;
using hub::Payload;

class SocketClusterDecode : public DialectTest {
 protected:
  SocketClusterDecode() {
    Decode(socketcluster_, R"({"event":"#handshake","data":{"authToken":null},"cid":1})");
  }

  hub::Verb VerbOf(std::string_view bytes) { return One(socketcluster_, bytes).verb; }

  // What the client is told; "" if nothing.
  std::string Told(std::string_view bytes) { return Refusal(socketcluster_, bytes); }

  void ExpectIgnored(std::string_view bytes, bool binary = false) {
    hub::Decoded decoded = socketcluster_.Decode(state_, bytes, binary, limits_);
    ASSERT_EQ(decoded.commands.size(), 1u) << bytes;
    EXPECT_EQ(decoded.commands[0].verb, hub::Verb(hub::Ignore{})) << bytes;
    EXPECT_FALSE(decoded.commands[0].correlation.answer) << bytes;
  }
};

std::string Error(std::string_view rid, std::string_view name, std::string_view message) {
  return "{\"rid\":" + std::string(rid) + ",\"error\":{\"message\":\"" + std::string(message) +
         "\",\"name\":\"" + std::string(name) + "\"}}";
}

TEST_F(SocketClusterDecode, Transmit) {
  Command command = One(socketcluster_, R"({"event":"hello","data":"abc"})");
  EXPECT_FALSE(command.correlation.answer);
  EXPECT_EQ(command.verb, Call("hello", Payload::Json("\"abc\"")));
  EXPECT_EQ(VerbOf(R"({"event":"hello"})"), Call("hello"));
}

TEST_F(SocketClusterDecode, Invoke) {
  Command command = One(socketcluster_, R"({"event":"add","data":{"a":1,"b":2},"cid":2})");
  EXPECT_TRUE(command.correlation.answer);
  EXPECT_EQ(command.correlation.id, "2");
  EXPECT_EQ(command.verb, Call("add", Payload::Json(R"({"a":1,"b":2})")));
}

TEST_F(SocketClusterDecode, NumbersAreKeptVerbatim) {
  for (const char* cid : {"0", "-1", "1.50", "1e3", "18446744073709551616"}) {
    std::string message = std::string(R"({"event":"e","cid": )") + cid + " }";
    Command command = One(socketcluster_, message);
    EXPECT_EQ(command.correlation.id, cid);
    EXPECT_TRUE(command.correlation.answer) << cid;
  }
}

TEST_F(SocketClusterDecode, WhatIsNoNumberMakesATransmit) {
  for (const char* cid : {"\"2\"", "\"550e8400-e29b\"", "null", "true", "[1]", "{}"}) {
    std::string message = std::string(R"({"event":"e","data":1,"cid":)") + cid + "}";
    Command command = One(socketcluster_, message);
    EXPECT_FALSE(command.correlation.answer) << cid;
    EXPECT_EQ(command.verb, Call("e", Payload::Json("1"))) << cid;
  }
}

TEST_F(SocketClusterDecode, TheLastOfEqualKeysCounts) {
  EXPECT_EQ(VerbOf(R"({"event":"a","event":"b","data":1,"data":2})"),
            Call("b", Payload::Json("2")));
}

TEST_F(SocketClusterDecode, UnknownReservedNamesAreOrdinary) {
  EXPECT_EQ(VerbOf(R"({"event":"#disconnect","data":{"code":1},"cid":3})"),
            Call("#disconnect", Payload::Json(R"({"code":1})")));
  EXPECT_EQ(VerbOf(R"({"event":"rpc.on"})"), Call("rpc.on"));
}

TEST_F(SocketClusterDecode, Publish) {
  Command command = One(socketcluster_,
                        R"({"event":"#publish","data":{"channel":"foo","data":{"m":1}},"cid":9})");
  EXPECT_TRUE(command.correlation.answer);
  EXPECT_EQ(command.verb, hub::Verb(hub::Publish{"foo", Payload::Json(R"({"m":1})")}));
  command = One(socketcluster_, R"({"event":"#publish","data":{"data":9,"channel":"rewrite"}})");
  EXPECT_FALSE(command.correlation.answer);
  EXPECT_EQ(command.verb, hub::Verb(hub::Publish{"rewrite", Payload::Json("9")}));
  EXPECT_EQ(VerbOf(R"({"event":"#publish","data":{"channel":"f"}})"),
            hub::Verb(hub::Publish{"f", Payload::None()}));
}

TEST_F(SocketClusterDecode, Subscribe) {
  Command command =
      One(socketcluster_,
          R"({"event":"#subscribe","data":{"channel":"foo","data":{"since":5}},"cid":8})");
  EXPECT_EQ(command.correlation.id, "8");
  EXPECT_EQ(command.verb, hub::Verb(hub::Subscribe{{"foo"}, Payload::Json(R"({"since":5})")}));
  EXPECT_EQ(VerbOf(R"({"event":"#subscribe","data":{"channel":"w","waitForAuth":true},"cid":8})"),
            hub::Verb(hub::Subscribe{{"w"}}));
}

TEST_F(SocketClusterDecode, SubscribeWithoutCidDoesNothing) {
  ExpectIgnored(R"({"event":"#subscribe","data":{"channel":"foo"}})");
}

TEST_F(SocketClusterDecode, Unsubscribe) {
  Command command = One(socketcluster_, R"({"event":"#unsubscribe","data":"foo"})");
  EXPECT_FALSE(command.correlation.answer);
  EXPECT_EQ(command.verb, hub::Verb(hub::Unsubscribe{{"foo"}}));
  EXPECT_TRUE(
      One(socketcluster_, R"({"event":"#unsubscribe","data":"foo","cid":12})").correlation.answer);
}

TEST_F(SocketClusterDecode, MalformedControlPacketsAreToldIfThereIsACid) {
  for (const char* data : {"", R"(,"data":null)", R"(,"data":{})", R"(,"data":{"channel":5})",
                           R"(,"data":["a"])", R"(,"data":"a")", R"(,"data":{"channel":["a","b"]})",
                           R"(,"data":{"channel":""})", R"(,"data":{"channel":"a\nb"})"}) {
    for (const char* kind : {"publish", "subscribe"}) {
      std::string start = std::string(R"({"event":"#)") + kind + "\"" + data;
      std::string text = kind == std::string("publish") ? "Publish" : "Subscribe";
      EXPECT_EQ(Told(start + R"(,"cid":5})"),
                Error("5", "InvalidActionError", text + " channel name was malformatted"))
          << start;
      if (text == "Publish") {
        EXPECT_EQ(Told(start + "}"), "") << start;
      }
    }
  }
  for (const char* data : {"", R"(,"data":null)", R"(,"data":{"channel":"a"})", R"(,"data":[])"}) {
    std::string start = std::string(R"({"event":"#unsubscribe")") + data;
    EXPECT_EQ(Told(start + R"(,"cid":6})"),
              Error("6", "InvalidActionError", "Unsubscribe channel name was malformatted"));
    EXPECT_EQ(Told(start + "}"), "");
  }
}

TEST_F(SocketClusterDecode, NameBounds) {
  limits_.name_max = 3;
  EXPECT_EQ(VerbOf(R"({"event":"abc"})"), Call("abc"));
  EXPECT_EQ(Told(R"({"event":"abcd","cid":1})"),
            Error("1", "InvalidMessageError", "The event name is longer than 3 bytes"));
  EXPECT_EQ(Told(R"({"event":"#subscribe","data":{"channel":"abcd"},"cid":2})"),
            Error("2", "InvalidActionError", "Subscribe channel name is longer than 3 bytes"));
}

TEST_F(SocketClusterDecode, ClientPublishMayBeDisabled) {
  SocketCluster closed({.client_publish = false});
  EXPECT_EQ(Refusal(closed, R"({"event":"#publish","data":{"channel":"foo"},"cid":9})"),
            Error("9", "InvalidActionError", "Client publish feature is disabled"));
  EXPECT_EQ(Refusal(closed, R"({"event":"#publish","data":5,"cid":9})"),
            Error("9", "InvalidActionError", "Client publish feature is disabled"));
  EXPECT_EQ(Refusal(closed, R"({"event":"#publish","data":{"channel":"foo"}})"), "");
}

TEST_F(SocketClusterDecode, Authenticate) {
  Command command = One(socketcluster_, R"({"event":"#authenticate","data":"a.b.c","cid":22})");
  EXPECT_EQ(command.correlation.id, "22");
  EXPECT_EQ(command.verb, hub::Verb(hub::Authenticate{"a.b.c"}));
  EXPECT_EQ(VerbOf(R"({"event":"#authenticate","data":null,"cid":22})"),
            hub::Verb(hub::Authenticate{""}));
  EXPECT_EQ(VerbOf(R"({"event":"#authenticate","cid":22})"), hub::Verb(hub::Authenticate{""}));
}

TEST_F(SocketClusterDecode, AuthenticateWithoutCidCloses) {
  EXPECT_EQ(VerbOf(R"({"event":"#authenticate","data":"a.b.c"})"),
            hub::Verb(hub::Hopeless{{4008, ""}}));
}

TEST_F(SocketClusterDecode, ATokenThatIsNoString) {
  hub::Decoded decoded = Decode(socketcluster_, R"({"event":"#authenticate","data":5,"cid":22})");
  ASSERT_EQ(decoded.commands.size(), 3u);
  EXPECT_EQ(decoded.commands[0].verb, hub::Verb(hub::Deauthenticate{}));
  EXPECT_EQ(socketcluster_.EncodeError(decoded.commands[1].correlation,
                                       std::get<hub::Malformed>(decoded.commands[1].verb).error),
            R"({"rid":22,"error":{"message":"Invalid token format - Token must be a string",)"
            R"("name":"AuthTokenError","isBadToken":true}})");
  EXPECT_EQ(decoded.commands[2].verb, hub::Verb(hub::Say{R"({"event":"#removeAuthToken"})", {}}));
}

TEST_F(SocketClusterDecode, RemoveAuthTokenIsNeverAnswered) {
  for (const char* text :
       {R"({"event":"#removeAuthToken"})", R"({"event":"#removeAuthToken","cid":3})"}) {
    Command command = One(socketcluster_, text);
    EXPECT_FALSE(command.correlation.answer);
    EXPECT_EQ(command.verb, hub::Verb(hub::Deauthenticate{}));
  }
}

// --- Answers to the gateway's calls --------------------------------------------------------------

TEST_F(SocketClusterDecode, ResponseToAGatewaysCall) {
  Command command = One(socketcluster_, R"({"rid":1,"data":{"answer":1}})");
  EXPECT_FALSE(command.correlation.answer);
  EXPECT_EQ(command.verb, hub::Verb(hub::Answer{1, Payload::Json(R"({"answer":1})")}));
  EXPECT_EQ(VerbOf(R"({"rid":2})"), hub::Verb(hub::Answer{2, Payload::None()}));
  EXPECT_EQ(VerbOf(R"({"rid":2,"error":null,"data":null})"),
            hub::Verb(hub::Answer{2, Payload::Json("null")}));
}

TEST_F(SocketClusterDecode, ResponseWhoseNumberBecameAString) {
  EXPECT_EQ(VerbOf(R"({"rid":"7","data":1})"), hub::Verb(hub::Answer{7, Payload::Json("1")}));
}

TEST_F(SocketClusterDecode, ErrorResponseToAGatewaysCall) {
  using hub::CallError;
  using hub::Fault;
  EXPECT_EQ(
      VerbOf(R"({"rid":7,"error":{"message":"custom failure","name":"CustomError","code":"E1"}})"),
      hub::Verb(hub::Answer{7, CallError{Fault::kApplication, "CustomError", 0, "custom failure",
                                         R"({"code":"E1"})"}}));
  EXPECT_EQ(VerbOf(R"({"rid":7,"error":{"message":"m","name":"N","code":5,"x":[1]},"data":1})"),
            hub::Verb(hub::Answer{7, CallError{Fault::kApplication, "N", 5, "m", R"({"x":[1]})"}}));
  EXPECT_EQ(VerbOf(R"({"rid":7,"error":"plain string"})"),
            hub::Verb(hub::Answer{
                7, CallError{Fault::kApplication, "", 0, "plain string", "\"plain string\""}}));
}

TEST_F(SocketClusterDecode, ResponsesToNothingAreIgnored) {
  for (const char* rid :
       {"0", "-1", "1.5", "1e300", "\"0\"", "\"-1\"", "\"1e0\"", "\"\"", "\"x\"", "[1]"}) {
    ExpectIgnored(std::string(R"({"rid":)") + rid + "}");
  }
}

// --- What means nothing --------------------------------------------------------------------------

TEST_F(SocketClusterDecode, PongsAndGarbageAreIgnored) {
  for (const char* text : {"", "#2", "hello", "{", "5", "null", "true", "\"text\"", "[]", "{}",
                           "[5,null,[{}]]", R"({"event":5,"cid":1})", " [ ] "}) {
    ExpectIgnored(text);
  }
  ExpectIgnored("", true);
  ExpectIgnored("\xff\xfe{", true);
  ExpectIgnored("{\"event\":\"\xff\"}", true);
}

TEST_F(SocketClusterDecode, ABadValueIsToldByTheCid) {
  auto refused = [](std::string_view why) {
    return Error("1", "InvalidMessageError", "The packet cannot be read: " + std::string(why));
  };
  const std::string escape = "a string holds a bad escape at byte ";
  EXPECT_EQ(Told(R"({"event":"e","data":["\ud83d"],"cid":1})"), refused(escape + "21"));
  EXPECT_EQ(Told(R"({"event":"\ud83d","cid":1})"), refused(escape + "9"));
  EXPECT_EQ(Told(R"({"event":"#publish","data":{"channel":"\ud83d"},"cid":1})"),
            refused(escape + "38"));
  EXPECT_EQ(Told(R"({"event":"#authenticate","data":"\ud83d","cid":1})"), refused(escape + "32"));
  EXPECT_EQ(Told(R"({"event":"e","data":["\ud83d"]})"), "");
  limits_.depth_max = 2;
  EXPECT_EQ(Told(R"({"event":"e","data":[[1]],"cid":1})"),
            refused("the text is nested too deeply at byte 21"));
}

TEST_F(SocketClusterDecode, ABadValueInABatchCostsItsPacketAlone) {
  hub::Decoded decoded = Decode(socketcluster_,
                                R"([{"event":"a","cid":1},{"event":"b","data":NaN,"cid":2},
      {"rid":7,"data":{"\ud800":1}},{"event":"c","cid":3}])");
  ASSERT_EQ(decoded.commands.size(), 4u);
  EXPECT_EQ(decoded.commands[0].verb, Call("a"));
  EXPECT_EQ(decoded.commands[1].correlation.id, "2");
  EXPECT_TRUE(std::holds_alternative<hub::Malformed>(decoded.commands[1].verb));
  const auto& answer = std::get<hub::Answer>(decoded.commands[2].verb);
  EXPECT_EQ(answer.call, 7u);
  EXPECT_EQ(std::get<hub::CallError>(answer.outcome).fault, hub::Fault::kParse);
  EXPECT_EQ(decoded.commands[3].verb, Call("c"));
}

TEST_F(SocketClusterDecode, ATokenIsGivenUpWhateverComesAlong) {
  EXPECT_EQ(VerbOf(R"({"event":"#removeAuthToken","data":"\ud83d"})"),
            hub::Verb(hub::Deauthenticate{}));
}

TEST_F(SocketClusterDecode, ABadValueInABinaryFrame) {
  hub::Decoded decoded =
      socketcluster_.Decode(state_, "{\"event\":\"e\",\"data\":\"\xff\",\"cid\":1}", true, limits_);
  ASSERT_EQ(decoded.commands.size(), 1u);
  EXPECT_EQ(decoded.commands[0].correlation.id, "1");
  EXPECT_TRUE(std::holds_alternative<hub::Malformed>(decoded.commands[0].verb));
}

TEST_F(SocketClusterDecode, BinaryFramesCarryJsonAsWell) {
  hub::Decoded decoded = socketcluster_.Decode(state_, R"({"event":"e","cid":4})", true, limits_);
  ASSERT_EQ(decoded.commands.size(), 1u);
  EXPECT_EQ(decoded.commands[0].verb, Call("e"));
}

// --- Arrays --------------------------------------------------------------------------------------

TEST_F(SocketClusterDecode, AnArrayIsSeveralPacketsThatAreAnsweredOneByOne) {
  hub::Decoded decoded = Decode(socketcluster_,
                                R"([{"event":"add","data":{"a":2,"b":2},"cid":27},
      {"event":"hello","data":"batched"}, 5, {"rid":3},
      {"event":"#publish","data":{"channel":"rewrite","data":9}}])");
  EXPECT_FALSE(decoded.batch);
  ASSERT_EQ(decoded.commands.size(), 4u);
  EXPECT_EQ(decoded.commands[0].correlation.id, "27");
  EXPECT_EQ(decoded.commands[1].verb, Call("hello", Payload::Json("\"batched\"")));
  EXPECT_EQ(decoded.commands[2].verb, hub::Verb(hub::Answer{3, Payload::None()}));
  EXPECT_EQ(decoded.commands[3].verb, hub::Verb(hub::Publish{"rewrite", Payload::Json("9")}));
}

TEST_F(SocketClusterDecode, WhatIsBehindABatchsBoundIsRefused) {
  SocketCluster narrow({.batch_max = 1});
  hub::Decoded decoded =
      Decode(narrow, R"([{"event":"a","cid":1},{"event":"b","cid":2},{"event":"c"},{"rid":1}])");
  ASSERT_EQ(decoded.commands.size(), 4u);
  EXPECT_EQ(decoded.commands[0].verb, Call("a"));
  EXPECT_EQ(socketcluster_.EncodeError(decoded.commands[1].correlation,
                                       std::get<hub::Malformed>(decoded.commands[1].verb).error),
            Error("2", "InvalidMessageError", "More than 1 packets in a batch"));
  EXPECT_FALSE(decoded.commands[2].correlation.answer);
  EXPECT_TRUE(std::holds_alternative<hub::Answer>(decoded.commands[3].verb));
}

}  // namespace
}  // namespace sluice::protocol
