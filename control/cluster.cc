// SPDX-License-Identifier: Apache-2.0
#include "control/cluster.h"

#include <map>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "control/drain_verbs.h"
#include "control/envelope.h"
#include "control/listings.h"
#include "control/outcomes.h"
#include "control/queries.h"
#include "control/status.h"
#include "control/token_verb.h"

namespace sluice::control {
namespace {

// Unlikely enough to be chosen twice, by whichever node.
std::string MakeDrainId() {
  absl::BitGen random;
  return absl::StrCat("drain-", absl::Hex(absl::Uniform<uint64_t>(random), absl::kZeroPad16));
}

}  // namespace

// What is still open of one request; home thread only.
template <typename Verb>
struct Cluster::Meeting {
  Parts<typename Verb::Response> parts;
  int open = 1;
  PartsDone<Verb> done;

  void Leave() {
    if (--open == 0) done(std::move(parts));
  }
};

template <typename Verb>
void Cluster::Gather(const typename Verb::Request& request, absl::Duration patience,
                     PartsDone<Verb> done) {
  using Response = typename Verb::Response;
  absl::StatusOr<Verb> verb = Verb::Make(node_, request);
  if (!verb.ok()) return done(verb.status());

  auto meeting = std::make_shared<Meeting<Verb>>();
  meeting->done = std::move(done);
  meeting->parts.bytes_max = node_.limits.response_bytes;
  meeting->parts.parts.push_back({node_.name, ShuttingDown()});
  const bool others = !alone();
  if (others) ++meeting->open;
  std::move(*verb).Run(node_, [meeting](absl::StatusOr<Response> answer) {
    meeting->parts.parts.front().answer = std::move(answer);
    meeting->Leave();
  });
  if (!others) return;
  AskPeers(Verb::kRpc, request, patience, [meeting](PeerAnswers peers) {
    for (auto& [node, answer] : peers.answers) {
      meeting->parts.parts.push_back({node, ParseAs<Response>(std::move(answer))});
    }
    meeting->parts.unreachable = std::move(peers.unreachable);
    meeting->Leave();
  });
}

template <typename Verb>
void Cluster::Run(const typename Verb::Request& request, absl::Duration patience,
                  Done<typename Verb::Response> done) {
  using Response = typename Verb::Response;
  if (alone()) {
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

void Cluster::AskPeers(internal::v1::Rpc rpc, const google::protobuf::MessageLite& request,
                       absl::Duration timeout, absl::AnyInvocable<void(PeerAnswers)> done) {
  probe_.asked.Add();
  node_.broker.AskAll(SealAsk(rpc, request), timeout, node_.home,
                      [this, done = std::move(done)](storage::Replies replies, Now) mutable {
                        done(Open(std::move(replies)));
                      });
}

Cluster::PeerAnswers Cluster::Open(storage::Replies replies) {
  PeerAnswers peers;
  for (auto& reply : replies.replies) {
    peers.answers.push_back({std::move(reply.node), OpenReply(reply.payload)});
  }
  probe_.unreachable.Add(replies.unreachable.size());
  peers.unreachable = std::move(replies.unreachable);
  return peers;
}

// The answers of this node and of the others on their way to one listener; home thread only.
struct Cluster::CallMeeting {
  CallListener listener;
  std::vector<v1::Outcome> outcomes;
  std::vector<std::string> unreachable;
  int open = 2;

  void Leave() {
    if (--open == 0) listener.on_end(MergeOutcomes(std::move(outcomes), unreachable));
  }
  void Take(const std::string& node, absl::StatusOr<internal::v1::CallPart> part) {
    if (!part.ok()) return unreachable.push_back(node);
    for (auto& answer : *part->mutable_answers()) listener.on_answer(std::move(answer));
    outcomes.push_back(std::move(*part->mutable_outcome()));
  }
};

absl::StatusOr<std::shared_ptr<ClientCall>> Cluster::Call(const v1::CallRequest& request,
                                                          CallListener listener) {
  auto plan = ToCallPlan(node_, request);
  if (!plan.ok()) return plan.status();
  if (alone()) return calls_.Start(*std::move(plan), std::move(listener));

  auto meeting = std::make_shared<CallMeeting>();
  meeting->listener = std::move(listener);
  CallListener here;
  here.on_answer = [meeting](v1::CallResponse::Answer answer) {
    meeting->listener.on_answer(std::move(answer));
  };
  here.on_end = [meeting](v1::Outcome outcome) {
    meeting->outcomes.push_back(std::move(outcome));
    meeting->Leave();
  };
  absl::Duration wait = plan->timeout + node_.limits.cluster_timeout;
  auto call = calls_.Start(*std::move(plan), std::move(here));
  if (!call.ok()) return call;
  AskPeers(internal::v1::RPC_CALL, request, wait, [meeting](PeerAnswers peers) {
    for (auto& [node, answer] : peers.answers) {
      meeting->Take(node, ParseAs<internal::v1::CallPart>(std::move(answer)));
    }
    for (auto& node : peers.unreachable) meeting->unreachable.push_back(std::move(node));
    meeting->Leave();
  });
  return call;
}

void Cluster::StartDrain(v1::StartDrainRequest request, absl::Duration patience,
                         Done<v1::Drain> done) {
  absl::Status status = CheckStartDrain(node_, request);
  if (!status.ok()) return done(status);
  if (request.drain_id().empty() && !request.validate_only()) request.set_drain_id(MakeDrainId());
  v1::CountConnectionsRequest count;
  *count.mutable_selector() = request.selector();
  Gather<CountVerb>(count, patience,
                    [this, request = std::move(request), patience, done = std::move(done)](
                        absl::StatusOr<Parts<v1::CountConnectionsResponse>> counts) mutable {
                      if (!counts.ok()) return done(counts.status());
                      BeginDrain(std::move(request), *counts, patience, std::move(done));
                    });
}

void Cluster::BeginDrain(v1::StartDrainRequest request,
                         const Parts<v1::CountConnectionsResponse>& counts, absl::Duration patience,
                         Done<v1::Drain> done) {
  std::map<std::string, uint64_t> matched;
  uint64_t total = 0;
  for (const auto& [node, answer] : counts.parts) {
    if (!answer.ok()) continue;
    matched[node] = answer->connections();
    total += answer->connections();
  }
  if (request.validate_only()) {
    v1::Drain drain;
    *drain.mutable_selector() = request.selector();
    drain.set_id(request.drain_id());
    drain.set_per_second(request.per_second());
    drain.set_matched(total);
    drain.set_remaining(total);
    drain.set_refuse_new(request.refuse_new());
    AddUnreachable(counts.unreachable, drain);
    return done(std::move(drain));
  }
  internal::v1::StartDrainPart part;
  for (const auto& [node, share] : SharePace(request.per_second(), matched)) {
    (*part.mutable_per_second())[node] = share;
  }
  *part.mutable_request() = std::move(request);
  Run<StartDrainVerb>(part, patience, std::move(done));
}

#define SLUICE_INSTANTIATE(Verb) \
  template void Cluster::Run<Verb>(const Verb::Request&, absl::Duration, Done<Verb::Response>)
SLUICE_INSTANTIATE(SendVerb);
SLUICE_INSTANTIATE(JoinVerb);
SLUICE_INSTANTIATE(LeaveVerb);
SLUICE_INSTANTIATE(UpdateVerb);
SLUICE_INSTANTIATE(DisconnectVerb);
SLUICE_INSTANTIATE(KickOutVerb);
SLUICE_INSTANTIATE(DeauthenticateVerb);
SLUICE_INSTANTIATE(PublishVerb);
SLUICE_INSTANTIATE(SetTokenVerb);
SLUICE_INSTANTIATE(CountVerb);
SLUICE_INSTANTIATE(ListConnectionsVerb);
SLUICE_INSTANTIATE(ListNamespacesVerb);
SLUICE_INSTANTIATE(ListChannelsVerb);
SLUICE_INSTANTIATE(ListMethodsVerb);
SLUICE_INSTANTIATE(GetDrainVerb);
SLUICE_INSTANTIATE(PauseDrainVerb);
SLUICE_INSTANTIATE(ResumeDrainVerb);
SLUICE_INSTANTIATE(CancelDrainVerb);
#undef SLUICE_INSTANTIATE

}  // namespace sluice::control
