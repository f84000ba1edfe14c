// SPDX-License-Identifier: Apache-2.0
//
// The verbs that look at connections. Their shape is said in outcomes.h.
#pragma once

#include <string>
#include <utility>

#include "control/done.h"
#include "control/node.h"
#include "control/page.h"
#include "control/parts.h"
#include "gateway/hub/selector.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class CountConnectionsVerb {
 public:
  using Request = v1::CountConnectionsRequest;
  using Response = v1::CountConnectionsResponse;

  static absl::StatusOr<CountConnectionsVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  explicit CountConnectionsVerb(hub::Selector selector) : selector_(std::move(selector)) {}
  hub::Selector selector_;
};

class ListConnectionsVerb {
 public:
  using Request = v1::ListConnectionsRequest;
  using Response = v1::ListConnectionsResponse;

  static absl::StatusOr<ListConnectionsVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  hub::Selector selector_;
  Page page_;
  uint64_t fingerprint_ = 0;
};

class GetConnectionVerb {
 public:
  using Request = v1::GetConnectionRequest;
  using Response = v1::Connection;

  static absl::StatusOr<GetConnectionVerb> Make(const Node& node, const Request& request);
  // NOT_FOUND CONNECTION_NOT_FOUND.
  void Run(const Node& node, Done<Response> done) &&;
  // UNAVAILABLE NODES_UNREACHABLE if it may be on a node that did not answer.
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  explicit GetConnectionVerb(hub::Selector selector) : selector_(std::move(selector)) {}
  hub::Selector selector_;
};

}  // namespace sluice::control
