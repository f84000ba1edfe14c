// SPDX-License-Identifier: Apache-2.0
#include "control/status.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"

namespace sluice::control {
namespace {

TEST(StatusTest, CarriesOneErrorInfo) {
  google::rpc::Status proto = ToProto(Invalid("PACE_INVALID", "per_second", "too slow"));
  EXPECT_EQ(proto.code(), 3);
  EXPECT_EQ(proto.message(), "too slow");
  ASSERT_EQ(proto.details_size(), 1);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(proto.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "PACE_INVALID");
  EXPECT_EQ(info.domain(), "sluice.dev");
  EXPECT_EQ(info.metadata().at("field"), "per_second");
}

TEST(StatusTest, RetryInfoWhereWaitingHelps) {
  google::rpc::Status proto = ToProto(ShuttingDown());
  google::rpc::RetryInfo retry;
  bool found = false;
  for (const auto& detail : proto.details()) found |= detail.UnpackTo(&retry);
  ASSERT_TRUE(found);
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
}

TEST(StatusTest, ThereAndBack) {
  absl::Status status = WithRetry(Invalid("R", "f", "m"), absl::Milliseconds(1500));
  EXPECT_EQ(FromProto(ToProto(status)), status);
}

TEST(StatusTest, WithoutInfoThereIsNoReason) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "");
  EXPECT_EQ(ReasonOf(absl::InternalError("x")), "");
  EXPECT_EQ(FieldOf(Error(absl::StatusCode::kNotFound, "R", "m")), "");
}

}  // namespace
}  // namespace sluice::control
