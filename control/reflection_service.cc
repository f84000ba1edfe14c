// SPDX-License-Identifier: Apache-2.0
#include "control/reflection_service.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/support/server_callback.h>

#include "absl/strings/str_cat.h"
#include "control/grpc_status.h"
#include "control/reflection.h"

namespace sluice::control {
namespace {

using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

// One stream: reads a request, answers it, reads the next. Deletes itself at its end.
class Stream final
    : public grpc::ServerBidiReactor<ServerReflectionRequest, ServerReflectionResponse> {
 public:
  Stream(const absl::Status& admitted, const std::vector<std::string>& services)
      : services_(services) {
    if (admitted.ok()) {
      StartRead(&request_);
    } else {
      Finish(ToGrpc(admitted));
    }
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    response_ = Reflect(request_, services_);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

  const std::vector<std::string>& services_;
  ServerReflectionRequest request_;
  ServerReflectionResponse response_;
};

}  // namespace

// What generated code does for a bidirectional method, but for a name of our choice.
ReflectionService::ReflectionService(std::string_view name,
                                     const std::vector<std::string>& services, const Gate& gate)
    : method_(absl::StrCat("/", std::string(name), "/ServerReflectionInfo")) {
  AddMethod(new grpc::internal::RpcServiceMethod(
      method_.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING, nullptr));
  MarkMethodCallback(
      0, new grpc::internal::CallbackBidiHandler<ServerReflectionRequest, ServerReflectionResponse>(
             [&services, &gate](grpc::CallbackServerContext* context) {
               return new Stream(gate.Admit(*context), services);
             }));
}

}  // namespace sluice::control
