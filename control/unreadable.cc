// SPDX-License-Identifier: Apache-2.0
#include "control/unreadable.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "control/grpc_status.h"
#include "control/status.h"

namespace sluice::control {
namespace {

using grpc::experimental::InterceptionHookPoints;

constexpr const char* kControl = "/sluice.v1.Control/";

class Explainer final : public grpc::experimental::Interceptor {
 public:
  explicit Explainer(ControlProbe& probe) : probe_(probe) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) Explain(*batch);
    batch->Proceed();
  }

 private:
  // None of our own handlers ends an rpc so.
  void Explain(grpc::experimental::InterceptorBatchMethods& batch) {
    const grpc::Status status = batch.GetSendStatus();
    const bool unread =
        status.error_code() == grpc::StatusCode::UNIMPLEMENTED && status.error_message().empty();
    if (!unread) return;
    const absl::Status why = Invalid(
        "MALFORMED", "", "the request is no message of this rpc, or has a string that is no UTF-8");
    probe_.CountReason(why);
    batch.ModifySendStatus(ToGrpc(why));
  }

  ControlProbe& probe_;
};

}  // namespace

grpc::experimental::Interceptor* UnreadableRequests::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  // What has no handler at all passes as a stream of both sides, which Control has none of.
  using Info = grpc::experimental::ServerRpcInfo;
  const bool known = info->type() != Info::Type::BIDI_STREAMING;
  // gRPC owns it.
  return known && absl::StartsWith(info->method(), kControl) ? new Explainer(probe_) : nullptr;
}

}  // namespace sluice::control
