// SPDX-License-Identifier: Apache-2.0
//
// A worker: serves clients of the namespace "default" until the gateway ends the stream.
//
//   worker [control address, 127.0.0.1:50051]
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "sluice/v1/workers.grpc.pb.h"

namespace {

using nlohmann::json;
namespace v1 = sluice::v1;

v1::ServeRequest Greeting() {
  v1::ServeRequest request;
  request.mutable_hello()->set_worker("example-cpp");
  request.mutable_hello()->set_credit(100);
  v1::Register& registration = *request.add_registers();
  registration.set_id(1);
  registration.set_namespace_("default");
  registration.add_methods()->set_name("multiply");
  v1::Method& whoami = *registration.add_methods();
  whoami.set_name("whose");
  whoami.set_access(v1::ACCESS_PROTECTED);
  registration.add_context(v1::CONTEXT_FIELD_USER);
  return request;
}

json Run(const std::string& method, const json& params, const v1::Context& context) {
  if (method == "multiply") return params.at(0).get<double>() * params.at(1).get<double>();
  return context.user();
}

// Every invocation is answered with exactly one result of the same id.
void Answer(const v1::Invocation& invocation, v1::InvocationResult& result) {
  result.set_id(invocation.id());
  try {
    const std::string& params = invocation.call().params().json();
    json value = Run(invocation.call().method(), params.empty() ? json() : json::parse(params),
                     invocation.context());
    result.mutable_result()->set_json(value.dump());
  } catch (const std::exception& error) {
    result.mutable_error()->set_name("Error");
    result.mutable_error()->set_message(error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  auto channel = grpc::CreateChannel(argc > 1 ? argv[1] : "127.0.0.1:50051",
                                     grpc::InsecureChannelCredentials());
  auto workers = v1::Workers::NewStub(channel);
  grpc::ClientContext context;
  auto stream = workers->Serve(&context);
  stream->Write(Greeting());

  v1::ServeResponse response;
  while (stream->Read(&response)) {
    for (const v1::Registered& registered : response.registered()) {
      bool refused = !registered.refused_reason().empty();
      std::cout << (refused ? registered.refused_message() : "registered") << std::endl;
    }
    // What came in one message is answered in one message.
    v1::ServeRequest answers;
    for (const v1::Invocation& invocation : response.invocations()) {
      Answer(invocation, *answers.add_results());
    }
    if (answers.results_size() > 0) stream->Write(answers);
  }
  grpc::Status status = stream->Finish();
  std::cout << "not serving: " << status.error_message() << std::endl;
  return status.ok() ? 0 : 1;
}
