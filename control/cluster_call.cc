// SPDX-License-Identifier: Apache-2.0
#include "control/cluster_call.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "control/answer_verbs.h"
#include "control/drain_book.h"
#include "control/outcomes.h"
#include "control/values.h"
#include "storage/broker.h"
#include "storage/executor.h"

namespace sluice::control {
namespace {

using internal::v1::FetchAnswersResponse;

// How long a fetch waits on the other node; what a cut line has swallowed costs as long.
constexpr absl::Duration kWait = absl::Seconds(5);
// Until a node that did not answer is asked again.
constexpr absl::Duration kRest = absl::Milliseconds(500);
// With less time left nothing is asked any more.
constexpr absl::Duration kTooLate = absl::Milliseconds(10);

// One call of the clients of all nodes. Home thread, but for Begin and Forget.
class ClusterCall final : public ClientCall, public std::enable_shared_from_this<ClusterCall> {
 public:
  ClusterCall(Cluster& cluster, CallListener listener)
      : cluster_(cluster), node_(cluster.node()), listener_(std::move(listener)) {}

  // Asks the others first: if they cannot be asked, nothing is done here either.
  absl::Status Begin(const v1::CallRequest& request, CallPlan plan) {
    name_ = node_.calls.NameOne(node_);
    named_ = request.selector().connection_ids_size() > 0;
    internal::v1::BeginCallRequest begin;
    begin.set_call(name_);
    *begin.mutable_request() = request;
    // What becomes of it is said to whoever fetches.
    absl::Status asked = cluster_.GatherPeers<BeginCallVerb>(
        begin, node_.limits.cluster_timeout, [](Parts<internal::v1::BeginCallResponse>) {});
    if (!asked.ok()) return asked;
    node_.home.Post([self = shared_from_this(), plan = std::move(plan)](Now now) mutable {
      self->Start(std::move(plan), now);
    });
    return asked;
  }

  void Forget() override {
    node_.home.Post([self = shared_from_this()](Now) { self->GiveUp(); });
  }

 private:
  struct Peer {
    uint64_t answers = 0;  // that have come
    bool open = true;      // there may be more
  };
  using Peers = std::map<std::string, Peer>;

  void Start(CallPlan plan, Now now) {
    until_ = now.steady + plan.timeout + node_.limits.cluster_timeout;
    for (const std::string& node : node_.broker.peers()) peers_.emplace(node, Peer());
    open_ = peers_.size() + 1;
    CallListener here;
    here.on_answer = [self = shared_from_this()](v1::CallResponse::Answer answer) {
      self->Tell(std::move(answer));
    };
    here.on_end = [self = shared_from_this()](v1::Outcome outcome) {
      self->Close(std::move(outcome));
    };
    here_ = node_.calls.Start(node_, std::move(plan), std::move(here));
    for (auto& peer : peers_) Fetch(peer, now);
  }

  // --- What the others say -----------------------------------------------------------------------

  void Fetch(Peers::value_type& peer, Now now) {
    const absl::Duration left = until_ - now.steady;
    if (left < kTooLate) return Lose(peer);
    // Towards the end it is asked more and more often, so that no reply comes too late.
    const absl::Duration wait = std::min(kWait, left / 2);
    internal::v1::FetchAnswersRequest request;
    request.set_call(name_);
    request.set_after(peer.second.answers);
    *request.mutable_wait() = ToProto(wait);
    cluster_.AskOne<FetchAnswersVerb>(
        peer.first, request, std::min(left, wait + node_.limits.cluster_timeout),
        [self = shared_from_this(), &peer](absl::StatusOr<FetchAnswersResponse> reply, Now now) {
          self->OnReply(peer, std::move(reply), now);
        });
  }

  void OnReply(Peers::value_type& peer, absl::StatusOr<FetchAnswersResponse> reply, Now now) {
    if (over_) return;
    if (!reply.ok()) {
      const bool silent = absl::IsUnavailable(reply.status());
      if (!silent || !node_.broker.peers().contains(peer.first)) return Lose(peer);
      return FetchLater(peer, now.steady + kRest);
    }
    peer.second.answers += static_cast<uint64_t>(reply->answers_size());
    for (auto& answer : *reply->mutable_answers()) {
      if (named_) answered_.insert(answer.connection_id());
      Tell(std::move(answer));
    }
    if (!reply->has_outcome()) return Fetch(peer, now);
    peer.second.open = false;
    if (reply->answers_size() > 0) AskToForget(peer.first);
    Close(std::move(*reply->mutable_outcome()));
  }

  void FetchLater(Peers::value_type& peer, Instant when) {
    node_.drains.OnNextTick([self = shared_from_this(), &peer, when](Now now) {
      if (self->over_) return;
      now.steady < when ? self->FetchLater(peer, when) : self->Fetch(peer, now);
    });
  }

  // Nothing more comes of it.
  void Lose(Peers::value_type& peer) {
    unreachable_.push_back(peer.first);
    came_of_lost_ += peer.second.answers;
    peer.second.open = false;
    AskToForget(peer.first);
    CloseOne();
  }

  void AskToForget(const std::string& node) {
    if (!node_.broker.peers().contains(node)) return;
    internal::v1::ForgetCallRequest request;
    request.set_call(name_);
    cluster_.AskOne<ForgetCallVerb>(
        node, request, node_.limits.cluster_timeout,
        [](const absl::StatusOr<internal::v1::ForgetCallResponse>&, Now) {});
  }

  // --- To whoever called -------------------------------------------------------------------------

  void Tell(v1::CallResponse::Answer answer) {
    if (!over_) listener_.on_answer(std::move(answer));
  }

  void Close(v1::Outcome outcome) {
    if (over_) return;
    outcomes_.push_back(std::move(outcome));
    CloseOne();
  }

  void CloseOne() {
    if (--open_ > 0) return;
    over_ = true;
    v1::Outcome outcome = MergeOutcomes(std::move(outcomes_), unreachable_);
    if (came_of_lost_ > 0) AddLost(outcome);
    listener_.on_end(std::move(outcome));
    listener_ = {};
  }

  // What came of nodes that did not say their outcome.
  void AddLost(v1::Outcome& outcome) const {
    outcome.set_matched(outcome.matched() + came_of_lost_);
    outcome.set_enqueued(outcome.enqueued() + came_of_lost_);
    auto* missing = outcome.mutable_not_found();
    missing->erase(std::remove_if(missing->begin(), missing->end(),
                                  [&](const auto& id) { return answered_.contains(id); }),
                   missing->end());
  }

  void GiveUp() {
    if (std::exchange(over_, true)) return;
    listener_ = {};
    if (auto here = here_.lock()) here->Forget();
    for (const auto& [node, peer] : peers_) {
      if (peer.open) AskToForget(node);
    }
  }

  Cluster& cluster_;
  const Node& node_;
  std::string name_;
  CallListener listener_;
  Instant until_ = Instant::Past();  // the others are asked
  std::weak_ptr<ClientCall> here_;   // lives as long as answers are due
  Peers peers_;
  size_t open_ = 0;  // nodes that have not said their outcome
  bool over_ = false;
  std::vector<v1::Outcome> outcomes_;
  std::vector<std::string> unreachable_;
  uint64_t came_of_lost_ = 0;                  // answers of nodes that are unreachable
  bool named_ = false;                         // the call names connections,
  absl::flat_hash_set<std::string> answered_;  // of which these, elsewhere, have answered
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
  auto call = std::make_shared<ClusterCall>(cluster, std::move(listener));
  absl::Status begun = call->Begin(request, *std::move(plan));
  if (!begun.ok()) return begun;
  return call;
}

}  // namespace sluice::control
