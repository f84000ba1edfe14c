// SPDX-License-Identifier: Apache-2.0
#include "control/call_stream.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/rpc_stream.h"
#include "control/status.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

class CallStream final : public RpcStream<v1::CallResponse> {
 public:
  CallStream(Cluster& cluster, ControlProbe& probe)
      : RpcStream(Rpc::kCall, probe), cluster_(cluster), probe_(probe) {}

  void Begin(std::shared_ptr<CallStream> self, const v1::CallRequest& request) {
    CallListener listener;
    listener.on_answer = [self](v1::CallResponse::Answer answer) { self->Take(std::move(answer)); };
    listener.on_end = [self](v1::Outcome outcome) { self->TakeEnd(std::move(outcome)); };
    auto call = cluster_.Call(request, std::move(listener));
    if (!call.ok()) return Fail(call.status());
    call_ = *std::move(call);
  }

 private:
  void Take(v1::CallResponse::Answer answer) {
    const size_t bytes_max = cluster_.node().limits.response_bytes;
    if (answer.ByteSizeLong() > bytes_max) {
      probe_.call_answers_too_large.Add();
      answer.mutable_error()->set_name("AnswerTooLarge");
      answer.mutable_error()->set_message(text::ToUtf8(absl::StrCat(
          "the client's answer has more than ", bytes_max, " bytes (--control-response-bytes)")));
    }
    v1::CallResponse response;
    *response.mutable_answer() = std::move(answer);
    if (Push(std::move(response)) <= cluster_.node().limits.call_queue_bytes) return;
    probe_.call_overflows.Add();
    Fail(Error(absl::StatusCode::kResourceExhausted, "CALLER_TOO_SLOW",
               "too many answers wait to be read (--call-queue-bytes)"));
  }

  void TakeEnd(v1::Outcome outcome) {
    v1::CallResponse response;
    *response.mutable_outcome() = std::move(outcome);
    Push(std::move(response));
    End(absl::OkStatus());
  }

  // Also after the end, when there is nothing left to forget. gRPC knows the stream only after
  // Begin, so the call is there.
  void OnGone() override {
    if (call_) call_->Forget();
  }

  Cluster& cluster_;
  ControlProbe& probe_;
  std::shared_ptr<ClientCall> call_;
};

}  // namespace

grpc::ServerWriteReactor<v1::CallResponse>* StreamCall(const v1::CallRequest& request,
                                                       absl::Status admitted, Cluster& cluster,
                                                       ControlProbe& probe) {
  auto stream = std::make_shared<CallStream>(cluster, probe);
  auto* reactor = stream->Keep(stream);
  if (admitted.ok()) {
    stream->Begin(stream, request);
  } else {
    stream->Fail(std::move(admitted));
  }
  return reactor;
}

}  // namespace sluice::control
