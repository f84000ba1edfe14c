// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/echo_worker.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "tests/bench/fail.h"

namespace sluice::bench {
namespace {

constexpr uint32_t kCredit = 1024;

v1::ServeRequest Greeting(const std::string& space) {
  v1::ServeRequest request;
  request.mutable_hello()->set_worker("bench");
  request.mutable_hello()->set_credit(kCredit);
  v1::Register& registration = *request.add_registers();
  registration.set_id(1);
  registration.set_namespace_(space);
  registration.add_methods()->set_name("echo");
  return request;
}

}  // namespace

EchoWorker::EchoWorker(const std::string& control, const std::string& space)
    : stub_(v1::Workers::NewStub(grpc::CreateChannel(control, grpc::InsecureChannelCredentials()))),
      stream_(stub_->Serve(&context_)) {
  stream_->Write(Greeting(space));
  v1::ServeResponse response;
  while (response.registered_size() == 0) {
    if (!stream_->Read(&response)) Fail("the worker's stream ended");
  }
  if (!response.registered(0).refused_reason().empty()) Fail("the worker was refused");
  thread_ = std::thread([this] { Serve(); });
}

EchoWorker::~EchoWorker() {
  context_.TryCancel();
  thread_.join();
  stream_->Finish();
}

// What came in one message is answered in one message.
void EchoWorker::Serve() {
  v1::ServeResponse response;
  while (stream_->Read(&response)) {
    v1::ServeRequest answers;
    for (v1::Invocation& invocation : *response.mutable_invocations()) {
      v1::InvocationResult& result = *answers.add_results();
      result.set_id(invocation.id());
      *result.mutable_result() = std::move(*invocation.mutable_call()->mutable_params());
    }
    if (answers.results_size() > 0) stream_->Write(answers);
  }
}

}  // namespace sluice::bench
