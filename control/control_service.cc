// SPDX-License-Identifier: Apache-2.0
#include "control/control_service.h"

#include <utility>

#include "control/call_stream.h"
#include "control/drain_stream.h"
#include "control/event_stream.h"
#include "control/rpc_answer.h"
#include "control/subscription_stream.h"
#include "control/unary_rpcs.h"
#include "sluice/v1/control.grpc.pb.h"

namespace sluice::control {
namespace {

class ControlService final : public v1::Control::CallbackService {
 public:
  // All outlive this.
  ControlService(Cluster& cluster, const Gate& gate, absl::Duration patience, ControlProbe& probe)
      : cluster_(cluster), gate_(gate), patience_(patience), probe_(probe) {}

 private:
  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

#define SLUICE_HANDLER(Name, Response)                                                    \
  Unary* Name(Context* context, const v1::Name##Request* request, v1::Response* response) \
      override {                                                                          \
    return Handle(context, request, response);                                            \
  }
  SLUICE_VERBS(SLUICE_HANDLER)
  SLUICE_HANDLER(StartDrain, Drain)
#undef SLUICE_HANDLER

  grpc::ServerWriteReactor<v1::CallResponse>* Call(Context*, const v1::CallRequest*) override;
  grpc::ServerWriteReactor<v1::Drain>* WatchDrain(Context*, const v1::WatchDrainRequest*) override;
  grpc::ServerWriteReactor<v1::SubscribeResponse>* Subscribe(Context*,
                                                             const v1::SubscribeRequest*) override;
  grpc::ServerWriteReactor<v1::WatchEventsResponse>* WatchEvents(
      Context*, const v1::WatchEventsRequest*) override;

  // Passes the gate, then runs.
  template <typename Request, typename Response>
  Unary* Handle(Context* context, const Request* request, Response* response);

  Cluster& cluster_;
  const Gate& gate_;
  const absl::Duration patience_;
  ControlProbe& probe_;
};

template <typename Request, typename Response>
grpc::ServerUnaryReactor* ControlService::Handle(Context* context, const Request* request,
                                                 Response* response) {
  Unary* reactor = context->DefaultReactor();
  RpcAnswer<Response> answer(reactor, response, RpcOf<Request>(), probe_);
  absl::Status admitted = gate_.Admit(*context, *request);
  if (admitted.ok()) {
    RunRpc(cluster_, *request, PatienceOf(*context, patience_), std::move(answer));
  } else {
    answer(std::move(admitted));
  }
  return reactor;
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
  return StreamPublications(*request, gate_.Admit(*context, *request), cluster_, probe_);
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* ControlService::WatchEvents(
    Context* context, const v1::WatchEventsRequest* request) {
  return StreamEvents(*request, gate_.Admit(*context, *request), cluster_, probe_);
}

}  // namespace

std::unique_ptr<grpc::Service> MakeControlService(Cluster& cluster, const Gate& gate,
                                                  absl::Duration patience, ControlProbe& probe) {
  return std::make_unique<ControlService>(cluster, gate, patience, probe);
}

const char* ControlServiceName() { return v1::Control::service_full_name(); }

}  // namespace sluice::control
