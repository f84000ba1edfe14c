// SPDX-License-Identifier: Apache-2.0
//
// The examples of the JSON-RPC 2.0 specification, section 7, on every dialect that speaks it, and
// what it says of ids.
#include <map>
#include <nlohmann/json.hpp>

#include "gateway/protocol/msgpack/reader.h"
#include "gateway/protocol/msgpack/writer.h"
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

using hub::Fault;

// What the examples call, and what it answers to them.
const std::map<std::string, std::string> kAnswers = {
    {"subtract [42, 23]", "19"},
    {"subtract [23, 42]", "-19"},
    {R"(subtract {"subtrahend": 23, "minuend": 42})", "19"},
    {R"(subtract {"minuend": 42, "subtrahend": 23})", "19"},
    {"sum [1,2,4]", "7"},
    {"subtract [42,23]", "19"},
    {"get_data ", R"(["hello",5])"},
    {"update [1,2,3,4,5]", "null"},
    {"notify_hello [7]", "null"},
    {"notify_sum [1,2,4]", "null"},
};

class JsonRpcSpecTest : public DialectTest {
 protected:
  // What a gateway whose workers serve the above answers; empty if nothing.
  std::string Answer(const hub::Dialect& dialect, std::string_view message) {
    hub::Decoded decoded = Decode(dialect, message);
    std::vector<std::string> answers;
    for (const hub::Command& command : decoded.commands) {
      if (command.correlation.answer) answers.push_back(AnswerTo(dialect, command));
    }
    if (answers.empty()) return {};
    return decoded.batch ? dialect.EncodeBatch(answers) : answers[0];
  }

  std::string AnswerTo(const hub::Dialect& dialect, const hub::Command& command) {
    if (auto* malformed = std::get_if<hub::Malformed>(&command.verb)) {
      return dialect.EncodeError(command.correlation, malformed->error);
    }
    const auto& call = std::get<hub::CallMethod>(command.verb);
    for (const auto& [question, answer] : kAnswers) {
      size_t space = question.find(' ');
      bool same = question.substr(0, space) == call.method &&
                  Dense(question.substr(space)) == Dense(call.params.bytes);
      if (same) return dialect.EncodeResult(command.correlation, hub::Payload::Json(answer));
    }
    return dialect.EncodeError(command.correlation, hub::MakeError(Fault::kMethodNotFound));
  }

  static std::string Dense(const std::string& text) {
    return absl::StrReplaceAll(text, {{" ", ""}});
  }
  static nlohmann::json Loose(const std::string& text) {
    return nlohmann::json::parse(text, nullptr, false);
  }

  // An answer without what the specification leaves open: the version (MessagePack's clients do not
  // all write it) and the data of errors.
  static nlohmann::json Essence(const std::string& text) {
    if (text.empty()) return {};
    nlohmann::json answer = nlohmann::json::parse(text);
    auto strip = [](nlohmann::json& one) {
      one.erase("jsonrpc");
      if (one.contains("error")) one["error"].erase("data");
    };
    if (answer.is_object()) strip(answer);
    if (answer.is_array())
      for (nlohmann::json& one : answer) strip(one);
    return answer;
  }

  static std::string Pack(std::string_view json) {
    std::string bytes;
    MsgpackWriter(bytes).Json(json);
    return bytes;
  }
  static std::string Unpack(std::string_view bytes) {
    std::string json;
    if (!bytes.empty()) MsgpackReader(bytes).ReadJson(json, 32);
    return json;
  }
};

struct Example {
  std::string said;
  std::string answered;
};

constexpr const char* kInvalid =
    R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null})";

const Example kExamples[] = {
    // positional and named parameters
    {R"({"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1})",
     R"({"jsonrpc": "2.0", "result": 19, "id": 1})"},
    {R"({"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2})",
     R"({"jsonrpc": "2.0", "result": -19, "id": 2})"},
    {R"({"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3})",
     R"({"jsonrpc": "2.0", "result": 19, "id": 3})"},
    {R"({"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4})",
     R"({"jsonrpc": "2.0", "result": 19, "id": 4})"},
    // notifications
    {R"({"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]})", ""},
    {R"({"jsonrpc": "2.0", "method": "foobar"})", ""},
    // a method that does not exist
    {R"({"jsonrpc": "2.0", "method": "foobar", "id": "1"})",
     R"({"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "1"})"},
    // an invalid request
    {R"({"jsonrpc": "2.0", "method": 1, "params": "bar"})", kInvalid},
    // batches
    {"[]", kInvalid},
    {"[1]", std::string("[") + kInvalid + "]"},
    {"[1,2,3]", std::string("[") + kInvalid + "," + kInvalid + "," + kInvalid + "]"},
    {R"([
        {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
        {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "get_data", "id": "9"}])",
     R"([{"jsonrpc": "2.0", "result": 7, "id": "1"},
        {"jsonrpc": "2.0", "result": 19, "id": "2"},
        {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},
        {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "5"},
        {"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"}])"},
    {R"([{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}])",
     ""},
};

TEST_F(JsonRpcSpecTest, ExamplesAlone) {
  for (const Example& example : kExamples) {
    nlohmann::json expected = Essence(example.answered);
    for (const hub::Dialect* dialect : {&json_, &strict_}) {
      EXPECT_EQ(Essence(Answer(*dialect, example.said)), expected) << example.said;
    }
    std::string packed = Unpack(Answer(msgpack_, Pack(example.said)));
    EXPECT_EQ(Essence(packed), expected) << example.said;
  }
}

TEST_F(JsonRpcSpecTest, ExamplesInABatch) {
  for (const Example& example : kExamples) {
    if (example.said.front() != '{') continue;
    std::string batch = "[" + example.said + "," + example.said + "]";
    nlohmann::json one = Essence(example.answered);
    nlohmann::json expected = one.is_null() ? one : nlohmann::json::array({one, one});
    for (const hub::Dialect* dialect : {&json_, &strict_}) {
      EXPECT_EQ(Essence(Answer(*dialect, batch)), expected) << batch;
    }
    EXPECT_EQ(Essence(Unpack(Answer(msgpack_, Pack(batch)))), expected) << batch;
  }
}

TEST_F(JsonRpcSpecTest, InvalidJson) {
  const std::string parse_error =
      R"({"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null})";
  for (const hub::Dialect* dialect : {&json_, &strict_}) {
    for (const char* message :
         {R"({"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz])",
          R"([{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
              {"jsonrpc": "2.0", "method"])"}) {
      EXPECT_EQ(Essence(Answer(*dialect, message)), Essence(parse_error)) << message;
    }
  }
  std::string cut = Pack(R"({"jsonrpc": "2.0", "method": "foobar", "params": ["bar"]})");
  cut.pop_back();
  EXPECT_EQ(Essence(Unpack(Answer(msgpack_, cut))), Essence(parse_error));
}

TEST_F(JsonRpcSpecTest, OnlyAMessageWithoutIdIsANotification) {
  for (const char* id : {"0", "\"\"", "null", "-1", "1.5"}) {
    for (const char* method : {"get_data", "nope", "rpc.on", "rpc.login"}) {
      std::string message =
          std::string(R"({"jsonrpc":"2.0","method":")") + method + R"(","id":)" + id + "}";
      for (const hub::Dialect* dialect : {&json_, &strict_}) {
        EXPECT_EQ(Loose(Answer(*dialect, message))["id"], Loose(id)) << message;
        EXPECT_TRUE(Loose(Answer(*dialect, message)).contains("id")) << message;
      }
      EXPECT_EQ(Loose(Unpack(Answer(msgpack_, Pack(message))))["id"], Loose(id)) << message;
    }
  }
  for (const char* method : {"get_data", "nope", "rpc.on", "rpc.off", "rpc.login"}) {
    std::string message = std::string(R"({"jsonrpc":"2.0","method":")") + method + "\"}";
    EXPECT_EQ(Answer(json_, message), "");
    EXPECT_EQ(Answer(strict_, message), "");
    EXPECT_EQ(Answer(msgpack_, Pack(message)), "");
  }
}

// --- What only the strict dialect does -----------------------------------------------------------

TEST_F(JsonRpcSpecTest, StrictRefusesWhatIsNoRequest) {
  for (const char* members :
       {R"("method":"m","params":5,"id":1)", R"("method":"m","params":"x","id":1)",
        R"("method":"m","params":false,"id":1)", R"("id":1)", R"("method":null,"id":1)",
        R"("method":5,"id":1)"}) {
    std::string message = std::string(R"({"jsonrpc":"2.0",)") + members + "}";
    nlohmann::json answer = Loose(Refusal(strict_, message));
    EXPECT_EQ(answer["error"]["code"], -32600) << message;
    EXPECT_EQ(answer["id"], 1) << message;
  }
}

TEST_F(JsonRpcSpecTest, StrictIdsAreStringsNumbersOrNull) {
  for (const char* id : {"true", "false", "[1]", "{}"}) {
    std::string message = std::string(R"({"jsonrpc":"2.0","method":"m","id":)") + id + "}";
    nlohmann::json answer = Loose(Refusal(strict_, message));
    EXPECT_EQ(answer["error"]["code"], -32600) << message;
    EXPECT_TRUE(answer["id"].is_null()) << message;
    EXPECT_EQ(One(json_, message).correlation.id, id);
  }
}

TEST_F(JsonRpcSpecTest, StrictTakesNullForNoParams) {
  EXPECT_EQ(One(strict_, R"({"jsonrpc":"2.0","method":"m","params":null,"id":1})").verb, Call("m"));
}

TEST_F(JsonRpcSpecTest, StrictTakesAnEmptyNameForAName) {
  EXPECT_EQ(One(strict_, R"({"jsonrpc":"2.0","method":"","id":1})").verb, Call(""));
}

TEST_F(JsonRpcSpecTest, StrictReservesNothingButRpc) {
  auto verb = [this](const char* method) {
    return One(strict_, std::string(R"({"jsonrpc":"2.0","method":")") + method +
                            R"(","params":["a"],"id":1})")
        .verb;
  };
  hub::Payload params = hub::Payload::Json("[\"a\"]");
  for (const char* free : {"__listMethods", "rpc.answer", "rpc.discover", "on", "call:1"}) {
    EXPECT_EQ(verb(free), Call(free, params)) << free;
  }
  EXPECT_EQ(verb("rpc.on"), hub::Verb(hub::Subscribe{{"a"}}));
  EXPECT_EQ(verb("rpc.off"), hub::Verb(hub::Unsubscribe{{"a"}}));
  EXPECT_EQ(verb("rpc.login"), hub::Verb(hub::Login{params}));
  EXPECT_EQ(verb("rpc.listMethods"), hub::Verb(hub::ListMethods{}));
  EXPECT_EQ(strict_.EncodeMethods(Id("1"), strict_.EncodeMethodList({"sum"}, true), false),
            R"({"jsonrpc":"2.0","result":["rpc.listMethods","rpc.login","sum"],"id":1})");
  EXPECT_FALSE(strict_.Toggle(state_, "rpc.call", true));
}

TEST_F(JsonRpcSpecTest, StrictEventsAreNotifications) {
  auto event = [this](const hub::Payload& body) { return *strict_.EncodeEvent("ev", body); };
  EXPECT_EQ(event(hub::Payload::Json(R"({"a":1})")),
            R"({"jsonrpc":"2.0","method":"ev","params":{"a":1}})");
  EXPECT_EQ(event(hub::Payload::Json("[1,2]")),
            R"({"jsonrpc":"2.0","method":"ev","params":[1,2]})");
  EXPECT_EQ(event(hub::Payload::Json("5")), R"({"jsonrpc":"2.0","method":"ev","params":[5]})");
  EXPECT_EQ(event(hub::Payload::Text("x")), R"({"jsonrpc":"2.0","method":"ev","params":["x"]})");
  EXPECT_EQ(event(hub::Payload::None()), R"({"jsonrpc":"2.0","method":"ev"})");
}

TEST_F(JsonRpcSpecTest, StrictIsTakenOutOfAnEventByANotification) {
  EXPECT_EQ(strict_.EncodeKickOut("vip", "bye"),
            R"({"jsonrpc":"2.0","method":"rpc.off","params":["vip","bye"]})");
}

TEST_F(JsonRpcSpecTest, StrictCallsAreRequests) {
  EXPECT_EQ(*strict_.EncodeRequest(state_, 7, "ask", hub::Payload::Json("[1]")),
            R"({"jsonrpc":"2.0","method":"ask","params":[1],"id":"call:7"})");
  EXPECT_EQ(*strict_.EncodeRequest(state_, 7, "ask", hub::Payload::None()),
            R"({"jsonrpc":"2.0","method":"ask","id":"call:7"})");
  EXPECT_EQ(One(strict_, R"({"jsonrpc":"2.0","result":[1],"id":"call:7"})").verb,
            hub::Verb(hub::Answer{7, hub::Payload::Json("[1]")}));
}

TEST_F(JsonRpcSpecTest, StrictErrors) {
  EXPECT_EQ(strict_.EncodeError(Id("1"), {Fault::kApplication, "", 3, "reverted", "\"0x\""}),
            R"({"jsonrpc":"2.0","error":{"code":3,"message":"reverted","data":"0x"},"id":1})");
  EXPECT_EQ(strict_.EncodeError(Id("1"), hub::MakeError(Fault::kMethodForbidden)),
            R"({"jsonrpc":"2.0","error":{"code":-32005,"message":"Method forbidden"},"id":1})");
}

TEST_F(JsonRpcSpecTest, StrictStaysWhatItIs) {
  EXPECT_EQ(&strict_.ForFirstFrame(true, "\x80"), &strict_);
  EXPECT_EQ(strict_.traits().name, "json_rpc_strict");
  EXPECT_EQ(strict_.id(), 6);
  EXPECT_FALSE(strict_.traits().binary);
}

}  // namespace
}  // namespace sluice::protocol
