// SPDX-License-Identifier: Apache-2.0
//
// The verbs that look at connections. Their shape is said in outcomes.h.
#pragma once

#include <string>
#include <utility>

#include "control/node.h"
#include "control/page.h"
#include "control/parts.h"
#include "gateway/hub/selector.h"
#include "sluice/internal/v1/cluster.pb.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class CountVerb {
 public:
  using Request = v1::CountConnectionsRequest;
  using Response = v1::CountConnectionsResponse;
  static constexpr internal::v1::Rpc kRpc = internal::v1::RPC_COUNT_CONNECTIONS;

  static absl::StatusOr<CountVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  explicit CountVerb(hub::Selector selector) : selector_(std::move(selector)) {}
  hub::Selector selector_;
};

class ListConnectionsVerb {
 public:
  using Request = v1::ListConnectionsRequest;
  using Response = v1::ListConnectionsResponse;
  static constexpr internal::v1::Rpc kRpc = internal::v1::RPC_LIST_CONNECTIONS;

  static absl::StatusOr<ListConnectionsVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  hub::Selector selector_;
  Page page_;
  uint64_t fingerprint_ = 0;
};

// GetConnection is a list of one.
absl::StatusOr<v1::ListConnectionsRequest> ToList(const v1::GetConnectionRequest& request);
// NOT_FOUND CONNECTION_NOT_FOUND; UNAVAILABLE NODES_UNREACHABLE if it may be on a node that did not
// answer.
absl::StatusOr<v1::Connection> FromList(v1::ListConnectionsResponse response);

}  // namespace sluice::control
