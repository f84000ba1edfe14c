// SPDX-License-Identifier: Apache-2.0
#include "control/control_service.h"

#include <utility>

#include "control/call_stream.h"
#include "control/drain_start.h"
#include "control/drain_stream.h"
#include "control/event_stream.h"
#include "control/rpc_answer.h"
#include "control/subscription_stream.h"
#include "control/verbs.h"
#include "sluice/v1/control.grpc.pb.h"

namespace sluice::control {
namespace {

class ControlService final : public v1::Control::CallbackService {
 public:
  // All outlive this.
  ControlService(Cluster& cluster, const Gate& gate, ControlProbe& probe)
      : cluster_(cluster), gate_(gate), probe_(probe) {}

 private:
  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

#define SLUICE_HANDLER(Name) \
  Unary* Name(Context*, const v1::Name##Request*, Name##Verb::Response*) override;
  SLUICE_VERBS(SLUICE_HANDLER)
#undef SLUICE_HANDLER
  Unary* StartDrain(Context*, const v1::StartDrainRequest*, v1::Drain*) override;

  grpc::ServerWriteReactor<v1::CallResponse>* Call(Context*, const v1::CallRequest*) override;
  grpc::ServerWriteReactor<v1::Drain>* WatchDrain(Context*, const v1::WatchDrainRequest*) override;
  grpc::ServerWriteReactor<v1::SubscribeResponse>* Subscribe(Context*,
                                                             const v1::SubscribeRequest*) override;
  grpc::ServerWriteReactor<v1::WatchEventsResponse>* WatchEvents(
      Context*, const v1::WatchEventsRequest*) override;

  // Passes the gate, then `run(patience, done)`.
  template <typename Request, typename Response, typename Run>
  Unary* Handle(Context* context, const Request* request, Response* response, Run run);

  Cluster& cluster_;
  const Gate& gate_;
  ControlProbe& probe_;
};

template <typename Request, typename Response, typename Run>
grpc::ServerUnaryReactor* ControlService::Handle(Context* context, const Request* request,
                                                 Response* response, Run run) {
  Unary* reactor = context->DefaultReactor();
  RpcAnswer<Response> answer(reactor, response, RpcOf<Request>(), probe_);
  absl::Status admitted = gate_.Admit(*context, *request);
  if (admitted.ok()) {
    run(PatienceOf(*context, cluster_.node().limits.cluster_timeout), std::move(answer));
  } else {
    answer(std::move(admitted));
  }
  return reactor;
}

#define SLUICE_HANDLER(Name)                                                                \
  grpc::ServerUnaryReactor* ControlService::Name(                                           \
      Context* context, const v1::Name##Request* request, Name##Verb::Response* response) { \
    return Handle(context, request, response, [&](absl::Duration patience, auto done) {     \
      cluster_.Run<Name##Verb>(*request, patience, std::move(done));                        \
    });                                                                                     \
  }
SLUICE_VERBS(SLUICE_HANDLER)
#undef SLUICE_HANDLER

grpc::ServerUnaryReactor* ControlService::StartDrain(Context* context,
                                                     const v1::StartDrainRequest* request,
                                                     v1::Drain* response) {
  return Handle(context, request, response, [&](absl::Duration patience, auto done) {
    control::StartDrain(cluster_, *request, patience, std::move(done));
  });
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
  return StreamEvents(*request, gate_.Admit(*context, *request), cluster_, probe_);
}

}  // namespace

std::unique_ptr<grpc::Service> MakeControlService(Cluster& cluster, const Gate& gate,
                                                  ControlProbe& probe) {
  return std::make_unique<ControlService>(cluster, gate, probe);
}

const char* ControlServiceName() { return v1::Control::service_full_name(); }

}  // namespace sluice::control
