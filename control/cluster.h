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
#include "control/cluster_probe.h"
#include "control/done.h"
#include "control/envelope.h"
#include "control/gathering.h"
#include "control/node.h"
#include "control/node_events.h"
#include "control/parts.h"
#include "control/peer_listener.h"
#include "control/scope.h"
#include "control/status.h"
#include "storage/broker.h"

namespace sluice::control {

class Cluster {
 public:
  // All of these outlive this, and this outlives the broker's service. `listener` hears what is no
  // request; or null.
  Cluster(const Node& node, ClusterProbe& probe, PeerListener* listener = nullptr)
      : node_(node), probe_(probe), listener_(listener) {}

  // Answers other nodes from now on.
  void Serve();

  // Checks `request`, runs it in its scope, merges. `patience` is how long the caller waits at
  // most. Verbs are those of verbs.h. RESOURCE_EXHAUSTED (REQUEST_TOO_LARGE, CLUSTER_OVERLOADED):
  // the broker refused it, and so it was carried out nowhere.
  template <typename Verb>
  void Run(const typename Verb::Request& request, absl::Duration patience,
           Done<typename Verb::Response> done);

  // The same, unmerged.
  template <typename Verb>
  void Gather(const typename Verb::Request& request, absl::Duration patience,
              PartsDone<typename Verb::Response> done);

  // Of the other nodes only; there are some. Refused as above, `done` is not called.
  template <typename Verb>
  absl::Status GatherPeers(const typename Verb::Request& request, absl::Duration patience,
                           absl::AnyInvocable<void(Parts<typename Verb::Response>)> done);

  // Of one other node; UNAVAILABLE: it does not answer. `done` runs on the home thread.
  template <typename Verb>
  void AskOne(const std::string& node, const typename Verb::Request& request,
              absl::Duration patience,
              absl::AnyInvocable<void(absl::StatusOr<typename Verb::Response>, Now)> done);

  bool alone() const { return node_.broker.peers().empty(); }
  const Node& node() const { return node_; }
  ClusterProbe& probe() const { return probe_; }

 private:
  using Reply = storage::Broker::Reply;

  absl::Status AskPeers(std::string ask, absl::Duration timeout,
                        absl::AnyInvocable<void(Parts<std::string>)> done);
  // Here, and if it is `wide` elsewhere.
  void Carry(std::shared_ptr<Gathering> gathering, bool wide,
             const google::protobuf::Message& request, absl::Duration patience);
  void AskPeer(const std::string& node, std::string ask, absl::Duration timeout,
               absl::AnyInvocable<void(absl::StatusOr<std::string>, Now)> done);
  void OnAsk(const std::string& payload, Reply reply);
  void OnSaid(std::string space, const std::string& node, const std::string& payload);
  void OnGap(const storage::Gap& gap, Now now);
  void OnGone(std::string node);
  template <typename Verb>
  void RunHere(const std::string& request, Reply reply);

  const Node& node_;
  ClusterProbe& probe_;
  GapEvents gap_events_;  // home thread only
  PeerListener* const listener_;
};

template <typename Verb>
absl::Status Cluster::GatherPeers(const typename Verb::Request& request, absl::Duration patience,
                                  absl::AnyInvocable<void(Parts<typename Verb::Response>)> done) {
  using Response = typename Verb::Response;
  return AskPeers(SealAsk(request), patience,
                  [done = std::move(done)](Parts<std::string> replies) mutable {
                    done(ParseParts<Response>(std::move(replies)));
                  });
}

template <typename Verb>
void Cluster::AskOne(const std::string& node, const typename Verb::Request& request,
                     absl::Duration patience,
                     absl::AnyInvocable<void(absl::StatusOr<typename Verb::Response>, Now)> done) {
  AskPeer(node, SealAsk(request), patience,
          [done = std::move(done)](absl::StatusOr<std::string> reply, Now now) mutable {
            done(ParseAs<typename Verb::Response>(std::move(reply)), now);
          });
}

template <typename Verb>
void Cluster::Gather(const typename Verb::Request& request, absl::Duration patience,
                     PartsDone<typename Verb::Response> done) {
  absl::StatusOr<bool> wide = SpansNodes(request);
  if (!wide.ok()) return done(wide.status());
  absl::StatusOr<Verb> verb = Verb::Make(node_, request);
  if (!verb.ok()) return done(verb.status());
  Carry(std::make_shared<GatheringOf<Verb>>(node_, *std::move(verb), std::move(done)), *wide,
        request, patience);
}

template <typename Verb>
void Cluster::Run(const typename Verb::Request& request, absl::Duration patience,
                  Done<typename Verb::Response> done) {
  using Response = typename Verb::Response;
  absl::StatusOr<bool> wide = SpansNodes(request);
  if (!wide.ok()) return done(wide.status());
  if (!*wide || alone()) {
    absl::StatusOr<Verb> verb = Verb::Make(node_, request);
    if (!verb.ok()) return done(verb.status());
    return std::move(*verb).Run(node_, std::move(done));
  }
  auto kept = std::make_shared<const typename Verb::Request>(request);
  Gather<Verb>(*kept, patience,
               [kept, done = std::move(done)](absl::StatusOr<Parts<Response>> parts) mutable {
                 if (!parts.ok()) return done(parts.status());
                 done(Verb::Merge(*kept, *std::move(parts)));
               });
}

}  // namespace sluice::control
