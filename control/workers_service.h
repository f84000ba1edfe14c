// SPDX-License-Identifier: Apache-2.0
//
// Service Workers: opens the streams and keeps count of them.
#pragma once

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "control/gate.h"
#include "control/node.h"
#include "control/probe.h"
#include "control/worker_session.h"
#include "sluice/v1/workers.grpc.pb.h"

namespace sluice::control {

class WorkersService final : public v1::Workers::WithRawCallbackMethod_Serve<v1::Workers::Service> {
 public:
  // All outlive this. `lender`: null, if the node is alone.
  WorkersService(const Node& node, const Gate& gate, Lender* lender, ControlProbe& probe)
      : node_(node), gate_(gate), lender_(lender), probe_(probe) {}

  // Ends every stream, and those that come, with UNAVAILABLE DRAINING. Any thread.
  void Drain();

 private:
  using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;
  Reactor* Serve(grpc::CallbackServerContext* context) override;
  absl::Status Admit(const grpc::CallbackServerContext& context);
  void Gone(hub::WorkerId id, bool counted);

  const Node& node_;
  const Gate& gate_;
  Lender* const lender_;
  ControlProbe& probe_;

  absl::Mutex mutex_;
  absl::flat_hash_map<hub::WorkerId, std::weak_ptr<WorkerSession>> sessions_
      ABSL_GUARDED_BY(mutex_);
  hub::WorkerId next_ ABSL_GUARDED_BY(mutex_) = 1;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::control
