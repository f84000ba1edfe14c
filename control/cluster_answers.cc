// SPDX-License-Identifier: Apache-2.0
//
// The other side of Cluster: what this node does when another asks.
#include <memory>
#include <utility>

#include "control/cluster.h"
#include "control/drain_verbs.h"
#include "control/envelope.h"
#include "control/listings.h"
#include "control/outcomes.h"
#include "control/queries.h"
#include "control/token_verb.h"

namespace sluice::control {
namespace {

// Calls `visit` with the verb that `rpc` names; false if there is none.
template <typename... Verbs, typename Visit>
bool Dispatch(internal::v1::Rpc rpc, Visit visit) {
  return ((Verbs::kRpc == rpc && (visit.template operator()<Verbs>(), true)) || ...);
}

}  // namespace

void Cluster::Serve() {
  node_.broker.Serve(
      node_.home, [this](std::string payload, Reply reply) { Answer(payload, std::move(reply)); });
}

void Cluster::Answer(const std::string& payload, Reply reply) {
  probe_.answered.Add();
  if (auto ask = OpenAsk(payload); ask.ok()) {
    if (ask->rpc() == internal::v1::RPC_CALL) return AnswerCall(ask->request(), std::move(reply));
    bool known =
        Dispatch<SendVerb, JoinVerb, LeaveVerb, UpdateVerb, DisconnectVerb, KickOutVerb,
                 DeauthenticateVerb, PublishVerb, SetTokenVerb, CountVerb, ListConnectionsVerb,
                 ListNamespacesVerb, ListChannelsVerb, ListMethodsVerb, StartDrainVerb,
                 GetDrainVerb, PauseDrainVerb, ResumeDrainVerb, CancelDrainVerb>(
            ask->rpc(), [&]<typename Verb>() { AnswerAs<Verb>(ask->request(), std::move(reply)); });
    if (known) return;
  }
  probe_.refused.Add();
  reply(SealReply(NotUnderstood()));
}

template <typename Verb>
void Cluster::AnswerAs(const std::string& request, Reply reply) {
  using Response = typename Verb::Response;
  typename Verb::Request parsed;
  if (!parsed.ParseFromString(request)) return reply(SealReply(NotUnderstood()));
  absl::StatusOr<Verb> verb = Verb::Make(node_, parsed);
  if (!verb.ok()) return reply(SealReply(verb.status()));
  std::move(*verb).Run(node_,
                       [reply = std::move(reply)](absl::StatusOr<Response> response) mutable {
                         if (!response.ok()) return reply(SealReply(response.status()));
                         reply(SealReply(response->SerializeAsString()));
                       });
}

void Cluster::AnswerCall(const std::string& request, Reply reply) {
  v1::CallRequest parsed;
  if (!parsed.ParseFromString(request)) return reply(SealReply(NotUnderstood()));
  auto plan = ToCallPlan(node_, parsed);
  if (!plan.ok()) return reply(SealReply(plan.status()));
  auto part = std::make_shared<internal::v1::CallPart>();
  auto once = std::make_shared<Reply>(std::move(reply));
  CallListener listener;
  listener.on_answer = [part](v1::CallResponse::Answer answer) {
    *part->add_answers() = std::move(answer);
  };
  listener.on_end = [part, once](v1::Outcome outcome) {
    *part->mutable_outcome() = std::move(outcome);
    (*once)(SealReply(part->SerializeAsString()));
  };
  auto call = calls_.Start(*std::move(plan), std::move(listener));
  if (!call.ok()) (*once)(SealReply(call.status()));
}

}  // namespace sluice::control
