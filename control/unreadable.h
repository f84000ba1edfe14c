// SPDX-License-Identifier: Apache-2.0
//
// Says what is wrong with a request that is no message of its rpc (bytes that are no protobuf, a
// string that is no UTF-8): gRPC (1.51) answers that, before any handler is asked, with
// UNIMPLEMENTED and no word, as if there were no such rpc.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include "control/probe.h"

namespace sluice::control {

// For the rpcs of Control. Workers' streams read their bytes themselves.
class UnreadableRequests final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // `probe` outlives the server.
  explicit UnreadableRequests(ControlProbe& probe) : probe_(probe) {}

  // Null: an rpc of another service.
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  ControlProbe& probe_;
};

}  // namespace sluice::control
