// SPDX-License-Identifier: Apache-2.0
//
// The list of drains. Its shape is said in outcomes.h. A drain that spans nodes is one item, the
// sum of its parts.
#pragma once

#include "absl/status/statusor.h"
#include "control/done.h"
#include "control/node.h"
#include "control/page.h"
#include "control/parts.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class ListDrainsVerb {
 public:
  using Request = v1::ListDrainsRequest;
  using Response = v1::ListDrainsResponse;

  static absl::StatusOr<ListDrainsVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  Page page_;
  bool local_ = false;
};

}  // namespace sluice::control
