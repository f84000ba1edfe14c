// SPDX-License-Identifier: Apache-2.0
//
// How lenders and borrowers of workers write to one another. Any thread.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "control/cluster_probe.h"
#include "control/node.h"
#include "sluice/internal/v1/lending.pb.h"

namespace sluice::control {

// What news of workers are said in; no client's namespace has such a name.
inline constexpr char kLendingSpace[] = "\nworkers";

// The life of a node.
struct Peer {
  std::string node;
  std::string epoch;
};

class LendingPost {
 public:
  // What a message holds besides its contents; no invocation or result is near it.
  static constexpr size_t kEnvelopeBytes = 4 << 10;

  LendingPost(const Node& node, ClusterProbe& probe) : node_(node), probe_(probe) {}

  // What a mail may hold.
  size_t bytes_max() const { return node_.limits.cluster_message_bytes - kEnvelopeBytes; }
  // Not OK (and counted): it is not on its way.
  absl::Status Tell(const Peer& to, internal::v1::LendingMail mail);
  bool Say(internal::v1::LendingNews news);

 private:
  const Node& node_;
  ClusterProbe& probe_;
};

}  // namespace sluice::control
