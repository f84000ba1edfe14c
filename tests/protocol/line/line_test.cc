// SPDX-License-Identifier: Apache-2.0
//
// Line, byte for byte, as its own server speaks it.
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

using hub::CallError;
using hub::CloseCause;
using hub::Command;
using hub::Fault;
using hub::Payload;

hub::Correlation With(std::string id) { return {.id = std::move(id), .flags = 0, .answer = true}; }
hub::Correlation Without() { return {.id = "", .flags = 0, .answer = false}; }

class LineTest : public DialectTest {
 protected:
  void Greet() { One(line_, R"({"n":"_h","i":"hq5w"})"); }
  // What is said to a message without anybody being asked.
  std::string Said(std::string_view message) {
    auto verb = One(line_, message).verb;
    auto* say = std::get_if<hub::Say>(&verb);
    if (say == nullptr) return "-";
    EXPECT_EQ(say->then, hub::CloseFrame());
    return say->message;
  }
  std::string Error(const CallError& error) { return line_.EncodeError(With("\"a\""), error); }

  const hub::Dialect& line_ = registry_.line;
};

TEST_F(LineTest, IsWhatItIs) {
  EXPECT_EQ(line_.id(), 3);
  EXPECT_EQ(line_.traits().name, "line");
  EXPECT_FALSE(line_.traits().binary);
  EXPECT_EQ(&line_.ForFirstFrame(true, "\x80"), &line_);
  EXPECT_FALSE(line_.traits().open_channels);
}

// --- The handshake -------------------------------------------------------------------------------

TEST_F(LineTest, Greeting) {
  EXPECT_EQ(One(line_, R"({"n":"_h","p":{"id":"user-1"},"i":"ap6n"})"),
            (Command{With("\"ap6n\""), hub::Greet{Payload::Json(R"({"id":"user-1"})"), ""}}));
}

TEST_F(LineTest, GreetingWithoutPayload) {
  EXPECT_EQ(One(line_, R"({"n":"_h","i":"hq5w"})"), (Command{With("\"hq5w\""), hub::Greet{}}));
}

TEST_F(LineTest, GreetingWithAnyId) {
  EXPECT_EQ(One(line_, R"({"n":"_h","i":0})").correlation, With("0"));
  state_ = {};
  EXPECT_EQ(One(line_, R"({"n":"_h"})"), (Command{Without(), hub::Greet{}}));
}

TEST_F(LineTest, Accepted) {
  EXPECT_EQ(
      *line_.EncodeWelcome(With("\"ap6n\""),
                           {.id = "user-1", .user = {}, .payload = Payload::Json(R"({"a":1})")}),
      R"({"n":"_r","p":{"payload":{"a":1},"id":"user-1"},"i":"ap6n","e":null})");
  EXPECT_EQ(*line_.EncodeWelcome(With("\"xmtb\""), {.id = "795e", .user = {}, .payload = {}}),
            R"({"n":"_r","p":{"id":"795e"},"i":"xmtb","e":null})");
  EXPECT_EQ(line_.EncodeWelcome(Without(), {.id = "795e", .user = {}, .payload = {}}),
            std::nullopt);
}

TEST_F(LineTest, Rejected) {
  EXPECT_EQ(line_.EncodeError(With("\"3bxl\""), {Fault::kApplication, "", 401, "Auth failed", ""}),
            R"({"n":"_r","i":"3bxl","e":{"name":"Error","message":"Auth failed","code":401}})");
  EXPECT_EQ(line_.EncodeError(With("\"fjzi\""), {Fault::kApplication, "", 0, "", "\"plain\""}),
            R"({"n":"_r","i":"fjzi","e":"plain"})");
  EXPECT_EQ(line_.Close(CloseCause::kRejected), (hub::CloseFrame{4203, "Handshake rejected"}));
}

TEST_F(LineTest, IdConflict) {
  EXPECT_EQ(Error(hub::MakeError(Fault::kIdTaken)),
            R"({"n":"_r","i":"a","e":{"name":"LineError","message":)"
            R"("Conflict! There is already connection with this id","code":"scIdConflict"}})");
  EXPECT_EQ(line_.Close(CloseCause::kIdTaken), (hub::CloseFrame{4203, "Handshake rejected"}));
}

TEST_F(LineTest, SecondGreeting) {
  Greet();
  EXPECT_EQ(
      Said(R"({"n":"_h","i":"h2"})"),
      R"({"n":"_r","i":"h2","e":{"name":"Error","message":"Handshake is already resolved"}})");
}

TEST_F(LineTest, BeforeTheGreetingOnlyPingsAreAnswered) {
  EXPECT_EQ(Said(R"({"n":"_p","i":"6emo"})"), R"({"n":"_r","p":"pong","i":"6emo","e":null})");
  for (const char* message :
       {R"({"n":"add","i":"a"})", R"({"n":"fire"})", R"({"n":"_r","i":"1","p":1})"}) {
    EXPECT_EQ(One(line_, message).verb, hub::Verb(hub::Ignore{})) << message;
  }
}

TEST_F(LineTest, HandshakeTimeout) {
  EXPECT_EQ(line_.traits().handshake_timeout, absl::Seconds(60));
  EXPECT_EQ(line_.Close(CloseCause::kHandshakeTimeout),
            (hub::CloseFrame{4202, "Handshake not completed after 60000 ms"}));
  Line quick({.handshake_timeout = absl::Seconds(1)});
  EXPECT_EQ(quick.Close(CloseCause::kHandshakeTimeout).reason,
            "Handshake not completed after 1000 ms");
}

// --- From clients --------------------------------------------------------------------------------

TEST_F(LineTest, Request) {
  Greet();
  EXPECT_EQ(One(line_, R"({"n":"add","p":{"a":1,"b":2},"i":"9yoq"})"),
            (Command{With("\"9yoq\""), Call("add", Payload::Json(R"({"a":1,"b":2})"))}));
  EXPECT_EQ(One(line_, R"({"n":"add","i":"9yoq"})"), (Command{With("\"9yoq\""), Call("add")}));
}

TEST_F(LineTest, IdsAreKeptVerbatim) {
  Greet();
  for (const char* id : {"7", "-1.50", "1e3", "\"\\u0041\"", "true", "[1, 2]", "{\"a\": 1}"}) {
    EXPECT_EQ(One(line_, std::string(R"({"n":"m","i": )") + id + " }").correlation, With(id));
  }
}

TEST_F(LineTest, FireAndForget) {
  Greet();
  EXPECT_EQ(One(line_, R"({"n":"fire","p":{"x":1}})"),
            (Command{Without(), Call("fire", Payload::Json(R"({"x":1})"))}));
  EXPECT_EQ(One(line_, R"({"n":"fire"})"), (Command{Without(), Call("fire")}));
  for (const char* id : {"0", "\"\"", "null", "false"}) {
    Command command = One(line_, std::string(R"({"n":"m","i":)") + id + "}");
    EXPECT_FALSE(command.correlation.answer) << id;
    EXPECT_EQ(command.verb, Call("m")) << id;
  }
}

TEST_F(LineTest, Ping) {
  Greet();
  EXPECT_EQ(Said(R"({"n":"_p","i":"6emo"})"), R"({"n":"_r","p":"pong","i":"6emo","e":null})");
  EXPECT_EQ(Said(R"({"n":"_p"})"), R"({"n":"_r","p":"pong","e":null})");
}

TEST_F(LineTest, Answers) {
  Greet();
  EXPECT_EQ(One(line_, R"({"n":"_r","p":{"ans":5},"i":"17","e":null})"),
            (Command{{.id = "\"17\"", .flags = 0, .answer = false},
                     hub::Answer{17, Payload::Json(R"({"ans":5})")}}));
  EXPECT_EQ(One(line_, R"({"n":"_r","i":"17"})").verb, hub::Verb(hub::Answer{17, Payload::None()}));
  EXPECT_EQ(One(line_, R"({"n":"_r","i":"17","e":0,"p":1})").verb,
            hub::Verb(hub::Answer{17, Payload::Json("1")}));
}

TEST_F(LineTest, AnAnswerWhoseStringBecameANumber) {
  Greet();
  EXPECT_EQ(One(line_, R"({"n":"_r","i":17,"p":1})").verb,
            hub::Verb(hub::Answer{17, Payload::Json("1")}));
}

TEST_F(LineTest, Rejections) {
  Greet();
  auto error = [this](const std::string& e) {
    hub::Verb verb = One(line_, R"({"n":"_r","i":"5","e":)" + e + "}").verb;
    return std::get<CallError>(std::get<hub::Answer>(verb).outcome);
  };
  EXPECT_EQ(error(R"({"name":"Error","message":"client says no"})"),
            (CallError{Fault::kApplication, "Error", 0, "client says no", ""}));
  EXPECT_EQ(error(R"({"name":"TypeError","message":"bad","code":"E9"})"),
            (CallError{Fault::kApplication, "TypeError", 0, "bad", R"({"code":"E9"})"}));
  EXPECT_EQ(error(R"({"name":"X","message":"m","code":7,"why":{"a":[1, 2]},"n":null})"),
            (CallError{Fault::kApplication, "X", 7, "m", R"({"why":{"a":[1, 2]},"n":null})"}));
  EXPECT_EQ(error("\"plain\""), (CallError{Fault::kApplication, "", 0, "plain", "\"plain\""}));
  EXPECT_EQ(error("true"), (CallError{Fault::kApplication, "", 0, "true", "true"}));
}

TEST_F(LineTest, AnswersToNothing) {
  Greet();
  for (const char* id :
       {"\"ping\"", "\"0\"", "\"-1\"", "\"18446744073709551616\"", "7.5", "0", "-7", "null"}) {
    std::string message = std::string(R"({"n":"_r","p":"pong","e":null,"i":)") + id + "}";
    EXPECT_EQ(One(line_, message).verb, hub::Verb(hub::Ignore{})) << id;
  }
}

TEST_F(LineTest, WhatIsNoMessageIsIgnored) {
  Greet();
  for (const char* message :
       {"", "{", "5", "null", "[]", "\"_p\"", "{}", R"({"n":5})", R"({"n":null,"i":"a"})",
        R"({"p":1,"i":"a"})", R"({"n":"a"} x)", R"({"n":"a","i":"1"]})"}) {
    EXPECT_EQ(One(line_, message), (Command{Without(), hub::Ignore{}})) << message;
  }
}

TEST_F(LineTest, ABadValueIsToldByTheId) {
  Greet();
  auto refused = [](const std::string& why) {
    return R"({"n":"_r","i":"1","e":{"name":"LineError","message":"The message cannot be read: )" +
           why + R"(","code":"parse"}})";
  };
  EXPECT_EQ(Refusal(line_, R"({"n":"a","p":["\ud83d"],"i":"1"})"),
            refused("a string holds a bad escape at byte 14"));
  EXPECT_EQ(Refusal(line_, R"({"n":"\ud800","i":"1"})"),
            refused("a string holds a bad escape at byte 5"));
  EXPECT_EQ(Refusal(line_, "{\"n\":\"a\xff\",\"i\":\"1\"}"),
            refused("a string is no UTF-8 at byte 5"));
  EXPECT_EQ(Refusal(line_, R"({"n":"a","i":"1","i":"2"})"), refused("the key i is there twice"));
  std::string deep = R"({"i":"1","n":"a","p":)" + std::string(40, '[') + std::string(40, ']') + "}";
  EXPECT_EQ(Refusal(line_, deep), refused("the text is nested too deeply at byte 52"));
  EXPECT_EQ(Refusal(line_, R"({"n":"a","p":NaN})"), "");
}

TEST_F(LineTest, ABadAnswerIsAnAnswer) {
  Greet();
  for (const char* message :
       {R"({"n":"_r","i":"7","p":"\ud83d"})", R"({"n":"_r","i":"7","e":[NaN]})",
        R"({"n":"_r","i":"7","p":1,"p":2})"}) {
    Command command = One(line_, message);
    EXPECT_FALSE(command.correlation.answer);
    const auto& answer = std::get<hub::Answer>(command.verb);
    EXPECT_EQ(answer.call, 7u);
    EXPECT_EQ(std::get<CallError>(answer.outcome).fault, Fault::kParse) << message;
  }
}

TEST_F(LineTest, ABadGreetingMayBeSaidAgain) {
  EXPECT_NE(Refusal(line_, R"({"n":"_h","p":"\ud83d","i":"1"})"), "-");
  EXPECT_EQ(One(line_, R"({"n":"_h","i":"2"})").verb, hub::Verb(hub::Greet{}));
}

TEST_F(LineTest, ABadPingHasNoPong) {
  for (bool greeted : {false, true}) {
    if (greeted) Greet();
    EXPECT_EQ(Refusal(line_, "{\"n\":\"_p\",\"i\":\"\xff\"}"), "");
    EXPECT_EQ(Refusal(line_, R"({"n":"_p","i":"1","p":NaN})"),
              R"({"n":"_r","i":"1","e":{"name":"LineError","message":"The message cannot be )"
              R"(read: a value is malformed at byte 22","code":"parse"}})");
  }
}

TEST_F(LineTest, JsonInABinaryFrame) {
  hub::Decoded decoded = line_.Decode(state_, R"({"n":"_h","i":"a"})", true, limits_);
  EXPECT_EQ(decoded.commands[0].verb, hub::Verb(hub::Greet{}));
}

TEST_F(LineTest, ANameThatIsTooLong) {
  Greet();
  std::string name(256, 'x');
  EXPECT_EQ(Refusal(line_, R"({"n":")" + name + R"(","i":"a"})"),
            R"({"n":"_r","i":"a","e":{"name":"LineError",)"
            R"("message":"The name is longer than 255 bytes","code":"invalid_request"}})");
  EXPECT_EQ(Refusal(line_, R"({"n":")" + name + R"("})"), "");
}

// --- To clients ----------------------------------------------------------------------------------

TEST_F(LineTest, Results) {
  EXPECT_EQ(line_.EncodeResult(With("\"9yoq\""), Payload::Json("3")),
            R"({"n":"_r","p":3,"i":"9yoq","e":null})");
  EXPECT_EQ(line_.EncodeResult(With("\"pecw\""), Payload::None()),
            R"({"n":"_r","i":"pecw","e":null})");
  EXPECT_EQ(line_.EncodeResult(With("7"), Payload::Json("null")),
            R"({"n":"_r","p":null,"i":7,"e":null})");
  EXPECT_EQ(line_.EncodeResult(With("7"), Payload::Text("a\"b")),
            R"({"n":"_r","p":"a\"b","i":7,"e":null})");
  EXPECT_EQ(line_.EncodeResult(With("7"), Payload::Binary("\xff\x01")),
            R"({"n":"_r","p":{"base64":true,"data":"/wE="},"i":7,"e":null})");
}

TEST_F(LineTest, ApplicationErrors) {
  auto error = [this](CallError error) { return Error(std::move(error)); };
  EXPECT_EQ(error({Fault::kApplication, "TypeError", 0, "bad", R"({"code":"E9"})"}),
            R"({"n":"_r","i":"a","e":{"name":"TypeError","message":"bad","code":"E9"}})");
  EXPECT_EQ(
      error({Fault::kApplication, "E", 5, "m", R"({"code":"x","name":1,"stack":"s","k":[]})"}),
      R"({"n":"_r","i":"a","e":{"name":"E","message":"m","code":5,"k":[]}})");
  EXPECT_EQ(error({Fault::kApplication, "E", 0, "m", "7"}),
            R"({"n":"_r","i":"a","e":{"name":"E","message":"m","data":7}})");
  EXPECT_EQ(error({Fault::kApplication, "", 0, "", R"({"any":"thing"})"}),
            R"({"n":"_r","i":"a","e":{"any":"thing"}})");
}

TEST_F(LineTest, AnErrorIsNeverFalse) {
  for (const char* data : {"0", "null", "false", "\"\""}) {
    EXPECT_EQ(
        Error({Fault::kApplication, "", 0, "", data}),
        std::string(R"({"n":"_r","i":"a","e":{"name":"Error","message":"","data":)") + data + "}}");
  }
  EXPECT_EQ(Error({Fault::kApplication, "", 0, "", ""}),
            R"({"n":"_r","i":"a","e":{"name":"Error","message":""}})");
}

TEST_F(LineTest, TheGatewaysErrors) {
  EXPECT_EQ(Error(hub::MakeError(Fault::kMethodNotFound)),
            R"({"n":"_r","i":"a","e":{"name":"LineError","message":"Method not found",)"
            R"("code":"method_not_found"}})");
  EXPECT_EQ(Error(hub::MakeError(Fault::kUnavailable)),
            R"({"n":"_r","i":"a","e":{"name":"LineError",)"
            R"("message":"No worker serves this method now","code":"unavailable","retry":true}})");
}

TEST_F(LineTest, Events) {
  EXPECT_EQ(*line_.EncodeEvent("note", Payload::Json(R"({"room":1})")),
            R"({"n":"note","p":{"room":1}})");
  EXPECT_EQ(*line_.EncodeEvent("note", Payload::None()), R"({"n":"note"})");
  EXPECT_EQ(*line_.EncodePublication("note", Payload::Text("x")), R"({"n":"note","p":"x"})");
}

TEST_F(LineTest, Requests) {
  EXPECT_EQ(*line_.EncodeRequest(state_, 17, "q", Payload::Json("5")),
            R"({"n":"q","p":5,"i":"17"})");
  EXPECT_EQ(*line_.EncodeRequest(state_, 17, "q", Payload::None()), R"({"n":"q","i":"17"})");
}

// --- Staying and leaving -------------------------------------------------------------------------

TEST_F(LineTest, PingsAfterSilence) {
  const hub::LivenessRule& rule = line_.traits().liveness;
  EXPECT_EQ(rule.interval, absl::Seconds(15));
  EXPECT_EQ(rule.timeout, absl::Seconds(10));
  EXPECT_FALSE(rule.steady);
  EXPECT_EQ(rule.lease, absl::ZeroDuration());
  EXPECT_EQ(rule.ping,
            "\x81\x15"
            R"({"n":"_p","i":"ping"})");
}

TEST_F(LineTest, CloseCodes) {
  EXPECT_EQ(line_.Close(CloseCause::kPongTimeout), (hub::CloseFrame{4201, "Ping failed"}));
  EXPECT_EQ(line_.Close(CloseCause::kDisconnect).code, 1000);
  EXPECT_EQ(line_.Close(CloseCause::kDrain).code, 1001);
  EXPECT_EQ(line_.Close(CloseCause::kReplaced).code, 4410);
}

}  // namespace
}  // namespace sluice::protocol
