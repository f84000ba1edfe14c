// SPDX-License-Identifier: Apache-2.0
//
// SetAuthToken: signs once, hands out, and waits for confirmations if it is asked to. A verb as in
// outcomes.h.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "control/done.h"
#include "control/node.h"
#include "control/parts.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/tokens.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class SetAuthTokenVerb {
 public:
  using Request = v1::SetAuthTokenRequest;
  using Response = v1::SetAuthTokenResponse;

  static absl::StatusOr<SetAuthTokenVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request& request, Parts<Response> parts);

 private:
  hub::Selector selector_;
  hub::Token token_;
  std::optional<absl::Duration> confirm_within_;
};

}  // namespace sluice::control
