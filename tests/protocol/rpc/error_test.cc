// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/rpc/error.h"

#include <gtest/gtest.h>

#include <set>

namespace sluice::protocol {
namespace {

using hub::Fault;

RpcError Of(Fault fault) { return ToRpcError(hub::MakeError(fault)); }

TEST(RpcErrorTest, CodesOfTheFieldsClients) {
  EXPECT_EQ(Of(Fault::kParse), (RpcError{-32700, "Parse error", ""}));
  EXPECT_EQ(Of(Fault::kInvalidRequest), (RpcError{-32600, "Invalid Request", ""}));
  EXPECT_EQ(Of(Fault::kMethodNotFound), (RpcError{-32601, "Method not found", ""}));
  EXPECT_EQ(Of(Fault::kInvalidParams), (RpcError{-32602, "Invalid params", ""}));
  EXPECT_EQ(Of(Fault::kLoginParamsMissing), (RpcError{-32604, "Params not found", ""}));
  EXPECT_EQ(Of(Fault::kMethodForbidden), (RpcError{-32605, "Method forbidden", ""}));
  EXPECT_EQ(Of(Fault::kEventForbidden), (RpcError{-32606, "Event forbidden", ""}));
  EXPECT_EQ(Of(Fault::kEventsMissing), (RpcError{-32000, "Event not provided", ""}));
}

TEST(RpcErrorTest, CodesOfTheGateway) {
  EXPECT_EQ(RpcCodeOf(Fault::kUnavailable), -32010);
  EXPECT_EQ(RpcCodeOf(Fault::kTimeout), -32011);
  EXPECT_EQ(RpcCodeOf(Fault::kOverloaded), -32012);
  EXPECT_EQ(RpcCodeOf(Fault::kTooManyCalls), -32013);
  EXPECT_EQ(RpcCodeOf(Fault::kRateLimited), -32014);
  EXPECT_EQ(RpcCodeOf(Fault::kWorkerLost), -32015);
  EXPECT_EQ(RpcCodeOf(Fault::kRejected), -32016);
  EXPECT_EQ(Of(Fault::kBlocked), (RpcError{-32017, "Blocked by a guard", ""}));
}

TEST(RpcErrorTest, CodesAreDistinctButForTheHandlers) {
  std::multiset<int32_t> codes;
  for (int fault = 0; fault < hub::kFaultCount; ++fault) {
    codes.insert(RpcCodeOf(static_cast<Fault>(fault)));
  }
  for (int32_t code : codes) EXPECT_EQ(codes.count(code), code == -32000 ? 2u : 1u) << code;
}

TEST(RpcErrorTest, RetryIsSaidOnlyWhereNothingHasRun) {
  for (Fault fault :
       {Fault::kUnavailable, Fault::kOverloaded, Fault::kTooManyCalls, Fault::kRateLimited}) {
    EXPECT_EQ(Of(fault).data_json, R"({"retry":true})") << hub::FaultLabel(fault);
  }
  for (Fault fault : {Fault::kTimeout, Fault::kWorkerLost, Fault::kRejected}) {
    EXPECT_EQ(Of(fault).data_json, "") << hub::FaultLabel(fault);
    EXPECT_NE(Of(fault).message, "");
  }
}

TEST(RpcErrorTest, Application) {
  EXPECT_EQ(ToRpcError({Fault::kApplication, "TypeError", 0, "boom", ""}),
            (RpcError{-32000, "TypeError", "\"boom\""}));
  EXPECT_EQ(ToRpcError({Fault::kApplication, "", 0, "", ""}), (RpcError{-32000, "Error", "\"\""}));
  EXPECT_EQ(ToRpcError({Fault::kApplication, "E", 0, "", "[1]"}), (RpcError{-32000, "E", "[1]"}));
  EXPECT_EQ(ToRpcError({Fault::kApplication, "E", 500, "", ""}), (RpcError{500, "E", "null"}));
  EXPECT_EQ(ToRpcError({Fault::kApplication, "E", 500, "m", "1"}), (RpcError{500, "m", "1"}));
}

TEST(RpcErrorTest, TheWorkersSentenceReplacesTheTables) {
  EXPECT_EQ(ToRpcError({Fault::kUnavailable, "x", 0, "Later", "{}"}),
            (RpcError{-32010, "Later", "{}"}));
}

TEST(RpcErrorTest, StrictOwnCodesAreServerErrors) {
  for (int i = 0; i < hub::kFaultCount; ++i) {
    int32_t code = ToStrictError(hub::MakeError(static_cast<Fault>(i))).code;
    bool specified = code == -32700 || (code <= -32600 && code >= -32603);
    EXPECT_TRUE(specified || (code <= -32000 && code >= -32099)) << code;
  }
}

TEST(RpcErrorTest, StrictTheMessageIsTheSentence) {
  EXPECT_EQ(ToStrictError({Fault::kApplication, "TypeError", 0, "boom", ""}),
            (RpcError{-32000, "boom", R"({"name":"TypeError"})"}));
  EXPECT_EQ(ToStrictError({Fault::kApplication, "TypeError", 0, "boom", "[1]"}),
            (RpcError{-32000, "boom", "[1]"}));
  EXPECT_EQ(ToStrictError({Fault::kApplication, "", 0, "", ""}), (RpcError{-32000, "Error", ""}));
  EXPECT_EQ(ToStrictError({Fault::kApplication, "E", 500, "m", ""}), (RpcError{500, "m", ""}));
  EXPECT_EQ(ToStrictError({Fault::kApplication, "E", 3, "", "1"}), (RpcError{3, "E", "1"}));
  EXPECT_EQ(ToStrictError(hub::MakeError(Fault::kUnavailable)),
            (RpcError{-32010, "No worker serves this method now", R"({"retry":true})"}));
}

}  // namespace
}  // namespace sluice::protocol
