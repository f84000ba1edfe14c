// SPDX-License-Identifier: Apache-2.0
#include "control/worker_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::control {
namespace {

using testing::ElementsAre;

struct ResultTest : testing::Test {
  hub::WorkerResult Convert(bool wanted_valid = true) {
    bool valid = false;
    hub::WorkerResult result = ToResult(proto, {}, valid);
    EXPECT_EQ(valid, wanted_valid);
    return result;
  }
  void ExpectInvalid() {
    hub::WorkerResult result = Convert(false);
    ASSERT_TRUE(std::holds_alternative<hub::CallError>(result));
    EXPECT_EQ(std::get<hub::CallError>(result).name, "InvalidResult");
    EXPECT_EQ(std::get<hub::CallError>(result).fault, hub::Fault::kApplication);
  }
  v1::InvocationResult proto;
};

TEST_F(ResultTest, AResult) {
  proto.mutable_result()->set_json("[1]");
  EXPECT_EQ(std::get<hub::Payload>(Convert()), hub::Payload::Json("[1]"));
}

TEST_F(ResultTest, NothingIsNothing) {
  proto.mutable_result();
  EXPECT_EQ(std::get<hub::Payload>(Convert()), hub::Payload::None());
}

TEST_F(ResultTest, AnError) {
  proto.mutable_error()->set_name("Nope");
  proto.mutable_error()->set_code(9);
  auto error = std::get<hub::CallError>(Convert());
  EXPECT_EQ(error.name, "Nope");
  EXPECT_EQ(error.code, 9);
}

TEST_F(ResultTest, AnAccept) {
  auto* accept = proto.mutable_accept();
  accept->set_id("i");
  accept->set_user("u");
  (*accept->mutable_labels())["a"] = "b";
  accept->add_channels("c");
  accept->mutable_payload()->set_event("hello");
  accept->mutable_payload()->mutable_body()->set_json("1");
  auto result = std::get<hub::Accept>(Convert());
  EXPECT_EQ(result.id, "i");
  EXPECT_EQ(result.user, "u");
  EXPECT_EQ(result.labels, (hub::Labels{{"a", "b"}}));
  EXPECT_THAT(result.channels, ElementsAre("c"));
  EXPECT_EQ(result.event, "hello");
  EXPECT_EQ(result.payload, hub::Payload::Json("1"));
}

TEST_F(ResultTest, AReject) {
  for (uint32_t code : {0u, 1008u, 4000u, 4999u}) {
    proto.mutable_reject()->set_code(code);
    proto.mutable_reject()->set_reason("no");
    auto reject = std::get<hub::Reject>(Convert());
    EXPECT_EQ(reject.code, code);
    EXPECT_EQ(reject.reason, "no");
  }
}

TEST_F(ResultTest, WhatIsNoneBecomesAnErrorForTheCaller) {
  ExpectInvalid();
  proto.mutable_result()->set_json("[");
  ExpectInvalid();
  proto.mutable_error()->set_data_json("{");
  ExpectInvalid();
  proto.mutable_reject()->set_code(1000);
  ExpectInvalid();
  proto.mutable_reject()->set_code(0);
  proto.mutable_reject()->set_reason(std::string(124, 'x'));
  ExpectInvalid();
  proto.mutable_accept()->set_id(std::string(256, 'x'));
  ExpectInvalid();
  proto.mutable_accept()->set_id("");
  proto.mutable_accept()->add_channels("");
  ExpectInvalid();
  proto.mutable_accept()->clear_channels();
  proto.mutable_accept()->mutable_payload()->mutable_body()->set_json("x");
  ExpectInvalid();
}

TEST(InvocationTest, ACall) {
  hub::Invocation invocation;
  invocation.method = "sum";
  invocation.params = hub::Payload::Json("[1,2]");
  invocation.notification = true;
  hub::Context context;
  context.deadline = absl::FromUnixSeconds(9);
  context.user = "u";
  context.headers = {{"x", "1, 3"}, {"y", "2"}};
  v1::Invocation proto = ToProto(7, std::move(invocation), std::move(context));
  EXPECT_EQ(proto.id(), 7);
  EXPECT_EQ(proto.call().method(), "sum");
  EXPECT_EQ(proto.call().params().json(), "[1,2]");
  EXPECT_TRUE(proto.call().notification());
  EXPECT_EQ(proto.deadline().seconds(), 9);
  EXPECT_EQ(proto.context().user(), "u");
  EXPECT_EQ(proto.context().headers().at("x"), "1, 3");
  EXPECT_EQ(proto.context().headers().at("y"), "2");
}

TEST(InvocationTest, LoginAndAdmission) {
  hub::Invocation invocation;
  invocation.role = hub::Role::kLogin;
  invocation.params = hub::Payload::Text("secret");
  EXPECT_EQ(ToProto(7, hub::Invocation(invocation), {}).login().params().text(), "secret");

  invocation.role = hub::Role::kAdmission;
  hub::Context context;
  context.candidate = std::make_unique<hub::Candidate>(
      hub::Candidate{"chat", "id", "msgpack_rpc", "192.0.2.1:5", absl::FromUnixSeconds(4)});
  v1::Connection connection =
      ToProto(7, std::move(invocation), std::move(context)).admission().connection();
  EXPECT_EQ(connection.namespace_(), "chat");
  EXPECT_EQ(connection.id(), "id");
  EXPECT_EQ(connection.dialect(), v1::DIALECT_MSGPACK_RPC);
  EXPECT_EQ(connection.remote_address(), "192.0.2.1:5");
  EXPECT_EQ(connection.connected_at().seconds(), 4);
}

}  // namespace
}  // namespace sluice::control
