// SPDX-License-Identifier: Apache-2.0
//
// What JSON-RPC clients hear, byte for byte.
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

using hub::ChannelStatus;
using hub::Fault;
using hub::Payload;

class JsonRpcEncode : public DialectTest {};

TEST_F(JsonRpcEncode, Result) {
  EXPECT_EQ(json_.EncodeResult(Id("1"), Payload::Json("3")),
            R"({"jsonrpc":"2.0","result":3,"id":1})");
  EXPECT_EQ(json_.EncodeResult(Id("\"a\""), Payload::Json("{ \"a\" : 1 }")),
            R"({"jsonrpc":"2.0","result":{ "a" : 1 },"id":"a"})");
}

TEST_F(JsonRpcEncode, ResultOfOtherKinds) {
  EXPECT_EQ(json_.EncodeResult(Id("1"), Payload::None()),
            R"({"jsonrpc":"2.0","result":null,"id":1})");
  EXPECT_EQ(json_.EncodeResult(Id("1"), Payload::Text("a\"b\n\x01\u00e9")),
            "{\"jsonrpc\":\"2.0\",\"result\":\"a\\\"b\\n\\u0001\u00e9\",\"id\":1}");
  EXPECT_EQ(json_.EncodeResult(Id("1"), Payload::Binary("\xff\x01")),
            R"({"jsonrpc":"2.0","result":{"base64":true,"data":"/wE="},"id":1})");
}

TEST_F(JsonRpcEncode, Login) {
  EXPECT_EQ(json_.EncodeResult(Id("15"), Payload::Json("true")),
            R"({"jsonrpc":"2.0","result":true,"id":15})");
}

TEST_F(JsonRpcEncode, MethodNotFound) {
  EXPECT_EQ(json_.EncodeError(Id("8"), hub::MakeError(Fault::kMethodNotFound)),
            R"({"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":8})");
}

TEST_F(JsonRpcEncode, HandlerThrewError) {
  EXPECT_EQ(
      json_.EncodeError(Id("6"), {Fault::kApplication, "TypeError", 0, "boom", ""}),
      R"({"jsonrpc":"2.0","error":{"code":-32000,"message":"TypeError","data":"boom"},"id":6})");
}

TEST_F(JsonRpcEncode, HandlerThrewCreatedError) {
  EXPECT_EQ(json_.EncodeError(Id("6"), {Fault::kApplication, "", 500, "E msg", R"({"k":1})"}),
            R"({"jsonrpc":"2.0","error":{"code":500,"message":"E msg","data":{"k":1}},"id":6})");
  EXPECT_EQ(json_.EncodeError(Id("6"), {Fault::kApplication, "", 500, "E msg", ""}),
            R"({"jsonrpc":"2.0","error":{"code":500,"message":"E msg","data":null},"id":6})");
}

TEST_F(JsonRpcEncode, BeingTakenOutOfAnEvent) {
  EXPECT_EQ(json_.EncodeKickOut("vip", "bye"),
            R"({"notification":"rpc.off","params":["vip","bye"]})");
  EXPECT_EQ(json_.EncodeKickOut("v\"p", ""), R"({"notification":"rpc.off","params":["v\"p"]})");
}

TEST_F(JsonRpcEncode, SubscriptionResults) {
  EXPECT_EQ(json_.EncodeChannels(Id("18"),
                                 {{"ev", ChannelStatus::kOk}, {"nope", ChannelStatus::kUnknown}}),
            R"({"jsonrpc":"2.0","result":{"ev":"ok","nope":"provided event invalid"},"id":18})");
  EXPECT_EQ(json_.EncodeChannels(Id("1"), {{"ev", ChannelStatus::kNotMember}}),
            R"({"jsonrpc":"2.0","result":{"ev":"not subscribed"},"id":1})");
  EXPECT_EQ(json_.EncodeChannels(Id("1"), {{"ev", ChannelStatus::kAlready}}),
            R"({"jsonrpc":"2.0","result":{"ev":"socket has already been subscribed to event"},)"
            R"("id":1})");
  EXPECT_EQ(json_.EncodeChannels(Id("1"), {{"ev", ChannelStatus::kLimit}}),
            R"({"jsonrpc":"2.0","result":{"ev":"too many subscriptions"},"id":1})");
  EXPECT_EQ(json_.EncodeChannels(Id("1"), {}), R"({"jsonrpc":"2.0","result":{},"id":1})");
}

TEST_F(JsonRpcEncode, ANameThatWasGivenTwiceIsAnsweredOnce) {
  EXPECT_EQ(json_.EncodeChannels(Id("1"), {{"a", ChannelStatus::kOk},
                                           {"b", ChannelStatus::kOk},
                                           {"a", ChannelStatus::kAlready}}),
            R"({"jsonrpc":"2.0","result":{"a":"socket has already been subscribed to event",)"
            R"("b":"ok"},"id":1})");
}

TEST_F(JsonRpcEncode, Methods) {
  std::string list = json_.EncodeMethodList({"sum", "echo"}, true);
  EXPECT_EQ(json_.EncodeMethods(Id("1"), list, false),
            R"({"jsonrpc":"2.0","result":["__listMethods","rpc.login","sum","echo"],"id":1})");
  EXPECT_EQ(json_.EncodeMethods(Id("1"), json_.EncodeMethodList({}, false), false),
            R"({"jsonrpc":"2.0","result":["__listMethods"],"id":1})");
  EXPECT_EQ(json_.EncodeMethods(Id("1"), "[]", true),
            R"({"jsonrpc":"2.0","result":[],"cut":true,"id":1})");
}

TEST_F(JsonRpcEncode, Batch) {
  EXPECT_EQ(json_.EncodeBatch({json_.EncodeResult(Id("1"), Payload::Json("3")),
                               json_.EncodeError(Id("2"), hub::MakeError(Fault::kMethodNotFound))}),
            R"([{"jsonrpc":"2.0","result":3,"id":1},)"
            R"({"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":2}])");
}

TEST_F(JsonRpcEncode, EventsAlwaysHaveParams) {
  auto event = [this](const Payload& body) { return *json_.EncodeEvent("ev", body); };
  EXPECT_EQ(event(Payload::Json("[1,\"b\"]")), R"({"notification":"ev","params":[1,"b"]})");
  EXPECT_EQ(event(Payload::Json("{\"k\":1}")), R"({"notification":"ev","params":{"k":1}})");
  EXPECT_EQ(event(Payload::Json(" \n[1,2]")), "{\"notification\":\"ev\",\"params\": \n[1,2]}");
  EXPECT_EQ(event(Payload::Json("null")), R"({"notification":"ev","params":[null]})");
  EXPECT_EQ(event(Payload::Json("5")), R"({"notification":"ev","params":[5]})");
  EXPECT_EQ(event(Payload::Json("\"[\"")), R"({"notification":"ev","params":["["]})");
  EXPECT_EQ(event(Payload::None()), R"({"notification":"ev","params":[]})");
  EXPECT_EQ(event(Payload::Text("hi")), R"({"notification":"ev","params":["hi"]})");
  EXPECT_EQ(event(Payload::Binary("hi")),
            R"({"notification":"ev","params":[{"base64":true,"data":"aGk="}]})");
  EXPECT_EQ(*json_.EncodeEvent("a\"b", Payload::None()), R"({"notification":"a\"b","params":[]})");
}

TEST_F(JsonRpcEncode, Requests) {
  EXPECT_EQ(*json_.EncodeRequest(state_, 7, "ask", Payload::Json("{\"a\":1}")),
            R"({"jsonrpc":"2.0","method":"ask","params":{"a":1},"id":"call:7"})");
  EXPECT_EQ(*json_.EncodeRequest(state_, 7, "ask", Payload::None()),
            R"({"jsonrpc":"2.0","method":"ask","params":[],"id":"call:7"})");
}

TEST_F(JsonRpcEncode, RequestsAsEventsIfAsked) {
  EXPECT_TRUE(json_.Toggle(state_, "rpc.call", true));
  EXPECT_EQ(*json_.EncodeRequest(state_, 7, "ask", Payload::Json("[1]")),
            R"({"notification":"rpc.call","params":[{"id":7,"method":"ask","params":[1]}]})");
  EXPECT_TRUE(json_.Toggle(state_, "rpc.call", false));
  EXPECT_EQ(*json_.EncodeRequest(state_, 7, "ask", Payload::Json("[1]")),
            R"({"jsonrpc":"2.0","method":"ask","params":[1],"id":"call:7"})");
  EXPECT_FALSE(json_.Toggle(state_, "ev", true));
}

TEST_F(JsonRpcEncode, ClosesAsTheTableSays) {
  for (int i = 0; i < hub::kCloseCauseCount; ++i) {
    auto cause = static_cast<hub::CloseCause>(i);
    EXPECT_EQ(json_.Close(cause).code, hub::RuleOf(cause).code);
    EXPECT_EQ(json_.Close(cause).reason, hub::RuleOf(cause).reason);
  }
}

}  // namespace
}  // namespace sluice::protocol
