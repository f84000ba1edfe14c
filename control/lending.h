// SPDX-License-Identifier: Apache-2.0
//
// Workers across nodes: a worker that is connected to one node serves the clients of all. Each node
// lends its own (lender.h) and borrows those of the others (borrower.h).
//
// What a worker offers is in the shards of every node, as if it were connected there; an invocation
// travels to its node as an errand, is given to that very worker, and its outcome travels back. An
// errand is never passed on.
#pragma once

#include <string>

#include "absl/functional/any_invocable.h"
#include "control/borrower.h"
#include "control/lender.h"
#include "control/lending_post.h"
#include "control/node.h"
#include "control/peer_listener.h"
#include "control/probe.h"
#include "storage/time.h"

namespace sluice::control {

class Lending final : public PeerListener {
 public:
  // Both outlive this and the shards.
  Lending(const Node& node, ControlProbe& probe)
      : node_(node),
        probe_(probe.cluster),
        post_(node, probe.cluster),
        left_behind_(node.limits.registration_bytes, probe.cluster.left_behind_dropped),
        lender_(node, post_, left_behind_, probe.cluster),
        borrower_(node, post_, left_behind_, probe) {}

  // Any thread, once the broker serves. `begun` runs at home when the others have said what they
  // lend, or after --cluster-timeout: whoever lets clients in before knows too little of who must
  // be asked.
  void Begin(absl::AnyInvocable<void()> begun);
  // Home thread, every few ms.
  void Tick(Now now);

  Lender& lender() { return lender_; }

 private:
  void OnTold(const std::string& node, const std::string& payload) override;
  bool OnSaid(const std::string& space, const std::string& node,
              const std::string& payload) override;
  void OnGap(const std::string& node) override;
  void OnGone(const std::string& node) override;

  const Node& node_;
  ClusterProbe& probe_;
  LendingPost post_;
  LeftBehind left_behind_;
  Lender lender_;
  Borrower borrower_;
  Now now_{};  // as of the last tick
};

}  // namespace sluice::control
