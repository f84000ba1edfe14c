// SPDX-License-Identifier: Apache-2.0
//
// What every rpc passes first: is the node still open, does the caller have a token.
#pragma once

#include <google/protobuf/message_lite.h>
#include <grpcpp/server_context.h>

#include <atomic>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "control/probe.h"
#include "control/reports.h"
#include "control/tokens.h"

namespace sluice::control {

// Thread-safe.
class Gate {
 public:
  // `request_bytes`: what a request may have. `reports` may be null: nobody reads them.
  Gate(const Tokens& tokens, size_t request_bytes, ControlProbe& probe, CallerReports* reports)
      : tokens_(tokens), request_bytes_(request_bytes), probe_(probe), reports_(reports) {}

  // UNAVAILABLE SHUTTING_DOWN, UNAUTHENTICATED TOKEN_INVALID.
  absl::Status Admit(const grpc::CallbackServerContext& context) const;
  // The same, or RESOURCE_EXHAUSTED REQUEST_TOO_LARGE.
  absl::Status Admit(const grpc::CallbackServerContext& context,
                     const google::protobuf::MessageLite& request) const;

  void Close() { closed_ = true; }
  // New rpcs are UNAVAILABLE, OVERLOADED as long as this holds; those under way go on.
  void SetOverloaded(bool overloaded) { overloaded_ = overloaded; }

 private:
  bool HasToken(const grpc::CallbackServerContext& context) const;

  const Tokens& tokens_;
  const size_t request_bytes_;
  ControlProbe& probe_;
  CallerReports* const reports_;
  std::atomic<bool> closed_{false};
  std::atomic<bool> overloaded_{false};
};

// How long the caller still waits, at most `max`.
absl::Duration PatienceOf(const grpc::CallbackServerContext& context, absl::Duration max);

}  // namespace sluice::control
