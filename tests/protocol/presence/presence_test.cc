// SPDX-License-Identifier: Apache-2.0
//
// Longhouse's protocol, byte for byte.
#include "gateway/hub/socket.h"
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

using hub::CloseCause;
using hub::Fault;
using hub::Payload;

class PresenceTest : public DialectTest {
 protected:
  hub::Verb Verb(std::string_view message) { return One(presence_, message).verb; }
  std::string Said(std::string_view message) {
    hub::Verb verb = Verb(message);
    auto* say = std::get_if<hub::Say>(&verb);
    if (say == nullptr) return "-";
    EXPECT_EQ(say->then, hub::CloseFrame());
    return say->message;
  }
  std::string Detail(std::string target) {
    return presence_.DetailOf({std::move(target), "", {}}, "7500",
                              absl::FromUnixMillis(1795174150038));
  }
  bool Objects(std::string target, std::string_view space = "space1") {
    auto say = presence_.Object({std::move(target), "", {}}, space);
    if (!say) return false;
    EXPECT_EQ(say->message, R"({"error":"Error when joining new client"})");
    EXPECT_EQ(say->then, (hub::CloseFrame{1000, ""}));
    return true;
  }
  std::string Relayed(std::string body, std::string_view sender = "s1") {
    return presence_.RelayBody({"cursor", Payload::Json(std::move(body))}, sender).bytes;
  }

  const hub::Dialect& presence_ = registry_.presence;
};

TEST_F(PresenceTest, IsWhatItIs) {
  EXPECT_EQ(presence_.id(), 4);
  EXPECT_EQ(presence_.traits().name, "presence");
  EXPECT_FALSE(presence_.traits().binary);
  EXPECT_TRUE(presence_.traits().shows_members);
  EXPECT_EQ(presence_.traits().handshake_timeout, absl::ZeroDuration());
}

// --- Members -------------------------------------------------------------------------------------

TEST_F(PresenceTest, Detail) {
  EXPECT_EQ(Detail("/presence/space1?identity=a@x.com&username=Ann"),
            R"({"id":"7500","identity":"a@x.com","joinedAt":"2026-11-20T11:29:10.038Z",)"
            R"("username":"Ann"})");
  EXPECT_EQ(Detail("/presence/space1?identity=a%22+b"),
            R"({"id":"7500","identity":"a\" b","joinedAt":"2026-11-20T11:29:10.038Z",)"
            R"("username":""})");
}

TEST_F(PresenceTest, Snapshot) {
  EXPECT_EQ(presence_.EncodeMembers("b", {{"a", R"({"id":"a"})"}, {"b", R"({"id":"b"})"}}, false),
            R"({"id":"b","clients":[{"id":"a"},{"id":"b"}]})");
  EXPECT_EQ(presence_.EncodeMembers("b", {}, false), R"({"id":"b","clients":[]})");
  EXPECT_EQ(presence_.EncodeMembers("b", {{"b", "{}"}}, true),
            R"({"id":"b","clients":[{}],"cut":true})");
}

TEST_F(PresenceTest, JoinAndLeave) {
  EXPECT_EQ(presence_.EncodeMember({"a", R"({"id":"a"})"}, true),
            R"({"event":"remote join","client":{"id":"a"}})");
  EXPECT_EQ(presence_.EncodeMember({"a", R"({"id":"a"})"}, false),
            R"({"event":"remote leave","client":{"id":"a"}})");
}

TEST_F(PresenceTest, WhoCannotJoin) {
  EXPECT_FALSE(Objects("/presence/space1?identity=a"));
  EXPECT_FALSE(Objects("/presence/space1?id=7&username=b&identity=a&identityx="));
  EXPECT_TRUE(Objects("/presence/space1"));
  EXPECT_TRUE(Objects("/presence/space1?"));
  EXPECT_TRUE(Objects("/presence/space1?identity"));
  EXPECT_TRUE(Objects("/presence/space1?identity="));
  EXPECT_TRUE(Objects("/presence/space1?identity=a&identity=b"));
  EXPECT_TRUE(Objects("/presence/space1?identity=%f"));
  EXPECT_TRUE(Objects("/presence/space1?identity=%ff"));
  EXPECT_TRUE(Objects("/presence/space1?identity=a&username=%ff"));
  EXPECT_TRUE(Objects("/presence/?identity=a", ""));
}

// --- Messages ------------------------------------------------------------------------------------

TEST_F(PresenceTest, Renewal) {
  hub::Command command = One(presence_, R"({"action":"ping"})");
  EXPECT_EQ(command.verb, hub::Verb(hub::Renew{}));
  EXPECT_TRUE(command.correlation.answer);  // what becomes of it: errors alone
}

TEST_F(PresenceTest, Cursor) {
  const char* message =
      R"({"action":"cursor","x":12,"y":3.5,"name":"Ann","flag":true,"sel":[1,2]})";
  EXPECT_EQ(Verb(message), hub::Verb(hub::Relay{"cursor", Payload::Json(message)}));
  EXPECT_EQ(Relayed(message),
            R"({"action":"cursor","x":12,"y":3.5,"name":"Ann","flag":true,"sel":[1,2],)"
            R"("clientId":"s1"})");
}

TEST_F(PresenceTest, CursorsPassThroughAsTheyAre) {
  EXPECT_EQ(Relayed(" { \"a\" : 1.50, \"b|=\" : { \"c\" : [ ] }, \"\\u00e9\" : null } "),
            "{\"a\":1.50,\"b|=\":{ \"c\" : [ ] },\"\u00e9\":null,\"clientId\":\"s1\"}");
}

TEST_F(PresenceTest, NobodySpeaksForSomebodyElse) {
  EXPECT_EQ(Relayed(R"({"clientId":"other","x":1,"client\u0049d":"third"})", "s\"1"),
            R"({"x":1,"clientId":"s\"1"})");
}

TEST_F(PresenceTest, AGuardMayHaveReplacedTheObject) {
  EXPECT_EQ(presence_.RelayBody({"cursor", Payload::Json("[1]")}, "s1"), Payload::Json("[1]"));
  EXPECT_EQ(presence_.RelayBody({"cursor", Payload::Text("{")}, "s1"), Payload::Text("{"));
}

TEST_F(PresenceTest, UnparsableMessages) {
  for (const char* message :
       {"", "{", "nope", "{\"action\":\"ping\"} x", "{\"action\":\"\xff\"}", "{'action':'ping'}"}) {
    EXPECT_EQ(Said(message), R"({"error":"Unparsable message sent"})") << message;
  }
  EXPECT_EQ(Said(std::string(40, '[') + std::string(40, ']')),
            R"({"error":"Unparsable message sent"})");
}

TEST_F(PresenceTest, UnrecognizedActions) {
  auto unrecognized = [this](std::string message) { return Said(message); };
  EXPECT_EQ(unrecognized(R"({"action":"dance"})"),
            R"({"error":"Unrecognized action sent: dance"})");
  EXPECT_EQ(unrecognized(R"({"action":"a\"\n"})"),
            R"({"error":"Unrecognized action sent: a\"\n"})");
  for (const char* message : {"{}", "5", "[]", R"("ping")", R"({"Action":"ping"})"}) {
    EXPECT_EQ(unrecognized(message), R"({"error":"Unrecognized action sent: undefined"})");
  }
  EXPECT_EQ(unrecognized(R"({"action":null})"), R"({"error":"Unrecognized action sent: null"})");
  EXPECT_EQ(unrecognized(R"({"action":{"a":1}})"),
            R"({"error":"Unrecognized action sent: [object Object]"})");
}

TEST_F(PresenceTest, TheLastActionCounts) {
  EXPECT_EQ(Verb(R"({"action":"dance","action":"ping"})"), hub::Verb(hub::Renew{}));
}

TEST_F(PresenceTest, JsonInABinaryFrame) {
  hub::Decoded decoded = presence_.Decode(state_, R"({"action":"ping"})", true, limits_);
  EXPECT_EQ(decoded.commands[0].verb, hub::Verb(hub::Renew{}));
}

TEST_F(PresenceTest, ErrorsOfTheGatewayAreToldToo) {
  hub::CallError error = hub::MakeError(Fault::kRateLimited);
  EXPECT_EQ(presence_.EncodeError({}, error),
            R"({"error":"Too many commands a second on this connection"})");
}

TEST_F(PresenceTest, Events) {
  const char* cursor = R"({"action":"cursor","x":1,"clientId":"s1"})";
  EXPECT_EQ(*presence_.EncodeEvent("cursor", Payload::Json(cursor)), cursor);
  EXPECT_EQ(*presence_.EncodeEvent("cursor", Payload::Json("[1]")),
            R"({"event":"cursor","data":[1]})");
  EXPECT_EQ(*presence_.EncodeEvent("note", Payload::Json(R"({"a":1})")),
            R"({"event":"note","data":{"a":1}})");
  EXPECT_EQ(*presence_.EncodeEvent("note", Payload::None()), R"({"event":"note"})");
}

TEST_F(PresenceTest, CannotBeAsked) {
  EXPECT_EQ(presence_.EncodeRequest(state_, 1, "q", Payload::None()), std::nullopt);
}

// --- Staying and leaving -------------------------------------------------------------------------

TEST_F(PresenceTest, PingsAndLeases) {
  const hub::LivenessRule& rule = presence_.traits().liveness;
  EXPECT_EQ(rule.interval, absl::Seconds(30));
  EXPECT_EQ(rule.timeout, absl::ZeroDuration());
  EXPECT_TRUE(rule.steady);
  EXPECT_EQ(rule.lease, absl::Seconds(60));
  EXPECT_EQ(rule.ping, "\x81\x0d{\"ping\":true}");
}

TEST_F(PresenceTest, Expiry) {
  EXPECT_EQ(*presence_.EncodeFarewell(CloseCause::kExpired), R"({"event":"expired"})");
  EXPECT_EQ(presence_.EncodeFarewell(CloseCause::kDrain), std::nullopt);
  EXPECT_EQ(presence_.Close(CloseCause::kExpired), (hub::CloseFrame{1000, ""}));
}

TEST_F(PresenceTest, CloseCodes) {
  EXPECT_EQ(presence_.Close(CloseCause::kProtocol), (hub::CloseFrame{1000, ""}));
  EXPECT_EQ(presence_.Close(CloseCause::kDrain).code, 1001);
  EXPECT_EQ(presence_.Close(CloseCause::kReplaced).code, 4410);
  EXPECT_EQ(presence_.Close(CloseCause::kIdTaken).code, 4409);
}

}  // namespace
}  // namespace sluice::protocol
