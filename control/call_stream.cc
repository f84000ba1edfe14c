// SPDX-License-Identifier: Apache-2.0
#include "control/call_stream.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/cluster_call.h"
#include "control/rpc_stream.h"
#include "control/status.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

// What gRPC and this node hold for one Call as long as its stream is open, beside the request,
// which gRPC keeps as well, and the answers that wait. Measured; nearly all of it is gRPC's.
constexpr int64_t kCallBytes = 17 << 10;

class CallStream final : public RpcStream<v1::CallResponse> {
 public:
  CallStream(Cluster& cluster, ControlProbe& probe)
      : RpcStream(RpcOf<v1::CallRequest>(), probe), cluster_(cluster), probe_(probe) {}
  ~CallStream() override { probe_.client_call_bytes.Add(-held_); }

  void Begin(std::shared_ptr<CallStream> self, const v1::CallRequest& request) {
    own_ = kCallBytes + static_cast<int64_t>(request.ByteSizeLong());
    if (!Hold(own_)) {
      return Fail(WithRetry(Error(absl::StatusCode::kResourceExhausted, "CLIENT_CALLS_EXHAUSTED",
                                  "the Calls under way hold too much (--client-calls-bytes)"),
                            absl::Seconds(1)));
    }
    CallListener listener;
    listener.on_answer = [self](v1::CallResponse::Answer answer) { self->Take(std::move(answer)); };
    listener.on_end = [self](v1::Outcome outcome) { self->TakeEnd(std::move(outcome)); };
    auto call = CallClients(cluster_, request, std::move(listener));
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
    const size_t waiting = Push(std::move(response));
    const bool held = Hold(own_ + static_cast<int64_t>(waiting));
    if (held && waiting <= cluster_.node().limits.call_queue_bytes) return;
    probe_.call_overflows.Add();
    Fail(Error(absl::StatusCode::kResourceExhausted, "CALLER_TOO_SLOW",
               "too many answers wait to be read (--call-queue-bytes, --client-calls-bytes)"));
  }

  // From now on it holds so much; false, and counted: all Calls together would hold too much.
  bool Hold(int64_t bytes) {
    const int64_t more = bytes - held_;
    const auto max = static_cast<int64_t>(cluster_.node().limits.client_calls_bytes);
    if (more > 0 && probe_.client_call_bytes.value() + more > max) {
      probe_.client_calls_refused.Add();
      return false;
    }
    held_ = bytes;
    probe_.client_call_bytes.Add(more);
    return true;
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
  // Before the first answer whoever begins it, then the home thread.
  int64_t own_ = 0;   // without answers
  int64_t held_ = 0;  // as counted in the probe
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
