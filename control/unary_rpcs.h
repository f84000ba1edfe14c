// SPDX-License-Identifier: Apache-2.0
//
// The unary rpcs of Control, as one overload for each request. Apart from the service, so that what
// gRPC generates is compiled without the verbs, and the verbs without it.
#pragma once

#include "absl/time/time.h"
#include "control/rpc_answer.h"
#include "control/verb_names.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class Cluster;

// Runs the request, which passed the gate; `patience` is how long its caller waits at most.
#define SLUICE_OVERLOAD(Name, Response)                                                    \
  void RunRpc(Cluster& cluster, const v1::Name##Request& request, absl::Duration patience, \
              RpcAnswer<v1::Response> answer);
SLUICE_VERBS(SLUICE_OVERLOAD)
SLUICE_OVERLOAD(StartDrain, Drain)
#undef SLUICE_OVERLOAD

}  // namespace sluice::control
