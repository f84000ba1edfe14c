// SPDX-License-Identifier: Apache-2.0
//
// What a person should read about callers that were not let in.
#pragma once

#include <string>
#include <string_view>

namespace sluice::control {

// Thread-safe; called for each rpc, so whoever writes them down bounds how often.
class CallerReports {
 public:
  virtual ~CallerReports() = default;

  // `peer` as gRPC names it: "ipv4:192.0.2.1:5555". `what`: what was wrong with its token, which is
  // not part of it.
  virtual void TokenRefused(const std::string& peer, std::string_view what) = 0;
};

}  // namespace sluice::control
