// SPDX-License-Identifier: Apache-2.0
#include "control/gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "control/status.h"
#include "storage/time.h"

namespace sluice::control {

bool Gate::HasToken(const grpc::CallbackServerContext& context) const {
  if (!tokens_.required()) return true;
  const auto& metadata = context.client_metadata();
  auto found = metadata.find("authorization");
  bool has = found != metadata.end() && tokens_.Admit({found->second.data(), found->second.size()});
  if (has) return true;
  probe_.unauthenticated.Add();
  if (reports_ != nullptr) {
    reports_->TokenRefused(context.peer(),
                           found == metadata.end() ? "none was sent" : "not listed");
  }
  return false;
}

absl::Status Gate::Admit(const grpc::CallbackServerContext& context) const {
  if (!HasToken(context)) {
    return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID",
                 "\"authorization: Bearer <token>\" with a valid token is wanted");
  }
  if (closed_) return ShuttingDown();
  if (overloaded_) {
    probe_.overloaded.Add();
    return Overloaded();
  }
  return absl::OkStatus();
}

absl::Status Gate::Admit(const grpc::CallbackServerContext& context,
                         const google::protobuf::MessageLite& request) const {
  absl::Status status = Admit(context);
  if (!status.ok() || request.ByteSizeLong() <= request_bytes_) return status;
  probe_.requests_too_large.Add();
  return Error(
      absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
      absl::StrCat("a request has at most ", request_bytes_, " bytes (--control-message-bytes)"));
}

absl::Duration PatienceOf(const grpc::CallbackServerContext& context, absl::Duration max) {
  absl::Duration left = absl::FromChrono(context.deadline()) - ReadClocks().date;
  return std::clamp(left, absl::ZeroDuration(), max);
}

}  // namespace sluice::control
