// SPDX-License-Identifier: Apache-2.0
#include "control/call_stream.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "control/call_bytes.h"
#include "control/cluster.h"
#include "control/cluster_call.h"
#include "control/rpc_stream.h"
#include "control/status.h"

namespace sluice::control {
namespace {

// What gRPC and this node hold for one Call as long as its stream is open, beside the request,
// which gRPC keeps as well, and the answers that wait. Measured; nearly all of it is gRPC's.
constexpr int64_t kCallBytes = 17 << 10;

class CallStream final : public RpcStream<v1::CallResponse> {
 public:
  CallStream(Cluster& cluster, ControlProbe& probe)
      : RpcStream(RpcOf<v1::CallRequest>(), probe),
        cluster_(cluster),
        probe_(probe),
        held_(cluster.node().limits, probe) {}

  void Begin(std::shared_ptr<CallStream> self, const v1::CallRequest& request) {
    own_ = kCallBytes + static_cast<int64_t>(request.ByteSizeLong());
    if (!held_.Hold(own_)) {
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
    BoundAnswer(answer, cluster_.node().limits.response_bytes, probe_);
    v1::CallResponse response;
    *response.mutable_answer() = std::move(answer);
    const size_t waiting = Push(std::move(response));
    const bool held = held_.Hold(own_ + static_cast<int64_t>(waiting));
    if (held && waiting <= cluster_.node().limits.call_queue_bytes) return;
    probe_.call_overflows.Add();
    Fail(Error(absl::StatusCode::kResourceExhausted, "CALLER_TOO_SLOW",
               "too many answers wait to be read (--call-queue-bytes, --client-calls-bytes)"));
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
  int64_t own_ = 0;  // without answers
  CallBytes held_;
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
