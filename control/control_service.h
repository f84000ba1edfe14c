// SPDX-License-Identifier: Apache-2.0
//
// Service Control: each rpc is the gate, then the one path (cluster.h).
#pragma once

#include "control/cluster.h"
#include "control/gate.h"
#include "control/probe.h"
#include "sluice/v1/control.grpc.pb.h"

namespace sluice::control {

class ControlService final : public v1::Control::CallbackService {
 public:
  // All outlive this.
  ControlService(Cluster& cluster, const Gate& gate, ControlProbe& probe)
      : cluster_(cluster), gate_(gate), probe_(probe) {}

 private:
  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

  Unary* Send(Context*, const v1::SendRequest*, v1::SendResponse*) override;
  Unary* Join(Context*, const v1::JoinRequest*, v1::JoinResponse*) override;
  Unary* Leave(Context*, const v1::LeaveRequest*, v1::LeaveResponse*) override;
  Unary* UpdateConnections(Context*, const v1::UpdateConnectionsRequest*,
                           v1::UpdateConnectionsResponse*) override;
  Unary* Disconnect(Context*, const v1::DisconnectRequest*, v1::DisconnectResponse*) override;
  Unary* SetAuthToken(Context*, const v1::SetAuthTokenRequest*, v1::SetAuthTokenResponse*) override;
  Unary* Deauthenticate(Context*, const v1::DeauthenticateRequest*,
                        v1::DeauthenticateResponse*) override;
  Unary* KickOut(Context*, const v1::KickOutRequest*, v1::KickOutResponse*) override;
  Unary* Publish(Context*, const v1::PublishRequest*, v1::PublishResponse*) override;
  Unary* StartDrain(Context*, const v1::StartDrainRequest*, v1::Drain*) override;
  Unary* GetDrain(Context*, const v1::GetDrainRequest*, v1::Drain*) override;
  Unary* PauseDrain(Context*, const v1::PauseDrainRequest*, v1::Drain*) override;
  Unary* ResumeDrain(Context*, const v1::ResumeDrainRequest*, v1::Drain*) override;
  Unary* CancelDrain(Context*, const v1::CancelDrainRequest*, v1::Drain*) override;
  Unary* GetConnection(Context*, const v1::GetConnectionRequest*, v1::Connection*) override;
  Unary* ListConnections(Context*, const v1::ListConnectionsRequest*,
                         v1::ListConnectionsResponse*) override;
  Unary* CountConnections(Context*, const v1::CountConnectionsRequest*,
                          v1::CountConnectionsResponse*) override;
  Unary* ListNamespaces(Context*, const v1::ListNamespacesRequest*,
                        v1::ListNamespacesResponse*) override;
  Unary* ListChannels(Context*, const v1::ListChannelsRequest*, v1::ListChannelsResponse*) override;
  Unary* ListMethods(Context*, const v1::ListMethodsRequest*, v1::ListMethodsResponse*) override;

  grpc::ServerWriteReactor<v1::CallResponse>* Call(Context*, const v1::CallRequest*) override;
  grpc::ServerWriteReactor<v1::Drain>* WatchDrain(Context*, const v1::WatchDrainRequest*) override;
  grpc::ServerWriteReactor<v1::SubscribeResponse>* Subscribe(Context*,
                                                             const v1::SubscribeRequest*) override;
  grpc::ServerWriteReactor<v1::WatchEventsResponse>* WatchEvents(
      Context*, const v1::WatchEventsRequest*) override;

  // Passes the gate, then `run(patience, done)`.
  template <typename Request, typename Response, typename Run>
  Unary* Answer(Rpc rpc, Context* context, const Request* request, Response* response, Run run);
  template <typename Verb>
  Unary* RunVerb(Rpc rpc, Context* context, const typename Verb::Request* request,
                 typename Verb::Response* response);

  Cluster& cluster_;
  const Gate& gate_;
  ControlProbe& probe_;
};

}  // namespace sluice::control
