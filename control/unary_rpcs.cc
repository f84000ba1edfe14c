// SPDX-License-Identifier: Apache-2.0
#include "control/unary_rpcs.h"

#include <utility>

#include "control/cluster.h"
#include "control/drain_start.h"
#include "control/verbs.h"

namespace sluice::control {

#define SLUICE_OVERLOAD(Name, Response)                                                    \
  void RunRpc(Cluster& cluster, const v1::Name##Request& request, absl::Duration patience, \
              RpcAnswer<v1::Response> answer) {                                            \
    cluster.Run<Name##Verb>(request, patience, std::move(answer));                         \
  }
SLUICE_VERBS(SLUICE_OVERLOAD)
#undef SLUICE_OVERLOAD

void RunRpc(Cluster& cluster, const v1::StartDrainRequest& request, absl::Duration patience,
            RpcAnswer<v1::Drain> answer) {
  StartDrain(cluster, request, patience, std::move(answer));
}

}  // namespace sluice::control
