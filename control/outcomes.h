// SPDX-License-Identifier: Apache-2.0
//
// The verbs that act on connections: a selector, something to do to each, an Outcome.
//
// A verb is a class with Request, Response and kRpc, and
//   Make   checks a request: everything that can be wrong with it is found here
//   Run    carries it out on this node alone
//   Merge  makes one answer of those of several nodes
// and so can be run on one node or on many (cluster.h).
#pragma once

#include <utility>

#include "absl/functional/any_invocable.h"
#include "control/node.h"
#include "control/parts.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/shard.h"
#include "sluice/internal/v1/cluster.pb.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

// Counts added up, not found by anybody, unreachable by any.
v1::Outcome MergeOutcomes(std::vector<v1::Outcome> outcomes,
                          const std::vector<std::string>& unreachable);

template <typename RequestT, typename ResponseT, internal::v1::Rpc rpc>
class OutcomeVerb {
 public:
  using Request = RequestT;
  using Response = ResponseT;
  static constexpr internal::v1::Rpc kRpc = rpc;

  static absl::StatusOr<OutcomeVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  // One shard's share; called on several threads at once.
  using Share = absl::AnyInvocable<hub::Outcome(hub::Shard&, Now) const>;
  explicit OutcomeVerb(Share share) : share_(std::move(share)) {}

  Share share_;
};

using SendVerb = OutcomeVerb<v1::SendRequest, v1::SendResponse, internal::v1::RPC_SEND>;
using JoinVerb = OutcomeVerb<v1::JoinRequest, v1::JoinResponse, internal::v1::RPC_JOIN>;
using LeaveVerb = OutcomeVerb<v1::LeaveRequest, v1::LeaveResponse, internal::v1::RPC_LEAVE>;
using UpdateVerb = OutcomeVerb<v1::UpdateConnectionsRequest, v1::UpdateConnectionsResponse,
                               internal::v1::RPC_UPDATE_CONNECTIONS>;
using DisconnectVerb =
    OutcomeVerb<v1::DisconnectRequest, v1::DisconnectResponse, internal::v1::RPC_DISCONNECT>;
using KickOutVerb =
    OutcomeVerb<v1::KickOutRequest, v1::KickOutResponse, internal::v1::RPC_KICK_OUT>;
using DeauthenticateVerb = OutcomeVerb<v1::DeauthenticateRequest, v1::DeauthenticateResponse,
                                       internal::v1::RPC_DEAUTHENTICATE>;
using PublishVerb = OutcomeVerb<v1::PublishRequest, v1::PublishResponse, internal::v1::RPC_PUBLISH>;

}  // namespace sluice::control
