// SPDX-License-Identifier: Apache-2.0
//
// The end of one unary rpc: a Done that answers the caller, counts, and cannot be forgotten. If it
// is destroyed uncalled, the caller is told that the node shuts down.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <utility>

#include "absl/status/statusor.h"
#include "control/grpc_status.h"
#include "control/probe.h"
#include "control/status.h"
#include "storage/time.h"

namespace sluice::control {

template <typename Response>
class RpcAnswer {
 public:
  // `reactor` and `response` live until the answer is given.
  RpcAnswer(grpc::ServerUnaryReactor* reactor, Response* response, const Rpc& rpc,
            ControlProbe& probe)
      : reactor_(reactor), response_(response), rpc_(rpc), probe_(&probe), began_(ReadClocks()) {
    probe.Began();
  }
  RpcAnswer(RpcAnswer&& other) noexcept
      : reactor_(std::exchange(other.reactor_, nullptr)),
        response_(other.response_),
        rpc_(other.rpc_),
        probe_(other.probe_),
        began_(other.began_) {}
  RpcAnswer& operator=(RpcAnswer&&) = delete;
  ~RpcAnswer() {
    if (reactor_) (*this)(ShuttingDown());
  }

  void operator()(absl::StatusOr<Response> answer) {
    grpc::ServerUnaryReactor* reactor = std::exchange(reactor_, nullptr);
    if (!reactor) return;
    const absl::Status status = answer.status();
    probe_->Ended(rpc_, status, ReadClocks() - began_);
    if (status.ok()) *response_ = *std::move(answer);
    reactor->Finish(ToGrpc(status));
  }

 private:
  grpc::ServerUnaryReactor* reactor_;
  Response* response_;
  const Rpc& rpc_;
  ControlProbe* probe_;
  Instant began_;
};

}  // namespace sluice::control
