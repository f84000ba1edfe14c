// SPDX-License-Identifier: Apache-2.0
#include "control/body.h"

#include <gtest/gtest.h>

#include "control/status.h"

namespace sluice::control {
namespace {

using Kind = hub::Payload::Kind;

TEST(JsonTest, TakesEveryJsonText) {
  for (const char* text :
       {"null", "true", "0", "-0", "1.5e3", "\"\"", "[]", "{}", " [1, 2] ", "\"\\u00e9\"",
        "{\"a\":{\"b\":[null]}}", "\"\xc3\xa9\"", "18446744073709551615", "18446744073709551616",
        "123456789012345678901234567890", "-9223372036854775809", "{\"a\":1,\"a\":2}",
        "\"\\ud83d\\ude00\""}) {
    EXPECT_TRUE(IsJson(text, 32)) << text;
  }
}

TEST(JsonTest, TakesNothingElse) {
  for (std::string text : {"",
                           " ",
                           "nul",
                           "True",
                           "01",
                           "+1",
                           "1.",
                           ".5",
                           "1e",
                           "'a'",
                           "\"a",
                           "[1,]",
                           "[1 2]",
                           "{a:1}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "[] []",
                           "1 2",
                           "null x",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\n\"",
                           "NaN",
                           "Infinity",
                           "// c\n1",
                           "\"\xff\"",
                           "\"\xc3\"",
                           "\"\xed\xa0\x80\"",
                           "[",
                           "]",
                           "{\"a\":123456789012345678901234567890",
                           "123456789012345678901234567890 x"}) {
    EXPECT_FALSE(IsJson(text, 32)) << text;
  }
  EXPECT_FALSE(IsJson(std::string("1\0", 2), 32));
}

TEST(JsonTest, DepthIsBounded) {
  auto nested = [](int depth, const std::string& inner) {
    return std::string(depth, '[') + inner + std::string(depth, ']');
  };
  EXPECT_TRUE(IsJson(nested(4, "1"), 4));
  EXPECT_FALSE(IsJson(nested(5, "1"), 4));
  EXPECT_TRUE(IsJson(nested(4, ""), 4));
  EXPECT_FALSE(IsJson(nested(5, ""), 4));
  // The same bound where the slow parser decides.
  const std::string big = "123456789012345678901234567890";
  EXPECT_TRUE(IsJson(nested(4, big), 4));
  EXPECT_FALSE(IsJson(nested(5, big), 4));
  EXPECT_FALSE(IsJson(std::string(1 << 20, '['), 32));
}

TEST(JsonTest, LargeTextsAndSmallOnesAlternate) {
  std::string large = "[" + std::string(200'000, ' ') + "1]";
  EXPECT_TRUE(IsJson(large, 32));
  EXPECT_TRUE(IsJson("1", 32));
  EXPECT_TRUE(IsJson("[[1]]", 2));
  EXPECT_FALSE(IsJson("[[1]]", 1));
  EXPECT_TRUE(IsJson("[[1]]", 2));
}

TEST(BodyTest, KindsThereAndBack) {
  Limits limits;
  const hub::Payload payloads[] = {hub::Payload::None(), hub::Payload::Json("{\"a\":1}"),
                                   hub::Payload::Binary(std::string("\0\xff", 2)),
                                   hub::Payload::Text("no json")};
  for (const hub::Payload& payload : payloads) {
    v1::Body body;
    FillBody(payload, &body);
    auto back = ToPayload(body, "body", SendBound(limits));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, payload);
  }
}

TEST(BodyTest, UnsetIsNoNull) {
  v1::Body body;
  EXPECT_EQ(ToPayload(body, "body", SendBound({}))->kind, Kind::kNone);
  body.set_json("null");
  EXPECT_EQ(ToPayload(body, "body", SendBound({}))->kind, Kind::kJson);
}

TEST(BodyTest, EmptyJsonIsNone) {
  v1::Body body;
  body.set_json("");
  auto result = ToPayload(body, "message.body", SendBound({}));
  EXPECT_EQ(ReasonOf(result.status()), "MESSAGE_INVALID");
  EXPECT_EQ(FieldOf(result.status()), "message.body");
}

TEST(BodyTest, SizeIsBoundedWhateverTheKind) {
  Limits limits;
  limits.send_bytes_max = 4;
  v1::Body body;
  body.set_json("1234");
  EXPECT_TRUE(ToPayload(body, "b", SendBound(limits)).ok());
  body.set_json("12345");
  EXPECT_EQ(ReasonOf(ToPayload(body, "b", SendBound(limits)).status()), "MESSAGE_TOO_LARGE");
  body.set_binary("12345");
  EXPECT_EQ(ReasonOf(ToPayload(body, "b", SendBound(limits)).status()), "MESSAGE_TOO_LARGE");
  body.set_text("12345");
  EXPECT_EQ(ReasonOf(ToPayload(body, "b", SendBound(limits)).status()), "MESSAGE_TOO_LARGE");
}

TEST(CallErrorTest, ThereAndBack) {
  v1::CallError proto;
  proto.set_name("TypeError");
  proto.set_code(-7);
  proto.set_message("no");
  proto.set_data_json("[1]");
  auto error = ToCallError(proto, SendBound({}));
  ASSERT_TRUE(error.ok());
  EXPECT_EQ(error->fault, hub::Fault::kApplication);
  v1::CallError back;
  FillCallError(*error, &back);
  EXPECT_EQ(back.SerializeAsString(), proto.SerializeAsString());
}

TEST(CallErrorTest, DataMustBeJson) {
  v1::CallError proto;
  proto.set_data_json("[");
  EXPECT_EQ(ReasonOf(ToCallError(proto, SendBound({})).status()), "MESSAGE_INVALID");
}

TEST(Body, MessagePackHasBothEncodings) {
  v1::Body body;
  body.set_msgpack(std::string("\x92\x01\xc4\x02\x00\xff", 6));  // [1, bin]
  auto payload = ToPayload(body, "body", SendBound({}));
  ASSERT_TRUE(payload.ok()) << payload.status();
  EXPECT_EQ(payload->kind, hub::Payload::Kind::kJson);
  EXPECT_EQ(payload->bytes, R"([1,{"base64":true,"data":"AP8="}])");
  v1::Body back;
  FillBody(*payload, &back, /*msgpack=*/true);
  EXPECT_EQ(back.msgpack(), body.msgpack());
  FillBody(*payload, &back);
  EXPECT_EQ(back.json(), payload->bytes);
}

TEST(Body, MessagePackIsChecked) {
  Limits limits;
  limits.depth_max = 2;
  limits.send_bytes_max = 8;
  for (const std::string& bytes :
       {std::string(), std::string("\xc1"), std::string("\x92\x01"), std::string("\x01\x01"),
        std::string("\xa2\xc3\x28"), std::string("\x91\x91\x91\x01")}) {
    v1::Body body;
    body.set_msgpack(bytes);
    EXPECT_EQ(ReasonOf(ToPayload(body, "b", SendBound(limits)).status()), "MESSAGE_INVALID");
  }
  v1::Body large;
  large.set_msgpack("\xa9 too long");
  EXPECT_EQ(ReasonOf(ToPayload(large, "b", SendBound(limits)).status()), "MESSAGE_TOO_LARGE");
}

}  // namespace
}  // namespace sluice::control
