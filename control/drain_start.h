// SPDX-License-Identifier: Apache-2.0
//
// StartDrain on every node. First each selects, and says what matched. Then all are told what each
// has, and begin, each with its share of the pace (drain_shares.h).
#pragma once

#include "absl/time/time.h"
#include "control/cluster.h"
#include "control/done.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

// A node that refuses (DRAIN_ID_TAKEN, DRAINS_EXHAUSTED) refuses for all: nobody begins. `patience`
// is for each of the two steps. `cluster` outlives the call.
void StartDrain(Cluster& cluster, v1::StartDrainRequest request, absl::Duration patience,
                Done<v1::Drain> done);

}  // namespace sluice::control
