// SPDX-License-Identifier: Apache-2.0
#include "control/workers_service.h"

#include <utility>
#include <vector>

#include "control/grpc_status.h"
#include "control/status.h"

namespace sluice::control {
namespace {

absl::Status Draining() {
  return WithRetry(Error(absl::StatusCode::kUnavailable, "DRAINING",
                         "the gateway is shutting down; connect again with back-off"),
                   absl::Seconds(1));
}

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* WorkersService::Serve(
    grpc::CallbackServerContext* context) {
  absl::Status admitted = gate_.Admit(*context);
  std::shared_ptr<WorkerSession> session;
  {
    absl::MutexLock lock(&mutex_);
    if (admitted.ok() && draining_) admitted = Draining();
    if (admitted.ok() && sessions_.size() >= node_.limits.workers_max) {
      probe_.workers_refused.Add();
      admitted = WithRetry(Error(absl::StatusCode::kResourceExhausted, "WORKERS_EXHAUSTED",
                                 "too many workers are connected (--workers-max)"),
                           absl::Seconds(5));
    }
    const hub::WorkerId id = next_++;
    const bool counted = admitted.ok();
    session = std::make_shared<WorkerSession>(id, node_, lender_, probe_,
                                              [this, id, counted] { Gone(id, counted); });
    if (counted) {
      sessions_[id] = session;
      probe_.workers.Add(1);
    }
  }
  if (admitted.ok()) {
    session->Begin();
  } else {
    session->Refuse(std::move(admitted));
  }
  return &session->stream();
}

void WorkersService::Gone(hub::WorkerId id, bool counted) {
  if (!counted) return;
  probe_.workers.Add(-1);
  absl::MutexLock lock(&mutex_);
  sessions_.erase(id);
}

void WorkersService::Drain() {
  std::vector<std::shared_ptr<WorkerSession>> sessions;
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    for (auto& [id, weak] : sessions_) {
      if (auto session = weak.lock()) sessions.push_back(std::move(session));
    }
  }
  for (auto& session : sessions) session->stream().End(Draining());
}

}  // namespace sluice::control
