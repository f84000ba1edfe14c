// SPDX-License-Identifier: Apache-2.0
#include "control/cluster_call.h"

#include <string>
#include <utility>
#include <vector>

#include "control/outcomes.h"

namespace sluice::control {
namespace {

// The answers of all nodes on their way to one listener; home thread only.
struct Gathering {
  CallListener listener;
  std::vector<v1::Outcome> outcomes;
  std::vector<std::string> unreachable;
  int open = 2;  // this node, and the others

  void Close() {
    if (--open == 0) listener.on_end(MergeOutcomes(std::move(outcomes), unreachable));
  }
  void Take(Part<internal::v1::CallPart> part) {
    if (!part.response.ok()) return unreachable.push_back(std::move(part.node));
    for (auto& answer : *part.response->mutable_answers()) listener.on_answer(std::move(answer));
    outcomes.push_back(std::move(*part.response->mutable_outcome()));
  }
};

}  // namespace

absl::StatusOr<std::shared_ptr<ClientCall>> CallClients(Cluster& cluster,
                                                        const v1::CallRequest& request,
                                                        CallListener listener) {
  const Node& node = cluster.node();
  auto wide = SpansNodes(request);
  if (!wide.ok()) return wide.status();
  auto plan = ToCallPlan(node, request);
  if (!plan.ok()) return plan.status();
  if (absl::Status status = node.calls.Admit(node.limits); !status.ok()) return status;
  if (!*wide || cluster.alone())
    return node.calls.Start(node, *std::move(plan), std::move(listener));

  auto gathering = std::make_shared<Gathering>();
  gathering->listener = std::move(listener);
  const absl::Duration patience = plan->timeout + node.limits.cluster_timeout;
  absl::Status asked = cluster.GatherPeers<CallVerb>(
      request, patience, [gathering](Parts<internal::v1::CallPart> peers) {
        for (auto& part : peers.parts) gathering->Take(std::move(part));
        for (auto& silent : peers.unreachable) {
          gathering->unreachable.push_back(std::move(silent));
        }
        gathering->Close();
      });
  if (!asked.ok()) return asked;
  CallListener here;
  here.on_answer = [gathering](v1::CallResponse::Answer answer) {
    gathering->listener.on_answer(std::move(answer));
  };
  here.on_end = [gathering](v1::Outcome outcome) {
    gathering->outcomes.push_back(std::move(outcome));
    gathering->Close();
  };
  return node.calls.Start(node, *std::move(plan), std::move(here));
}

}  // namespace sluice::control
