// SPDX-License-Identifier: Apache-2.0
//
// What the node that a Call was made on asks of the others (internal/v1/cluster.proto): to begin
// it, for the answers of their clients, and to forget it. Verbs as any (outcomes.h), but that
// nothing is merged: each node's answers are handed on as they come (cluster_call.h).
#pragma once

#include <utility>

#include "absl/time/time.h"
#include "control/done.h"
#include "control/node.h"
#include "sluice/internal/v1/cluster.pb.h"

namespace sluice::control {

class BeginCallVerb {
 public:
  using Request = internal::v1::BeginCallRequest;
  using Response = internal::v1::BeginCallResponse;

  static absl::StatusOr<BeginCallVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;

 private:
  explicit BeginCallVerb(Request request) : request_(std::move(request)) {}
  Request request_;
};

class FetchAnswersVerb {
 public:
  using Request = internal::v1::FetchAnswersRequest;
  using Response = internal::v1::FetchAnswersResponse;

  // INVALID_ARGUMENT: a wait of more than a minute.
  static absl::StatusOr<FetchAnswersVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;

 private:
  FetchAnswersVerb(Request request, absl::Duration wait)
      : request_(std::move(request)), wait_(wait) {}
  Request request_;
  absl::Duration wait_;
};

class ForgetCallVerb {
 public:
  using Request = internal::v1::ForgetCallRequest;
  using Response = internal::v1::ForgetCallResponse;

  static absl::StatusOr<ForgetCallVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;

 private:
  explicit ForgetCallVerb(Request request) : request_(std::move(request)) {}
  Request request_;
};

}  // namespace sluice::control
