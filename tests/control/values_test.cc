// SPDX-License-Identifier: Apache-2.0
#include "control/values.h"
#include "control/labels.h"

#include <gtest/gtest.h>

#include "control/status.h"
#include "gateway/hub/types.h"

namespace sluice::control {
namespace {

TEST(NameTest, HasBytesAndNoControlCharacters) {
  EXPECT_TRUE(IsName("a", 255));
  EXPECT_TRUE(IsName("\xc3\xa9", 2));
  EXPECT_TRUE(IsName(std::string(255, 'x'), 255));
  EXPECT_FALSE(IsName("", 255));
  EXPECT_FALSE(IsName(std::string(256, 'x'), 255));
  EXPECT_FALSE(IsName("a\n", 255));
  EXPECT_FALSE(IsName(std::string("a\0b", 3), 255));
  EXPECT_FALSE(IsName("\x7f", 255));
  EXPECT_TRUE(IsNameOrEmpty("", 255));
}

TEST(NamespaceTest, NamesTheFieldThatIsWrong) {
  EXPECT_TRUE(CheckNamespace("chat", "namespace").ok());
  absl::Status status = CheckNamespace("", "selector.namespace");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "NAMESPACE_INVALID");
  EXPECT_EQ(FieldOf(status), "selector.namespace");
}

TEST(ChannelsTest, OneToAHundredNames) {
  google::protobuf::RepeatedPtrField<std::string> channels;
  EXPECT_EQ(ReasonOf(CheckChannels(channels, 10)), "CHANNEL_INVALID");
  *channels.Add() = "lobby";
  EXPECT_TRUE(CheckChannels(channels, 10).ok());
  *channels.Add() = "much too long";
  EXPECT_EQ(ReasonOf(CheckChannels(channels, 10)), "CHANNEL_INVALID");
  channels.Clear();
  for (int i = 0; i < 101; ++i) *channels.Add() = "x";
  EXPECT_EQ(ReasonOf(CheckChannels(channels, 10)), "CHANNEL_INVALID");
}

google::protobuf::Timestamp Timestamp(int64_t seconds, int32_t nanos) {
  google::protobuf::Timestamp proto;
  proto.set_seconds(seconds);
  proto.set_nanos(nanos);
  return proto;
}

TEST(TimeTest, RangeIsThatOfTheContract) {
  EXPECT_EQ(ToTime(Timestamp(1, 5)), absl::FromUnixNanos(1'000'000'005));
  EXPECT_TRUE(ToTime(Timestamp(-62135596800, 0)));
  EXPECT_TRUE(ToTime(Timestamp(253402300799, 999999999)));
  EXPECT_FALSE(ToTime(Timestamp(-62135596801, 0)));
  EXPECT_FALSE(ToTime(Timestamp(253402300800, 0)));
  EXPECT_FALSE(ToTime(Timestamp(0, -1)));
  EXPECT_FALSE(ToTime(Timestamp(0, 1'000'000'000)));
}

TEST(TimeTest, ThereAndBack) {
  absl::Time time = absl::FromUnixNanos(1'700'000'000'123'456'789);
  EXPECT_EQ(ToTime(ToProto(time)), time);
  EXPECT_EQ(ToTime(ToProto(absl::FromUnixNanos(-1))), absl::FromUnixNanos(-1));
}

TEST(TimeTest, WhatNoTimestampCanSayIsTheNearestThatItCan) {
  EXPECT_EQ(ToProto(absl::InfiniteFuture()).seconds(), 253402300799);
  EXPECT_EQ(ToProto(absl::InfinitePast()).seconds(), -62135596800);
  EXPECT_TRUE(ToTime(ToProto(absl::InfiniteFuture())));
  EXPECT_TRUE(ToTime(ToProto(absl::InfinitePast())));
}

google::protobuf::Duration Span(int64_t seconds, int32_t nanos) {
  google::protobuf::Duration proto;
  proto.set_seconds(seconds);
  proto.set_nanos(nanos);
  return proto;
}

TEST(DurationTest, PartsMustAgree) {
  EXPECT_EQ(ToDuration(Span(1, 500'000'000)), absl::Milliseconds(1500));
  EXPECT_EQ(ToDuration(Span(-1, -500'000'000)), absl::Milliseconds(-1500));
  EXPECT_FALSE(ToDuration(Span(1, -1)));
  EXPECT_FALSE(ToDuration(Span(-1, 1)));
  EXPECT_FALSE(ToDuration(Span(0, 1'000'000'000)));
  EXPECT_FALSE(ToDuration(Span(315576000001, 0)));
}

TEST(LabelsTest, NamesAndValuesHaveBounds) {
  TextMap labels;
  labels["tier"] = "gold";
  labels["gone"] = "";
  auto result = ToLabels(labels, "UPDATE_INVALID", "labels");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result, (hub::Labels{{"gone", ""}, {"tier", "gold"}}));

  labels[""] = "x";
  EXPECT_EQ(ReasonOf(ToLabels(labels, "UPDATE_INVALID", "labels").status()), "UPDATE_INVALID");
  labels.clear();
  labels["x"] = std::string(256, 'v');
  EXPECT_EQ(FieldOf(ToLabels(labels, "UPDATE_INVALID", "labels").status()), "labels");
}

TEST(CloseTest, CodesThatABackendMayChoose) {
  for (uint32_t code : {0u, 1000u, 1001u, 1008u, 1011u, 1012u, 1013u, 3000u, 4999u}) {
    EXPECT_TRUE(CheckClose(code, "").ok()) << code;
  }
  for (uint32_t code : {1u, 999u, 1002u, 1004u, 1005u, 1006u, 1007u, 1009u, 1010u, 1014u, 1015u,
                        2999u, 5000u, 70000u}) {
    EXPECT_EQ(ReasonOf(CheckClose(code, "")), "CODE_INVALID") << code;
  }
  EXPECT_TRUE(CheckClose(1000, std::string(123, 'x')).ok());
  EXPECT_EQ(ReasonOf(CheckClose(1000, std::string(124, 'x'))), "REASON_TOO_LONG");
}

}  // namespace
}  // namespace sluice::control
