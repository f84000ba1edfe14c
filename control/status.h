// SPDX-License-Identifier: Apache-2.0
//
// Errors of the control plane. Inside it is absl::Status; each carries exactly one
// google.rpc.ErrorInfo (domain "sluice.dev") as a payload and, where waiting helps, a RetryInfo.
// grpc_status.h puts them on the wire, the cluster's envelope carries them between nodes.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/rpc/status.pb.h"

namespace sluice::control {

inline constexpr std::string_view kErrorDomain = "sluice.dev";

// `reason` is one of the words that the .proto files list; `field` the path of the culprit in the
// request, if there is one.
absl::Status Error(absl::StatusCode code, std::string_view reason, std::string_view message,
                   std::string_view field = "");

// INVALID_ARGUMENT.
absl::Status Invalid(std::string_view reason, std::string_view field, std::string_view message);

// UNAVAILABLE, SHUTTING_DOWN: also what a request gets that was lost on the way out.
absl::Status ShuttingDown();
// UNAVAILABLE, OVERLOADED.
absl::Status Overloaded();

// Adds: try again after `delay`.
absl::Status WithRetry(absl::Status status, absl::Duration delay);

// Empty if there is none.
std::string ReasonOf(const absl::Status& status);
std::string FieldOf(const absl::Status& status);

google::rpc::Status ToProto(const absl::Status& status);
absl::Status FromProto(const google::rpc::Status& proto);

}  // namespace sluice::control
