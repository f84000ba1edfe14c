// SPDX-License-Identifier: Apache-2.0
//
// What JSON-RPC clients are told when their message is wrong in itself.
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

class JsonRpcRefusal : public DialectTest {
 protected:
  std::string Error(const std::string& error, const std::string& id = "null") {
    return R"({"jsonrpc":"2.0","error":)" + error + R"(,"id":)" + id + "}";
  }
  bool IsParseError(std::string_view bytes) {
    return Refusal(json_, bytes)
        .starts_with(R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":")");
  }
};

TEST_F(JsonRpcRefusal, ParseErrorSaysWhereAndWhy) {
  EXPECT_EQ(Refusal(json_, "{\"jsonrpc\":"),
            Error(R"({"code":-32700,"message":"Parse error",)"
                  R"("data":"the text ends too early at byte 11"})"));
}

TEST_F(JsonRpcRefusal, EmptyBatch) {
  EXPECT_EQ(Refusal(json_, "[]"),
            Error(R"({"code":-32600,"message":"Invalid Request","data":"Invalid array"})"));
}

TEST_F(JsonRpcRefusal, NoObject) {
  for (const char* message : {"5", "\"x\"", "null", "true", " 1.5 "}) {
    EXPECT_EQ(Refusal(json_, message), Error(R"({"code":-32600,"message":"Invalid Request"})"));
  }
}

TEST_F(JsonRpcRefusal, Version) {
  const std::string error =
      R"({"code":-32600,"message":"Invalid Request","data":"Invalid JSON RPC version"})";
  EXPECT_EQ(Refusal(json_, R"({"method":"m","id":7})"), Error(error, "7"));
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"1.0","method":"m","id":"a"})"), Error(error, "\"a\""));
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":2.0,"method":"m"})"), Error(error));
  EXPECT_EQ(Refusal(json_, "{}"), Error(error));
}

TEST_F(JsonRpcRefusal, MethodNotSpecified) {
  const std::string error =
      R"({"code":-32602,"message":"Invalid params","data":"Method not specified"})";
  for (const char* method : {"", R"(,"method":"")", R"(,"method":null)", R"(,"method":0)"}) {
    EXPECT_EQ(Refusal(json_, std::string(R"({"jsonrpc":"2.0","id":5)") + method + "}"),
              Error(error, "5"));
  }
}

TEST_F(JsonRpcRefusal, NeitherMethodNorId) {
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0"})"),
            Error(R"({"code":-32600,"message":"Invalid Request","data":"Method not specified"})"));
}

TEST_F(JsonRpcRefusal, MethodNoString) {
  const std::string error =
      R"({"code":-32600,"message":"Invalid Request","data":"Invalid method name"})";
  for (const char* method : {"7", "[]", "{}", "true"}) {
    EXPECT_EQ(Refusal(json_, std::string(R"({"jsonrpc":"2.0","id":5,"method":)") + method + "}"),
              Error(error, "5"));
  }
}

TEST_F(JsonRpcRefusal, ParamsAString) {
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"m","params":"x","id":5})"),
            Error(R"({"code":-32600,"message":"Invalid Request"})", "5"));
}

TEST_F(JsonRpcRefusal, LoginWithoutParams) {
  const std::string error = R"({"code":-32604,"message":"Params not found"})";
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"rpc.login","id":5})"), Error(error, "5"));
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"rpc.login","params":null})"), "");
}

TEST_F(JsonRpcRefusal, SubscriptionWithoutNames) {
  const std::string error = R"({"code":-32000,"message":"Event not provided"})";
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"rpc.on","id":5})"), Error(error, "5"));
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"rpc.off","params":null})"), "");
}

TEST_F(JsonRpcRefusal, SubscriptionToWhatIsNoList) {
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"rpc.on","params":{"a":1},"id":5})"),
            Error(R"({"code":-32600,"message":"Invalid Request",)"
                  R"("data":"Event names must be an array"})",
                  "5"));
  EXPECT_EQ(
      Refusal(json_, R"({"jsonrpc":"2.0","method":"rpc.on","params":[["a"]],"id":5})"),
      Error(R"({"code":-32600,"message":"Invalid Request","data":"Invalid event name"})", "5"));
}

TEST_F(JsonRpcRefusal, NamesThatAreTooLong) {
  limits_.name_max = 3;
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"abc","id":5})"), "-");
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"abcd","id":5})"),
            Error(R"({"code":-32600,"message":"Invalid Request",)"
                  R"("data":"The method name is longer than 3 bytes"})",
                  "5"));
  limits_.name_max = 6;
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"rpc.on","params":["abcdefg"],"id":5})"),
            Error(R"({"code":-32600,"message":"Invalid Request",)"
                  R"("data":"An event name is longer than 6 bytes"})",
                  "5"));
}

TEST_F(JsonRpcRefusal, DuplicateKeys) {
  EXPECT_EQ(
      Refusal(json_, R"({"jsonrpc":"2.0","method":"a","m\u0065thod":"b","id":5})"),
      Error(R"({"code":-32600,"message":"Invalid Request","data":"Duplicate key method"})", "5"));
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"a","x":1,"x":2,"id":5})"),
            Error(R"({"code":-32600,"message":"Invalid Request","data":"Duplicate key x"})", "5"));
}

TEST_F(JsonRpcRefusal, BadDocumentsAnywhere) {
  const std::string begin = R"({"jsonrpc":"2.0","method":"m","id":1,"params":)";
  for (const char* params : {R"(["\x"])",
                             R"(["\u12"])",
                             R"(["\ud800"])",
                             R"(["\ud800\u0041"])",
                             R"(["\udc00"])",
                             "[\"\x01\"]",
                             "[\"\xff\"]",
                             "[\"\xc0\x80\"]",
                             "[\"\xed\xa0\x80\"]",
                             "[1,]",
                             "[,1]",
                             "[1 2]",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{1:2}",
                             "[01]",
                             "[1.]",
                             "[.5]",
                             "[1e]",
                             "[+1]",
                             "[-]",
                             "[nul]",
                             "[True]",
                             "[NaN]",
                             "[Infinity]",
                             "[0x1]",
                             "[\"a]",
                             "[1}",
                             "{\"a\":1]",
                             "[",
                             "",
                             "[1]]",
                             "'a'",
                             "[1]//x",
                             "[tru]",
                             "[falsey]",
                             "\"\\\"",
                             "[\"\t\"]"}) {
    EXPECT_TRUE(IsParseError(begin + params + "}")) << params;
  }
}

TEST_F(JsonRpcRefusal, BadDocumentsAsAWhole) {
  for (std::string message : {"", " ", "{", "}", "{}{}", "{} x", "[{}", "nope", "\"",
                              "\xef\xbb\xbf{}", "[]]", "{\"a\":1}}", "\\", "-", "\xff"}) {
    EXPECT_TRUE(IsParseError(message)) << message;
  }
  EXPECT_TRUE(IsParseError(std::string(1, '\0')));
}

TEST_F(JsonRpcRefusal, Depth) {
  limits_.depth_max = 4;
  auto nested = [](size_t depth) {
    return R"({"jsonrpc":"2.0","method":"m","id":1,"params":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}";
  };
  EXPECT_FALSE(IsParseError(nested(3)));
  EXPECT_TRUE(IsParseError(nested(4)));
}

TEST_F(JsonRpcRefusal, NestingWithoutEndCostsNothing) {
  EXPECT_TRUE(IsParseError(std::string(1 << 20, '[')));
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_TRUE(IsParseError(objects));
}

}  // namespace
}  // namespace sluice::protocol
