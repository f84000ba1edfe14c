// SPDX-License-Identifier: Apache-2.0
#include "control/bystander_guard.h"

#include <string_view>

#include "absl/strings/match.h"

namespace sluice::control {
namespace {

using grpc::experimental::InterceptionHookPoints;

class Guard final : public grpc::experimental::Interceptor {
 public:
  Guard(const Gate& gate, grpc::experimental::ServerRpcInfo* info) : gate_(gate), info_(info) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      grpc::ServerContextBase& context = *info_->server_context();
      if (!gate_.HasToken(*methods->GetRecvInitialMetadata())) context.TryCancel();
    }
    methods->Proceed();
  }

 private:
  const Gate& gate_;
  grpc::experimental::ServerRpcInfo* info_;
};

class GuardFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit GuardFactory(const Gate& gate) : gate_(gate) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    const char* method = info->method();
    bool open = method != nullptr && (absl::StartsWith(method, "/sluice.v1.") ||
                                      absl::StartsWith(method, "/grpc.health.v1."));
    return open ? nullptr : new Guard(gate_, info);
  }

 private:
  const Gate& gate_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeBystanderGuard(
    const Gate& gate) {
  return std::make_unique<GuardFactory>(gate);
}

}  // namespace sluice::control
