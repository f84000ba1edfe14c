// SPDX-License-Identifier: Apache-2.0
//
// A worker of another node, as the hub of this one sees it: its link carries invocations to that
// node. What this node has of it is as many invocations at once as the worker takes in all, which
// others may have taken already; then they come back, and it is asked no more until its node says
// that it is free.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "control/borrowed_calls.h"
#include "control/credit.h"
#include "control/lending_post.h"
#include "control/node.h"
#include "control/probe.h"
#include "gateway/hub/worker.h"

namespace sluice::control {

// What all of them share.
struct BorrowedParts {
  const Node& node;
  LendingPost& post;
  ControlProbe& probe;
  BorrowedCalls calls{};
};

class BorrowedWorker final : public hub::WorkerLink,
                             public std::enable_shared_from_this<BorrowedWorker> {
 public:
  // `id`: what its node calls it. `parts` outlive it.
  BorrowedWorker(BorrowedParts& parts, Peer peer, uint64_t id)
      : parts_(parts),
        peer_(std::move(peer)),
        id_(id),
        credit_(parts.node.limits.worker_credit_max),
        health_(parts.node.limits.ejection, parts.probe.workers_ejected) {}

  const Peer& peer() const { return peer_; }
  uint64_t id() const { return id_; }

  // hub::WorkerLink; any thread.
  int64_t outstanding() const override { return credit_.taken(); }
  hub::WorkerHealth& health() override { return health_; }
  bool TryReserve() override;
  uint64_t Invoke(hub::Invocation& invocation, hub::Context context) override;
  void Cancel(uint64_t number) override;

  // Any thread. So many invocations it takes at once.
  void SetCredit(uint32_t credit);
  // One that it had is over.
  void Release();
  // It takes nothing for now; it does again.
  void Pause() { paused_ = true; }
  void Resume();

 private:
  void StartWaitingCalls(bool wanted);

  BorrowedParts& parts_;
  const Peer peer_;
  const uint64_t id_;
  Credit credit_;
  std::atomic<bool> paused_{false};
  std::atomic<bool> wanted_{false};  // somebody would have given it something meanwhile
  hub::WorkerHealth health_;
};

}  // namespace sluice::control
