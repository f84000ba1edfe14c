// SPDX-License-Identifier: Apache-2.0
//
// The one path of every request: checked, carried out on this node and, if there are others, on
// them too; then their answers become one. A node that is asked runs the same verb on itself alone.
//
// Thread-safe. Answers are given on the home thread.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "control/client_calls.h"
#include "control/cluster_probe.h"
#include "control/node.h"
#include "control/parts.h"
#include "sluice/internal/v1/cluster.pb.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class Cluster {
 public:
  // All of these outlive this, and this outlives the broker's service.
  Cluster(const Node& node, ClientCalls& calls, ClusterProbe& probe)
      : node_(node), calls_(calls), probe_(probe) {}

  // Answers other nodes from now on.
  void Serve();

  // Checks `request`, runs it everywhere, merges. `patience` is how long the caller waits at most.
  // Verbs are those of outcomes.h, queries.h, listings.h and drain_verbs.h.
  template <typename Verb>
  void Run(const typename Verb::Request& request, absl::Duration patience,
           Done<typename Verb::Response> done);

  // The same, unmerged.
  template <typename Verb>
  using PartsDone = absl::AnyInvocable<void(absl::StatusOr<Parts<typename Verb::Response>>)>;
  template <typename Verb>
  void Gather(const typename Verb::Request& request, absl::Duration patience, PartsDone<Verb> done);

  bool alone() const { return node_.broker.peers() == 0; }

  // Asks clients on every node; those of other nodes answer all at once, when the last has.
  absl::StatusOr<std::shared_ptr<ClientCall>> Call(const v1::CallRequest& request,
                                                   CallListener listener);

  // A drain's pace is that of all nodes together, so they are counted first.
  void StartDrain(v1::StartDrainRequest request, absl::Duration patience, Done<v1::Drain> done);

  const Node& node() const { return node_; }

 private:
  template <typename Verb>
  struct Meeting;
  struct CallMeeting;
  using Reply = absl::AnyInvocable<void(std::string)>;
  struct PeerAnswers {
    std::vector<Part<std::string>> answers;  // serialized
    std::vector<std::string> unreachable;
  };

  void AskPeers(internal::v1::Rpc rpc, const google::protobuf::MessageLite& request,
                absl::Duration timeout, absl::AnyInvocable<void(PeerAnswers)> done);

  void Answer(const std::string& payload, Reply reply);
  template <typename Verb>
  void AnswerAs(const std::string& request, Reply reply);
  void AnswerCall(const std::string& request, Reply reply);
  PeerAnswers Open(storage::Replies replies);
  void BeginDrain(v1::StartDrainRequest request, const Parts<v1::CountConnectionsResponse>& counts,
                  absl::Duration patience, Done<v1::Drain> done);

  const Node& node_;
  ClientCalls& calls_;
  ClusterProbe& probe_;
};

}  // namespace sluice::control
