// SPDX-License-Identifier: Apache-2.0
//
// A backend: sends news to everybody who subscribed to it, then says who is here.
//
//   backend [text] [control address, 127.0.0.1:50051]
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "sluice/v1/control.grpc.pb.h"

namespace v1 = sluice::v1;

int main(int argc, char** argv) {
  std::string text = argc > 1 ? argv[1] : "hello";
  auto channel = grpc::CreateChannel(argc > 2 ? argv[2] : "127.0.0.1:50051",
                                     grpc::InsecureChannelCredentials());
  auto control = v1::Control::NewStub(channel);

  v1::SendRequest send;
  send.mutable_selector()->set_namespace_("default");
  send.mutable_selector()->add_channels("news");
  send.mutable_message()->set_event("news");
  send.mutable_message()->mutable_body()->set_json(nlohmann::json::array({text}).dump());
  grpc::ClientContext send_context;
  v1::SendResponse sent;
  grpc::Status status = control->Send(&send_context, send, &sent);
  if (!status.ok()) {
    std::cerr << status.error_message() << std::endl;
    return 1;
  }
  std::cout << "sent to " << sent.outcome().enqueued() << " of " << sent.outcome().matched()
            << std::endl;

  v1::ListConnectionsRequest list;
  list.mutable_selector()->set_namespace_("default");
  grpc::ClientContext list_context;
  v1::ListConnectionsResponse found;
  status = control->ListConnections(&list_context, list, &found);
  if (!status.ok()) {
    std::cerr << status.error_message() << std::endl;
    return 1;
  }
  for (const v1::Connection& connection : found.connections()) {
    std::cout << connection.id() << " "
              << (connection.user().empty() ? "(nobody)" : connection.user()) << " "
              << connection.remote_address() << std::endl;
  }
  return 0;
}
