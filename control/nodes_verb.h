// SPDX-License-Identifier: Apache-2.0
//
// The verb that looks at the nodes themselves. Its shape is said in outcomes.h.
#pragma once

#include "control/done.h"
#include "control/node.h"
#include "control/parts.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class ListNodesVerb {
 public:
  using Request = v1::ListNodesRequest;
  using Response = v1::ListNodesResponse;

  static absl::StatusOr<ListNodesVerb> Make(const Node&, const Request&) { return ListNodesVerb(); }
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);
};

}  // namespace sluice::control
