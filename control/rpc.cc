// SPDX-License-Identifier: Apache-2.0
#include "control/rpc.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "sluice/v1/control.pb.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::MethodDescriptor;

struct Contract {
  std::vector<Rpc> rpcs;
  std::vector<const Descriptor*> requests;  // of each

  Contract() {
    Add(*v1::SendRequest::descriptor()->file()->service(0));
    Add(*v1::ServeRequest::descriptor()->file()->service(0));
  }
  void Add(const google::protobuf::ServiceDescriptor& service) {
    for (int i = 0; i < service.method_count(); ++i) {
      const MethodDescriptor& method = *service.method(i);
      rpcs.push_back(
          {rpcs.size(), method.name(), method.client_streaming() || method.server_streaming()});
      requests.push_back(method.input_type());
    }
  }
};

const Contract& TheContract() {
  static const Contract contract;
  return contract;
}

}  // namespace

absl::Span<const Rpc> Rpcs() { return TheContract().rpcs; }

const Rpc& RpcOf(const Descriptor* request) {
  const Contract& contract = TheContract();
  auto found = std::find(contract.requests.begin(), contract.requests.end(), request);
  assert(found != contract.requests.end());
  return contract.rpcs[static_cast<size_t>(found - contract.requests.begin())];
}

}  // namespace sluice::control
