// SPDX-License-Identifier: Apache-2.0
//
// What a SocketCluster client is told, byte by byte.
#include <gtest/gtest.h>

#include "gateway/hub/tokens.h"
#include "gateway/protocol/registry.h"
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

using hub::CallError;
using hub::ChannelResult;
using hub::ChannelStatus;
using hub::Correlation;
using hub::Fault;
using hub::Payload;

class SocketClusterEncode : public DialectTest {
 protected:
  SocketClusterEncode() { Ask(R"({"event":"#handshake","cid":1})"); }

  // The correlation of a client's packet.
  Correlation Ask(std::string_view packet) { return One(socketcluster_, packet).correlation; }
  Correlation Invoke() { return Ask(R"({"event":"e","cid":4})"); }
  Correlation Subscribe() {
    return Ask(R"({"event":"#subscribe","data":{"channel":"c"},"cid":8})");
  }
  Correlation Unsubscribe() { return Ask(R"({"event":"#unsubscribe","data":"c","cid":12})"); }

  std::string Error(const CallError& error) { return socketcluster_.EncodeError(Invoke(), error); }
  std::string Silent(std::string_view packet) {
    return socketcluster_.EncodeError(Ask(packet), hub::MakeError(Fault::kBlocked));
  }
  std::string Channel(const Correlation& correlation, ChannelStatus status) {
    return socketcluster_.EncodeChannels(
        correlation, {{.channel = "c", .status = status, .connection = "abc", .limit = 2}});
  }
  std::string Welcome(bool authenticated, const hub::TokenFlaw* flaw) {
    Payload none;
    return *socketcluster_.EncodeWelcome(
        Ask(R"({"event":"#handshake","cid":1})"),
        {.id = "3dQJ", .user = "u", .payload = none, .authenticated = authenticated, .flaw = flaw});
  }
  std::string Authenticated(const hub::TokenFlaw* flaw) {
    return *socketcluster_.EncodeAuthenticated(
        Ask(R"({"event":"#authenticate","data":"x","cid":22})"), flaw);
  }
};

const hub::TokenFlaw kMalformed{
    {Fault::kApplication, "AuthTokenInvalidError", 0, "jwt malformed", R"({"isBadToken":true})"},
    true};
const hub::TokenFlaw kBanned{{Fault::kApplication, "Banned", 0, "banned", ""}, false};

TEST_F(SocketClusterEncode, Result) {
  EXPECT_EQ(socketcluster_.EncodeResult(Invoke(), Payload::Json("3")), R"({"rid":4,"data":3})");
  EXPECT_EQ(socketcluster_.EncodeResult(Invoke(), Payload::None()), R"({"rid":4})");
  EXPECT_EQ(socketcluster_.EncodeResult(Invoke(), Payload::Json("null")),
            R"({"rid":4,"data":null})");
  EXPECT_EQ(socketcluster_.EncodeResult(Invoke(), Payload::Binary("bin")),
            R"({"rid":4,"data":{"base64":true,"data":"Ymlu"}})");
  EXPECT_EQ(socketcluster_.EncodeResult(Invoke(), Payload::Text("a\"b")),
            R"({"rid":4,"data":"a\"b"})");
}

TEST_F(SocketClusterEncode, WhoAskedWithoutCidIsToldNothing) {
  Correlation correlation = Ask(R"({"event":"e"})");
  EXPECT_EQ(socketcluster_.EncodeResult(correlation, Payload::Json("3")), "");
  EXPECT_EQ(socketcluster_.EncodeError(correlation, hub::MakeError(Fault::kTimeout)), "");
  EXPECT_EQ(Channel(Ask(R"({"event":"#unsubscribe","data":"c"})"), ChannelStatus::kNotMember), "");
}

TEST_F(SocketClusterEncode, ErrorsOfTheApplication) {
  EXPECT_EQ(Error({Fault::kApplication, "CustomError", 0, "custom failure", R"({"code":"E1"})"}),
            R"({"rid":4,"error":{"message":"custom failure","name":"CustomError","code":"E1"}})");
  EXPECT_EQ(Error({Fault::kApplication, "E", 5, "m", R"({"code":6,"name":"x","k":[1]})"}),
            R"({"rid":4,"error":{"message":"m","name":"E","code":5,"k":[1]}})");
  EXPECT_EQ(Error({Fault::kApplication, "", 0, "", ""}),
            R"({"rid":4,"error":{"message":"Error","name":"Error"}})");
  EXPECT_EQ(Error({Fault::kApplication, "E", 0, "m", "[1]"}),
            R"({"rid":4,"error":{"message":"m","name":"E","data":[1]}})");
}

TEST_F(SocketClusterEncode, AnErrorOfOneValueIsThatValue) {
  EXPECT_EQ(Error({Fault::kApplication, "", 0, "", "\"plain string\""}),
            R"({"rid":4,"error":"plain string"})");
  EXPECT_EQ(Error({Fault::kApplication, "", 0, "", "null"}),
            R"({"rid":4,"error":{"message":"Error","name":"Error","data":null}})");
}

TEST_F(SocketClusterEncode, ErrorsOfTheGateway) {
  EXPECT_EQ(Error(hub::MakeError(Fault::kMethodNotFound)),
            R"({"rid":4,"error":{"message":"Method not found","name":"MethodNotFoundError"}})");
  EXPECT_EQ(Error(hub::MakeError(Fault::kMethodForbidden)),
            R"({"rid":4,"error":{"message":"Method forbidden","name":"AuthError"}})");
  EXPECT_EQ(Error(hub::MakeError(Fault::kUnavailable)),
            R"({"rid":4,"error":{"message":"No worker serves this method now",)"
            R"("name":"UnavailableError","retry":true}})");
  EXPECT_EQ(Error(hub::MakeError(Fault::kTimeout)),
            R"({"rid":4,"error":{"message":"No answer within the time limit",)"
            R"("name":"TimeoutError"}})");
}

// The client takes it for its own.
TEST_F(SocketClusterEncode, NoFaultIsABadConnection) {
  for (int fault = 0; fault < hub::kFaultCount; ++fault) {
    EXPECT_EQ(Error(hub::MakeError(static_cast<Fault>(fault))).find("BadConnection"),
              std::string::npos);
  }
}

TEST_F(SocketClusterEncode, SilentBlocks) {
  auto expected = [](const std::string& rid, const std::string& action) {
    return "{\"rid\":" + rid + ",\"error\":{\"message\":\"The " + action +
           " AGAction was blocked by inbound "
           "middleware\",\"name\":\"SilentMiddlewareBlockedError\","
           "\"type\":\"inbound\"}}";
  };
  EXPECT_EQ(Silent(R"({"event":"#subscribe","data":{"channel":"c"},"cid":15})"),
            expected("15", "subscribe"));
  EXPECT_EQ(Silent(R"({"event":"#publish","data":{"channel":"c"},"cid":16})"),
            expected("16", "publishIn"));
  EXPECT_EQ(Silent(R"({"event":"add","cid":17})"), expected("17", "invoke"));
  EXPECT_EQ(Silent(R"({"event":"add"})"), "");
  EXPECT_EQ(Silent(R"({"event":"#handshake","cid":1})"),
            R"({"rid":1,"error":{"message":"The handshakeSC AGAction was blocked by handshake )"
            R"(middleware","name":"SilentMiddlewareBlockedError","statusCode":4008,)"
            R"("type":"handshake"}})");
}

TEST_F(SocketClusterEncode, ARefusedHandshakeSaysItsCloseCode) {
  auto refused = [&](CallError error) {
    return socketcluster_.EncodeError(Ask(R"({"event":"#handshake","cid":1})"), error);
  };
  EXPECT_EQ(refused({Fault::kApplication, "ScBlocked", 0, "sc blocked", ""}),
            R"({"rid":1,"error":{"message":"sc blocked","name":"ScBlocked","statusCode":4008}})");
  EXPECT_EQ(refused({Fault::kApplication, "B", 4501, "b", R"({"statusCode":7})"}),
            R"({"rid":1,"error":{"message":"b","name":"B","statusCode":4501}})");
  EXPECT_EQ(refused({Fault::kApplication, "B", 500, "b", ""}),
            R"({"rid":1,"error":{"message":"b","name":"B","statusCode":4008}})");
}

TEST_F(SocketClusterEncode, Channels) {
  EXPECT_EQ(Channel(Subscribe(), ChannelStatus::kOk), R"({"rid":8})");
  EXPECT_EQ(Channel(Subscribe(), ChannelStatus::kAlready), R"({"rid":8})");
  EXPECT_EQ(Channel(Unsubscribe(), ChannelStatus::kOk), R"({"rid":12})");
  EXPECT_EQ(
      Channel(Subscribe(), ChannelStatus::kLimit),
      R"({"rid":8,"error":{"message":"Failed to subscribe socket to the c channel - )"
      R"(InvalidActionError: Socket abc tried to exceed the channel subscription limit of 2",)"
      R"("name":"BrokerError"}})");
  for (ChannelStatus status : {ChannelStatus::kNotMember, ChannelStatus::kUnknown}) {
    EXPECT_EQ(Channel(Unsubscribe(), status),
              R"({"rid":12,"error":{"message":"Failed to unsubscribe socket from the c channel - )"
              R"(InvalidActionError: Socket abc tried to unsubscribe from a channel which it is )"
              R"(not subscribed to","name":"BrokerError"}})");
  }
}

TEST_F(SocketClusterEncode, Welcome) {
  EXPECT_EQ(Welcome(false, nullptr),
            R"({"rid":1,"data":{"id":"3dQJ","pingTimeout":30000,"isAuthenticated":false}})");
  EXPECT_EQ(Welcome(true, nullptr),
            R"({"rid":1,"data":{"id":"3dQJ","pingTimeout":30000,"isAuthenticated":true}})");
  EXPECT_EQ(Welcome(false, &kMalformed),
            R"({"rid":1,"data":{"id":"3dQJ","pingTimeout":30000,"authError":{"message":)"
            R"("jwt malformed","name":"AuthTokenInvalidError","isBadToken":true},)"
            R"("isAuthenticated":false}})");
  EXPECT_EQ(Welcome(false, &kBanned),
            R"({"rid":1,"data":{"id":"3dQJ","pingTimeout":30000,"authError":{"message":"banned",)"
            R"("name":"Banned"},"isAuthenticated":false}})");
}

TEST_F(SocketClusterEncode, WithoutATimeoutTheClientWaitsAsLongAsItCan) {
  SocketCluster patient(
      {.ping_interval = absl::ZeroDuration(), .ping_timeout = absl::ZeroDuration()});
  Payload none;
  EXPECT_EQ(patient.EncodeWelcome({.id = "1"}, {.id = "x", .user = "", .payload = none}),
            R"({"rid":1,"data":{"id":"x","pingTimeout":2147483647,"isAuthenticated":false}})");
}

TEST_F(SocketClusterEncode, Authenticated) {
  EXPECT_EQ(Authenticated(nullptr),
            R"({"rid":22,"data":{"isAuthenticated":true,"authError":null}})");
  EXPECT_EQ(Authenticated(&kMalformed),
            R"({"rid":22,"error":{"message":"jwt malformed","name":"AuthTokenInvalidError",)"
            R"("isBadToken":true}})");
  EXPECT_EQ(Authenticated(&kBanned),
            R"({"rid":22,"data":{"isAuthenticated":false,"authError":{"message":"banned",)"
            R"("name":"Banned"}}})");
  hub::TokenFlaw silent{hub::MakeError(Fault::kBlocked), false};
  EXPECT_EQ(Authenticated(&silent),
            R"({"rid":22,"data":{"isAuthenticated":false,"authError":{"message":)"
            R"("The authenticate AGAction was blocked by inbound middleware",)"
            R"("name":"SilentMiddlewareBlockedError","type":"inbound"}}})");
}

TEST_F(SocketClusterEncode, AnExpiredSession) {
  hub::TokenFlaw flaw = hub::ExpiredToken(absl::FromUnixSeconds(1));
  EXPECT_TRUE(flaw.is_bad);
  EXPECT_EQ(Authenticated(&flaw),
            R"({"rid":22,"error":{"message":"The socket auth token has expired",)"
            R"("name":"AuthTokenExpiredError","expiry":"1970-01-01T00:00:01.000Z",)"
            R"("isBadToken":true}})");
}

TEST_F(SocketClusterEncode, Tokens) {
  EXPECT_EQ(socketcluster_.EncodeToken("a.b.c", std::nullopt),
            R"({"event":"#setAuthToken","data":{"token":"a.b.c"}})");
  EXPECT_EQ(socketcluster_.EncodeToken("a.b.c", 2),
            R"({"event":"#setAuthToken","cid":2,"data":{"token":"a.b.c"}})");
  EXPECT_EQ(socketcluster_.EncodeTokenRemoved(), R"({"event":"#removeAuthToken"})");
}

TEST_F(SocketClusterEncode, KickOut) {
  EXPECT_EQ(socketcluster_.EncodeKickOut("k", "bye"),
            R"({"event":"#kickOut","data":{"channel":"k","message":"bye"}})");
  EXPECT_EQ(socketcluster_.EncodeKickOut("k", ""),
            R"({"event":"#kickOut","data":{"channel":"k"}})");
}

TEST_F(SocketClusterEncode, Publications) {
  EXPECT_EQ(socketcluster_.EncodePublication("foo", Payload::Json(R"({"m":1})")),
            R"({"event":"#publish","data":{"channel":"foo","data":{"m":1}}})");
  EXPECT_EQ(socketcluster_.EncodePublication("f\"o", Payload::None()),
            R"({"event":"#publish","data":{"channel":"f\"o"}})");
  EXPECT_EQ(socketcluster_.EncodePublication("f", Payload::Binary("bin")),
            R"({"event":"#publish","data":{"channel":"f","data":{"base64":true,"data":"Ymlu"}}})");
}

TEST_F(SocketClusterEncode, EventsAndRequests) {
  EXPECT_EQ(socketcluster_.EncodeEvent("hi", Payload::Json(R"({"you":"abc"})")),
            R"({"event":"hi","data":{"you":"abc"}})");
  EXPECT_EQ(socketcluster_.EncodeEvent("hi", Payload::None()), R"({"event":"hi"})");
  EXPECT_FALSE(socketcluster_.BinaryEvent(Payload::Binary("bin")));
  EXPECT_EQ(socketcluster_.EncodeRequest(state_, 1, "clientproc", Payload::Json(R"({"q":1})")),
            R"({"event":"clientproc","cid":1,"data":{"q":1}})");
  EXPECT_EQ(socketcluster_.EncodeRequest(state_, 2, "p", Payload::None()),
            R"({"event":"p","cid":2})");
}

TEST_F(SocketClusterEncode, Batch) {
  EXPECT_EQ(socketcluster_.EncodeBatch({R"({"rid":2})", R"({"rid":3})"}),
            R"([{"rid":2},{"rid":3}])");
}

}  // namespace
}  // namespace sluice::protocol
