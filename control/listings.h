// SPDX-License-Identifier: Apache-2.0
//
// The verbs that list names: namespaces, channels, methods. Their shape is said in outcomes.h.
//
// Lists are sorted by name. Of each shard, and of each node, the first page of names behind the
// token is asked for; the first page of all of those is then complete, counts included.
#pragma once

#include <cstdint>
#include <string>

#include "control/done.h"
#include "control/node.h"
#include "control/page.h"
#include "control/parts.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class ListNamespacesVerb {
 public:
  using Request = v1::ListNamespacesRequest;
  using Response = v1::ListNamespacesResponse;

  static absl::StatusOr<ListNamespacesVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  Page page_;
};

class ListChannelsVerb {
 public:
  using Request = v1::ListChannelsRequest;
  using Response = v1::ListChannelsResponse;

  static absl::StatusOr<ListChannelsVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  std::string space_;
  Page page_;
  uint64_t fingerprint_ = 0;
};

// Every shard knows the same methods; one is asked.
class ListMethodsVerb {
 public:
  using Request = v1::ListMethodsRequest;
  using Response = v1::ListMethodsResponse;

  static absl::StatusOr<ListMethodsVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  std::string space_;
  Page page_;
};

}  // namespace sluice::control
