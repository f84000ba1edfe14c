// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

using hub::Command;
using hub::Payload;

class JsonRpcDecode : public DialectTest {};

TEST_F(JsonRpcDecode, Call) {
  EXPECT_EQ(One(json_, R"({"jsonrpc":"2.0","method":"sum","params":[1,2],"id":1})"),
            (Command{Id("1"), Call("sum", Payload::Json("[1,2]"))}));
}

TEST_F(JsonRpcDecode, CallWithoutParams) {
  EXPECT_EQ(One(json_, R"({"jsonrpc":"2.0","method":"echo","id":3})"),
            (Command{Id("3"), Call("echo")}));
}

TEST_F(JsonRpcDecode, ParamsPassThroughAsTheyAre) {
  for (const char* params : {"null", "false", "7", "{ \"a\" : [ 1.50, 1e400 ] }", "[\"\\u00e9\"]",
                             "123456789012345678901234567890", "{\"a\":1,\"a\":2}", "\"\""}) {
    std::string message =
        std::string(R"({"jsonrpc":"2.0","method":"m","params": )") + params + R"( , "id":1})";
    EXPECT_EQ(One(json_, message).verb, Call("m", Payload::Json(params))) << params;
  }
}

TEST_F(JsonRpcDecode, Notification) {
  EXPECT_EQ(One(json_, R"({"jsonrpc":"2.0","method":"sum","params":[1,2]})"),
            (Command{NoId(), Call("sum", Payload::Json("[1,2]"))}));
}

TEST_F(JsonRpcDecode, IdsOfAnyTypeAreKeptVerbatim) {
  for (const char* id : {"1", "-1", "1.50", "1e3", "18446744073709551616", "\"abc\"", "\"\\u0041\"",
                         "true", "[1, 2]", "{\"a\": 1}", "[]", "\"0\""}) {
    std::string message = std::string(R"({"jsonrpc":"2.0","method":"m","id": )") + id + " }";
    EXPECT_EQ(One(json_, message).correlation, Id(id)) << id;
  }
}

TEST_F(JsonRpcDecode, FalsyIdsAreIds) {
  for (const char* id : {"0", "-0", "0.0", "0e5", "\"\"", "null", "false"}) {
    std::string message = std::string(R"({"jsonrpc":"2.0","method":"m","id":)") + id + "}";
    EXPECT_EQ(One(json_, message).correlation, Id(id)) << id;
  }
}

TEST_F(JsonRpcDecode, Subscribe) {
  EXPECT_EQ(One(json_, R"({"jsonrpc":"2.0","method":"rpc.on","params":["ev","nope"],"id":18})"),
            (Command{Id("18"), hub::Subscribe{{"ev", "nope"}}}));
  EXPECT_EQ(One(json_, R"({"jsonrpc":"2.0","method":"rpc.off","params":["ev"],"id":19})"),
            (Command{Id("19"), hub::Unsubscribe{{"ev"}}}));
}

TEST_F(JsonRpcDecode, ASubscriptionWithoutIdIsANotification) {
  Command command = One(json_, R"({"jsonrpc":"2.0","method":"rpc.on","params":["ev"]})");
  EXPECT_EQ(command, (Command{NoId(), hub::Subscribe{{"ev"}}}));
}

TEST_F(JsonRpcDecode, SubscriptionNamesThatAreNoStringsStandForThemselves) {
  EXPECT_EQ(
      One(json_, R"({"jsonrpc":"2.0","method":"rpc.on","params":[1,null,"\u0041"],"id":1})").verb,
      hub::Verb(hub::Subscribe{{"1", "null", "A"}}));
  EXPECT_EQ(One(json_, R"({"jsonrpc":"2.0","method":"rpc.on","params":[],"id":1})").verb,
            hub::Verb(hub::Subscribe{}));
}

TEST_F(JsonRpcDecode, Login) {
  EXPECT_EQ(One(json_, R"({"jsonrpc":"2.0","method":"rpc.login","params":{"user":"bob"},"id":15})"),
            (Command{Id("15"), hub::Login{Payload::Json(R"({"user":"bob"})")}}));
}

TEST_F(JsonRpcDecode, LoginWithoutIdWantsNoAnswer) {
  EXPECT_EQ(One(json_, R"({"jsonrpc":"2.0","method":"rpc.login","params":[1]})"),
            (Command{NoId(), hub::Login{Payload::Json("[1]")}}));
}

TEST_F(JsonRpcDecode, ListMethods) {
  EXPECT_EQ(One(json_, R"({"jsonrpc":"2.0","method":"__listMethods","id":2})"),
            (Command{Id("2"), hub::ListMethods{}}));
}

TEST_F(JsonRpcDecode, Batch) {
  hub::Decoded decoded = Decode(json_, R"([{"jsonrpc":"2.0","method":"sum","params":[1,2],"id":1},
      {"jsonrpc":"2.0","method":"sum","params":[3,4]}, {"jsonrpc":"2.0","method":"nope","id":2}])");
  EXPECT_TRUE(decoded.batch);
  ASSERT_EQ(decoded.commands.size(), 3u);
  EXPECT_EQ(decoded.commands[0], (Command{Id("1"), Call("sum", Payload::Json("[1,2]"))}));
  EXPECT_EQ(decoded.commands[1], (Command{NoId(), Call("sum", Payload::Json("[3,4]"))}));
  EXPECT_EQ(decoded.commands[2], (Command{Id("2"), Call("nope")}));
}

TEST_F(JsonRpcDecode, ABatchOfOneIsABatch) {
  hub::Decoded decoded = Decode(json_, R"([{"jsonrpc":"2.0","method":"m","id":1}])");
  EXPECT_TRUE(decoded.batch);
  EXPECT_EQ(decoded.commands.size(), 1u);
}

TEST_F(JsonRpcDecode, WhatIsWrongInABatchIsWrongAlone) {
  hub::Decoded decoded = Decode(json_, R"([5,[],{"jsonrpc":"2.0","method":"m","id":1}])");
  ASSERT_EQ(decoded.commands.size(), 3u);
  EXPECT_EQ(std::get<hub::Malformed>(decoded.commands[0].verb).error.data_json, "");
  EXPECT_EQ(std::get<hub::Malformed>(decoded.commands[1].verb).error.data_json,
            "\"Invalid JSON RPC version\"");
  EXPECT_EQ(decoded.commands[2].verb, Call("m"));
}

TEST_F(JsonRpcDecode, BatchBound) {
  limits_.batch_max = 2;
  const std::string one = R"({"jsonrpc":"2.0","method":"m","id":1})";
  EXPECT_EQ(Decode(json_, "[" + one + "," + one + "]").commands.size(), 2u);
  EXPECT_EQ(Refusal(json_, "[" + one + "," + one + "," + one + "]"),
            R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request",)"
            R"("data":"More than 2 messages in a batch"},"id":null})");
}

TEST_F(JsonRpcDecode, EscapedKeysAreKeys) {
  EXPECT_EQ(
      One(json_, R"({"json\u0072pc":"2\u002e0","m\u0065thod":"a\/b\u00e9\ud83d\ude00","id":1})"),
      (Command{Id("1"), Call("a/b\u00e9\U0001F600")}));
}

TEST_F(JsonRpcDecode, UnknownKeysAreIgnored) {
  EXPECT_EQ(One(json_, R"({"x":{"id":9},"jsonrpc":"2.0","method":"m","id":1,"y":[[]]})"),
            (Command{Id("1"), Call("m")}));
}

TEST_F(JsonRpcDecode, BinaryFramesCarryJsonAsWell) {
  auto decoded = json_.Decode(state_, R"({"jsonrpc":"2.0","method":"m","id":1})", true, limits_);
  ASSERT_EQ(decoded.commands.size(), 1u);
  EXPECT_EQ(decoded.commands[0].verb, Call("m"));
}

TEST_F(JsonRpcDecode, AFirstBinaryFrameMeansMessagePack) {
  EXPECT_EQ(&json_.ForFirstFrame(true, "\x80"), &msgpack_);
  EXPECT_EQ(&json_.ForFirstFrame(true, Bytes("9180")), &msgpack_);
  EXPECT_EQ(&json_.ForFirstFrame(true, ""), &msgpack_);
  EXPECT_EQ(&json_.ForFirstFrame(false, "\x80"), &json_);
}

TEST_F(JsonRpcDecode, AFirstBinaryFrameMayBeJson) {
  for (const char* bytes : {"{}", "[", " \r\n\t{", "{\"jsonrpc"}) {
    EXPECT_EQ(&json_.ForFirstFrame(true, bytes), &json_) << bytes;
  }
}

// What clients answer to the gateway's calls.

hub::CallError ClientError(std::string name, int32_t code, std::string message, std::string data) {
  return {hub::Fault::kApplication, std::move(name), code, std::move(message), std::move(data)};
}

TEST_F(JsonRpcDecode, ResponseToAGatewaysCall) {
  for (const char* id : {"\"call:7\"", "7", "7.0"}) {
    std::string message = std::string(R"({"jsonrpc":"2.0","result":{"a":1},"id":)") + id + "}";
    Command command = One(json_, message);
    EXPECT_FALSE(command.correlation.answer);
    EXPECT_EQ(command.verb, hub::Verb(hub::Answer{7, Payload::Json(R"({"a":1})")})) << id;
  }
}

TEST_F(JsonRpcDecode, ErrorResponseToAGatewaysCall) {
  Command command = One(
      json_,
      R"({"jsonrpc":"2.0","error":{"code":-5,"message":"no","data":[1]},"result":null,"id":"call:7"})");
  EXPECT_FALSE(command.correlation.answer);
  EXPECT_EQ(command.verb, hub::Verb(hub::Answer{7, ClientError("", -5, "no", "[1]")}));
}

TEST_F(JsonRpcDecode, ResponsesToNothingAreIgnored) {
  for (const char* id : {"\"7\"", "0", "-1", "1.5", "1e300", "null", "\"call:\"", "\"call:x\"",
                         "{}", "99999999999999999999", "\"call:-3\"", "\"call: 3\""}) {
    std::string message = std::string(R"({"jsonrpc":"2.0","result":1,"id":)") + id + "}";
    EXPECT_EQ(One(json_, message).verb, hub::Verb(hub::Ignore{})) << id;
  }
  EXPECT_EQ(One(json_, R"({"result":1})").verb, hub::Verb(hub::Ignore{}));
}

TEST_F(JsonRpcDecode, AnswerByMethod) {
  auto verb = [this](const std::string& params) {
    Command command =
        One(json_, R"({"jsonrpc":"2.0","method":"rpc.answer","id":4,"params":)" + params + "}");
    EXPECT_EQ(command.correlation, Id("4"));
    return command.verb;
  };
  EXPECT_EQ(verb(R"({"id":7,"result":"ok"})"), hub::Verb(hub::Answer{7, Payload::Json("\"ok\"")}));
  EXPECT_EQ(verb(R"({"id":7,"result":null})"), hub::Verb(hub::Answer{7, Payload::Json("null")}));
  EXPECT_EQ(verb(R"({"id":7})"), hub::Verb(hub::Answer{7, Payload::None()}));
  EXPECT_EQ(verb(R"([7,[1]])"), hub::Verb(hub::Answer{7, Payload::Json("[1]")}));
  EXPECT_EQ(verb(R"([7])"), hub::Verb(hub::Answer{7, Payload::None()}));
  EXPECT_EQ(verb(R"({"id":7,"error":{"name":"E","code":1,"message":"m","data":{"k":1}}})"),
            hub::Verb(hub::Answer{7, ClientError("E", 1, "m", R"({"k":1})")}));
  EXPECT_EQ(verb(R"({"id":7,"error":"plain"})"),
            hub::Verb(hub::Answer{7, ClientError("", 0, "plain", "")}));
  EXPECT_EQ(verb(R"({"id":7,"error":{"code":1e99,"message":5}})"),
            hub::Verb(hub::Answer{7, ClientError("", 0, "5", "")}));
}

TEST_F(JsonRpcDecode, AnswersThatAreNone) {
  for (const char* params :
       {"", R"(,"params":null)", R"(,"params":[])", R"(,"params":[1,2,3])", R"(,"params":["x",1])",
        R"(,"params":{})", R"(,"params":{"id":1,"result":1,"error":{}})"}) {
    std::string message =
        std::string(R"({"jsonrpc":"2.0","method":"rpc.answer","id":4)") + params + "}";
    Command command = One(json_, message);
    ASSERT_TRUE(std::holds_alternative<hub::Malformed>(command.verb)) << message;
    EXPECT_EQ(std::get<hub::Malformed>(command.verb).error.fault, hub::Fault::kInvalidParams);
  }
}

}  // namespace
}  // namespace sluice::protocol
