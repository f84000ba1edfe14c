// SPDX-License-Identifier: Apache-2.0
//
// Which worker gets the next call of a method or role.
#pragma once

#include "gateway/hub/worker.h"
#include "storage/time.h"

namespace sluice::hub {

struct Endpoint;

struct Reservation {
  SharedOffer offer;   // null: there is none to be had now
  bool probe = false;  // the call tries whether an ejected worker is well again
};

// Takes one credit. A worker whose ejection is over is probed first; otherwise it is the one that
// has the least without a result (each latest time-out counts as one), in turn among equals. Free
// credit says only how much a worker would take: one that hangs has much of it. Those of other
// nodes get what this node's have no credit for. Workers that are ejected are passed over, unless
// all are: then none is worse than another.
Reservation ReserveOffer(Endpoint& endpoint, Instant now);

// Takes a place in the offer's own bound, which is shared by all shards; false: there is none.
bool EnterOffer(const Offer& offer);

// Gives the offer's own place back; the worker's credit is its link's business. True if others may
// have waited for it.
bool ReleaseOffer(const Offer& offer);

}  // namespace sluice::hub
