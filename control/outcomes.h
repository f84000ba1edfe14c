// SPDX-License-Identifier: Apache-2.0
//
// The verbs that act on connections: a selector, something to do to each, an Outcome.
//
// A verb is a class with Request and Response, and
//   Make   checks a request: everything that can be wrong with it is found here
//   Run    carries it out on this node alone
//   Merge  makes one answer of those of several nodes
// and so can be run on one node or on many (cluster.h). Its Request tells it from the others.
#pragma once

#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "control/done.h"
#include "control/node.h"
#include "control/parts.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/shard_set.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

// Counts added up, not found by anybody, unreachable by any.
v1::Outcome MergeOutcomes(std::vector<v1::Outcome> outcomes,
                          const std::vector<std::string>& unreachable);

template <typename RequestT, typename ResponseT>
class OutcomeVerb {
 public:
  using Request = RequestT;
  using Response = ResponseT;

  static absl::StatusOr<OutcomeVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  using Outcomes = absl::AnyInvocable<void(std::vector<hub::Outcome>, Now)>;
  // Carries it out on every shard and hands over what each made of it, on any thread.
  using Everywhere = absl::AnyInvocable<void(const Node&, Outcomes) &&>;
  explicit OutcomeVerb(Everywhere everywhere) : everywhere_(std::move(everywhere)) {}
  // The same, of one shard's share, which is called on several threads at once.
  template <typename Share>
  static OutcomeVerb OnEachShard(Share share) {
    return OutcomeVerb([share = std::move(share)](const Node& node, Outcomes done) mutable {
      node.shards.Gather(std::move(share), std::move(done));
    });
  }

  Everywhere everywhere_;
};

using SendVerb = OutcomeVerb<v1::SendRequest, v1::SendResponse>;
using JoinVerb = OutcomeVerb<v1::JoinRequest, v1::JoinResponse>;
using LeaveVerb = OutcomeVerb<v1::LeaveRequest, v1::LeaveResponse>;
using UpdateConnectionsVerb =
    OutcomeVerb<v1::UpdateConnectionsRequest, v1::UpdateConnectionsResponse>;
using DisconnectVerb = OutcomeVerb<v1::DisconnectRequest, v1::DisconnectResponse>;
using KickOutVerb = OutcomeVerb<v1::KickOutRequest, v1::KickOutResponse>;
using DeauthenticateVerb = OutcomeVerb<v1::DeauthenticateRequest, v1::DeauthenticateResponse>;
using PublishVerb = OutcomeVerb<v1::PublishRequest, v1::PublishResponse>;

}  // namespace sluice::control
