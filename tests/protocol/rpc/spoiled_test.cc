// SPDX-License-Identifier: Apache-2.0
//
// A JSON-RPC message in which one value cannot be read keeps its envelope: who asked is told by the
// id, who waits for the answer is told at once.
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

using hub::Command;
using hub::Fault;

class RpcSpoiledTest : public DialectTest {
 protected:
  static Fault FaultOf(const Command& command) {
    auto* malformed = std::get_if<hub::Malformed>(&command.verb);
    return malformed == nullptr ? Fault::kApplication : malformed->error.fault;
  }
  // The gateway's call that an answer ends, if it ends it with an error; 0 if it does not.
  static uint64_t FailedCall(const Command& command) {
    auto* answer = std::get_if<hub::Answer>(&command.verb);
    if (answer == nullptr || command.correlation.answer) return 0;
    auto* error = std::get_if<hub::CallError>(&answer->outcome);
    return error != nullptr && error->fault == Fault::kParse ? answer->call : 0;
  }
};

constexpr const char* kBadValues[] = {R"("\ud83d")", R"(["\ud83d"])",   R"({"\ud800":1})", "[NaN]",
                                      "01",          "{\"a\":\"\xff\"}"};

TEST_F(RpcSpoiledTest, TheIdIsKept) {
  for (const hub::Dialect* dialect : {&json_, &strict_}) {
    for (std::string bad : kBadValues) {
      for (const std::string& message :
           {R"({"jsonrpc":"2.0","method":"m","params":)" + bad + R"(,"id":"a"})",
            R"({"id":"a","jsonrpc":"2.0","x":)" + bad + R"(,"method":"m"})"}) {
        Command command = One(*dialect, message);
        EXPECT_EQ(command.correlation, Id("\"a\"")) << message;
        EXPECT_EQ(FaultOf(command), Fault::kParse) << message;
      }
    }
  }
}

TEST_F(RpcSpoiledTest, SaysWhereAndWhy) {
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"m","params":["\ud83d"],"id":7})"),
            R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error",)"
            R"("data":"a string holds a bad escape at byte 40"},"id":7})");
}

TEST_F(RpcSpoiledTest, TheIdOfADeepMessageIsKept) {
  limits_.depth_max = 3;
  Command command = One(json_, R"({"jsonrpc":"2.0","method":"m","params":[[[[1]]]],"id":7})");
  EXPECT_EQ(command.correlation, Id("7"));
  EXPECT_EQ(FaultOf(command), Fault::kParse);
}

TEST_F(RpcSpoiledTest, ABadMethodKeepsTheId) {
  Command command = One(json_, R"({"jsonrpc":"2.0","method":"\ud83d","id":7})");
  EXPECT_EQ(command.correlation, Id("7"));
  EXPECT_EQ(FaultOf(command), Fault::kParse);
}

TEST_F(RpcSpoiledTest, ABadIdIsNone) {
  EXPECT_EQ(One(json_, R"({"jsonrpc":"2.0","method":"m","id":"\ud83d"})").correlation, Id("null"));
}

TEST_F(RpcSpoiledTest, ANotificationIsNotAnswered) {
  EXPECT_EQ(Refusal(json_, R"({"jsonrpc":"2.0","method":"m","params":["\ud83d"]})"), "");
}

TEST_F(RpcSpoiledTest, WhatIsWrongBetweenValuesCostsTheId) {
  EXPECT_EQ(
      One(json_, R"({"jsonrpc":"2.0","method":"m","params":["\ud83d" 1],"id":7})").correlation,
      Id("null", 0));
}

TEST_F(RpcSpoiledTest, InABatchTheOthersAreCarriedOut) {
  hub::Decoded decoded = Decode(json_, R"([{"jsonrpc":"2.0","method":"a","id":1},
      {"jsonrpc":"2.0","method":"b","params":["\ud83d"],"id":2}, NaN,
      {"jsonrpc":"2.0","method":"c","params":[1],"id":3}])");
  EXPECT_TRUE(decoded.batch);
  ASSERT_EQ(decoded.commands.size(), 4u);
  EXPECT_EQ(decoded.commands[0].verb, Call("a"));
  EXPECT_EQ(decoded.commands[1].correlation, Id("2"));
  EXPECT_EQ(FaultOf(decoded.commands[1]), Fault::kParse);
  EXPECT_EQ(decoded.commands[2].correlation, Id("null", 0));
  EXPECT_EQ(FaultOf(decoded.commands[2]), Fault::kParse);
  EXPECT_EQ(decoded.commands[3].verb, Call("c", hub::Payload::Json("[1]")));
}

TEST_F(RpcSpoiledTest, TheBatchBoundHoldsForMendedBatches) {
  limits_.batch_max = 2;
  Command command = One(json_, "[NaN,NaN,NaN,NaN]");
  EXPECT_EQ(FaultOf(command), Fault::kInvalidRequest);
}

TEST_F(RpcSpoiledTest, ABadAnswerEndsTheCall) {
  for (const hub::Dialect* dialect : {&json_, &strict_}) {
    for (std::string bad : kBadValues) {
      EXPECT_EQ(
          FailedCall(One(*dialect, R"({"jsonrpc":"2.0","result":)" + bad + R"(,"id":"call:7"})")),
          7u)
          << bad;
      EXPECT_EQ(
          FailedCall(One(*dialect, R"({"id":"call:7","error":{"code":1,"message":)" + bad + "}}")),
          7u)
          << bad;
    }
    EXPECT_EQ(FailedCall(One(*dialect, R"({"jsonrpc":"2.0","result":1,"result":2,"id":"call:7"})")),
              7u);
  }
}

TEST_F(RpcSpoiledTest, AnAnswerWithAMethodThatCannotBeReadEndsTheCall) {
  for (const hub::Dialect* dialect : {&json_, &strict_}) {
    EXPECT_EQ(FailedCall(One(*dialect, R"({"method":"\ud83d","result":1,"id":"call:7"})")), 7u);
  }
  EXPECT_EQ(FailedCall(One(msgpack_, Bytes("83a66d6574686f64a1ffa6726573756c7401"
                                           "a26964a663616c6c3a37"))),
            7u);
  // A request is one, whatever its id looks like.
  EXPECT_EQ(FaultOf(One(json_, R"({"method":"\ud83d","id":"call:7"})")), Fault::kParse);
}

TEST_F(RpcSpoiledTest, AnAnswerByMethodThatIsRefusedEndsTheCall) {
  for (std::string flaw :
       {R"("jsonrpc":"2.0","id":5)", R"("jsonrpc":"2.0","x":1,"x":2)", R"("jsonrpc":"1.0")"}) {
    hub::Decoded decoded = Decode(
        json_, R"({"id":4,"method":"rpc.answer","params":{"id":7,"result":1},)" + flaw + "}");
    ASSERT_EQ(decoded.commands.size(), 2u) << flaw;
    EXPECT_EQ(FailedCall(decoded.commands[0]), 7u);
    EXPECT_EQ(FaultOf(decoded.commands[1]), Fault::kInvalidRequest);
  }
}

TEST_F(RpcSpoiledTest, AnAnswerWithNothingEndsTheCall) {
  for (const hub::Dialect* dialect : {&json_, &strict_}) {
    EXPECT_EQ(FailedCall(One(*dialect, R"({"jsonrpc":"2.0","id":"call:7"})")), 7u);
  }
  EXPECT_EQ(FailedCall(One(msgpack_, Bytes("81a26964a663616c6c3a37"))), 7u);
  // A number may be a request's of the client.
  EXPECT_NE(Refusal(json_, R"({"jsonrpc":"2.0","id":7})"), "-");
}

TEST_F(RpcSpoiledTest, ABadAnswerByMethodIsToldToBoth) {
  for (std::string bad : kBadValues) {
    hub::Decoded decoded =
        Decode(json_, R"({"jsonrpc":"2.0","method":"rpc.answer","params":{"id":7,"result":)" + bad +
                          R"(},"id":4})");
    ASSERT_EQ(decoded.commands.size(), 2u) << bad;
    EXPECT_EQ(FailedCall(decoded.commands[0]), 7u);
    EXPECT_EQ(decoded.commands[1].correlation, Id("4"));
    EXPECT_EQ(FaultOf(decoded.commands[1]), Fault::kParse);
  }
}

TEST_F(RpcSpoiledTest, MessagePackKeepsTheId) {
  limits_.depth_max = 3;
  for (std::string bad : {"a1ff", "c1", "d40100", "8191c0c0", "d5ff0001", "919190"}) {
    for (const std::string& hex : {"83a66d6574686f64a16da6706172616d7391" + bad + "a2696407",
                                   "83a2696407a66d6574686f64a16da6706172616d7391" + bad}) {
      Command command = One(msgpack_, Bytes(hex));
      EXPECT_EQ(command.correlation, Id("\x07", 0)) << hex;
      EXPECT_EQ(FaultOf(command), Fault::kParse) << hex;
    }
  }
}

TEST_F(RpcSpoiledTest, ABadMessagePackIdIsNil) {
  EXPECT_EQ(One(msgpack_, Bytes("82a66d6574686f64a16da26964a1ff")).correlation, Id("\xc0", 0));
}

TEST_F(RpcSpoiledTest, InAMessagePackBatchTheOthersAreCarriedOut) {
  hub::Decoded decoded = Decode(msgpack_, Bytes("93 82a66d6574686f64a161a2696401"
                                                "   83a66d6574686f64a162a2696402a178a1ff"
                                                "   82a66d6574686f64a163a2696403"));
  ASSERT_EQ(decoded.commands.size(), 3u);
  EXPECT_EQ(decoded.commands[0].verb, Call("a"));
  EXPECT_EQ(decoded.commands[1].correlation, Id("\x02", 0));
  EXPECT_EQ(FaultOf(decoded.commands[1]), Fault::kParse);
  EXPECT_EQ(decoded.commands[2].verb, Call("c"));
}

TEST_F(RpcSpoiledTest, ABadMessagePackAnswerEndsTheCall) {
  EXPECT_EQ(FailedCall(One(msgpack_, Bytes("82a6726573756c74a1ffa26964a663616c6c3a37"))), 7u);
  EXPECT_EQ(FailedCall(One(msgpack_, Bytes("82a26964a663616c6c3a37a6726573756c7491c1"))), 7u);
}

}  // namespace
}  // namespace sluice::protocol
