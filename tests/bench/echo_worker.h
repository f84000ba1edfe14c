// SPDX-License-Identifier: Apache-2.0
//
// A worker that serves one method, "echo", whose result is its parameters.
#pragma once

#include <grpcpp/client_context.h>

#include <memory>
#include <string>
#include <thread>

#include "sluice/v1/workers.grpc.pb.h"

namespace sluice::bench {

class EchoWorker {
 public:
  // Returns once the method is registered.
  EchoWorker(const std::string& control, const std::string& space);
  ~EchoWorker();

 private:
  void Serve();

  std::unique_ptr<sluice::v1::Workers::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<sluice::v1::ServeRequest, sluice::v1::ServeResponse>>
      stream_;
  std::thread thread_;
};

}  // namespace sluice::bench
