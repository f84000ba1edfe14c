// SPDX-License-Identifier: Apache-2.0
#include "control/control_service.h"

#include <utility>

#include "control/call_stream.h"
#include "control/drain_stream.h"
#include "control/drain_verbs.h"
#include "control/event_stream.h"
#include "control/listings.h"
#include "control/outcomes.h"
#include "control/queries.h"
#include "control/rpc_answer.h"
#include "control/subscription_stream.h"
#include "control/token_verb.h"

namespace sluice::control {

template <typename Request, typename Response, typename Run>
grpc::ServerUnaryReactor* ControlService::Answer(Rpc rpc, Context* context, const Request* request,
                                                 Response* response, Run run) {
  Unary* reactor = context->DefaultReactor();
  RpcAnswer<Response> answer(reactor, response, rpc, probe_);
  absl::Status admitted = gate_.Admit(*context, *request);
  if (admitted.ok()) {
    run(PatienceOf(*context, cluster_.node().limits.cluster_timeout), std::move(answer));
  } else {
    answer(std::move(admitted));
  }
  return reactor;
}

template <typename Verb>
grpc::ServerUnaryReactor* ControlService::RunVerb(Rpc rpc, Context* context,
                                                  const typename Verb::Request* request,
                                                  typename Verb::Response* response) {
  return Answer(rpc, context, request, response,
                [&](absl::Duration patience, Done<typename Verb::Response> done) {
                  cluster_.Run<Verb>(*request, patience, std::move(done));
                });
}

grpc::ServerUnaryReactor* ControlService::Send(Context* context, const v1::SendRequest* request,
                                               v1::SendResponse* response) {
  return RunVerb<SendVerb>(Rpc::kSend, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::Join(Context* context, const v1::JoinRequest* request,
                                               v1::JoinResponse* response) {
  return RunVerb<JoinVerb>(Rpc::kJoin, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::Leave(Context* context, const v1::LeaveRequest* request,
                                                v1::LeaveResponse* response) {
  return RunVerb<LeaveVerb>(Rpc::kLeave, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::UpdateConnections(
    Context* context, const v1::UpdateConnectionsRequest* request,
    v1::UpdateConnectionsResponse* response) {
  return RunVerb<UpdateVerb>(Rpc::kUpdateConnections, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::Disconnect(Context* context,
                                                     const v1::DisconnectRequest* request,
                                                     v1::DisconnectResponse* response) {
  return RunVerb<DisconnectVerb>(Rpc::kDisconnect, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::SetAuthToken(Context* context,
                                                       const v1::SetAuthTokenRequest* request,
                                                       v1::SetAuthTokenResponse* response) {
  return RunVerb<SetTokenVerb>(Rpc::kSetAuthToken, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::Deauthenticate(Context* context,
                                                         const v1::DeauthenticateRequest* request,
                                                         v1::DeauthenticateResponse* response) {
  return RunVerb<DeauthenticateVerb>(Rpc::kDeauthenticate, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::KickOut(Context* context,
                                                  const v1::KickOutRequest* request,
                                                  v1::KickOutResponse* response) {
  return RunVerb<KickOutVerb>(Rpc::kKickOut, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::Publish(Context* context,
                                                  const v1::PublishRequest* request,
                                                  v1::PublishResponse* response) {
  return RunVerb<PublishVerb>(Rpc::kPublish, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::StartDrain(Context* context,
                                                     const v1::StartDrainRequest* request,
                                                     v1::Drain* response) {
  return Answer(Rpc::kStartDrain, context, request, response,
                [&](absl::Duration patience, Done<v1::Drain> done) {
                  cluster_.StartDrain(*request, patience, std::move(done));
                });
}

grpc::ServerUnaryReactor* ControlService::GetDrain(Context* context,
                                                   const v1::GetDrainRequest* request,
                                                   v1::Drain* response) {
  return RunVerb<GetDrainVerb>(Rpc::kGetDrain, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::PauseDrain(Context* context,
                                                     const v1::PauseDrainRequest* request,
                                                     v1::Drain* response) {
  return RunVerb<PauseDrainVerb>(Rpc::kPauseDrain, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::ResumeDrain(Context* context,
                                                      const v1::ResumeDrainRequest* request,
                                                      v1::Drain* response) {
  return RunVerb<ResumeDrainVerb>(Rpc::kResumeDrain, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::CancelDrain(Context* context,
                                                      const v1::CancelDrainRequest* request,
                                                      v1::Drain* response) {
  return RunVerb<CancelDrainVerb>(Rpc::kCancelDrain, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::GetConnection(Context* context,
                                                        const v1::GetConnectionRequest* request,
                                                        v1::Connection* response) {
  return Answer(
      Rpc::kGetConnection, context, request, response,
      [&](absl::Duration patience, Done<v1::Connection> done) {
        auto list = ToList(*request);
        if (!list.ok()) return done(list.status());
        cluster_.Run<ListConnectionsVerb>(
            *list, patience,
            [done = std::move(done)](absl::StatusOr<v1::ListConnectionsResponse> listed) mutable {
              if (!listed.ok()) return done(listed.status());
              done(FromList(*std::move(listed)));
            });
      });
}

grpc::ServerUnaryReactor* ControlService::ListConnections(Context* context,
                                                          const v1::ListConnectionsRequest* request,
                                                          v1::ListConnectionsResponse* response) {
  return RunVerb<ListConnectionsVerb>(Rpc::kListConnections, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::CountConnections(
    Context* context, const v1::CountConnectionsRequest* request,
    v1::CountConnectionsResponse* response) {
  return RunVerb<CountVerb>(Rpc::kCountConnections, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::ListNamespaces(Context* context,
                                                         const v1::ListNamespacesRequest* request,
                                                         v1::ListNamespacesResponse* response) {
  return RunVerb<ListNamespacesVerb>(Rpc::kListNamespaces, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::ListChannels(Context* context,
                                                       const v1::ListChannelsRequest* request,
                                                       v1::ListChannelsResponse* response) {
  return RunVerb<ListChannelsVerb>(Rpc::kListChannels, context, request, response);
}

grpc::ServerUnaryReactor* ControlService::ListMethods(Context* context,
                                                      const v1::ListMethodsRequest* request,
                                                      v1::ListMethodsResponse* response) {
  return RunVerb<ListMethodsVerb>(Rpc::kListMethods, context, request, response);
}

grpc::ServerWriteReactor<v1::CallResponse>* ControlService::Call(Context* context,
                                                                 const v1::CallRequest* request) {
  return StreamCall(*request, gate_.Admit(*context, *request), cluster_, probe_);
}

grpc::ServerWriteReactor<v1::Drain>* ControlService::WatchDrain(
    Context* context, const v1::WatchDrainRequest* request) {
  return StreamDrain(*request, gate_.Admit(*context, *request), cluster_, probe_);
}

grpc::ServerWriteReactor<v1::SubscribeResponse>* ControlService::Subscribe(
    Context* context, const v1::SubscribeRequest* request) {
  return StreamPublications(*request, gate_.Admit(*context, *request), cluster_.node(), probe_);
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* ControlService::WatchEvents(
    Context* context, const v1::WatchEventsRequest* request) {
  return StreamEvents(*request, gate_.Admit(*context, *request), cluster_.node(), probe_);
}

}  // namespace sluice::control
