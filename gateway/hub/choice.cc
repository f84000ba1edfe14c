// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/choice.h"

#include <algorithm>
#include <tuple>

#include "absl/container/inlined_vector.h"
#include "gateway/hub/methods.h"

namespace sluice::hub {
namespace {

bool TryReserveOffer(const Offer& offer) {
  if (!EnterOffer(offer)) return false;
  if (offer.link->TryReserve()) return true;
  offer.in_flight->fetch_sub(1, std::memory_order_relaxed);
  return false;
}

Reservation TryProbe(const SharedOffer& offer, Instant now) {
  WorkerHealth& health = offer->link->health();
  if (!health.TakeProbe(now)) return {};
  if (TryReserveOffer(*offer)) return {offer, true};
  health.ReturnProbe();
  return {};
}

// An offer as a candidate: those that come first are tried first.
struct Candidacy {
  bool ejected;
  bool elsewhere;
  int64_t load;
  size_t turn;
  size_t index;
  bool operator<(const Candidacy& other) const {
    return std::tie(ejected, elsewhere, load, turn) <
           std::tie(other.ejected, other.elsewhere, other.load, other.turn);
  }
};

}  // namespace

Reservation ReserveOffer(Endpoint& endpoint, Instant now) {
  const auto& offers = endpoint.offers;
  absl::InlinedVector<Candidacy, 8> order;
  for (size_t i = 0; i < offers.size(); ++i) {
    WorkerLink& link = *offers[i]->link;
    const bool ejected = link.health().ejected();
    if (ejected) {
      if (Reservation probe = TryProbe(offers[i], now); probe.offer) return probe;
    }
    size_t turn = (i + offers.size() - endpoint.next % offers.size()) % offers.size();
    order.push_back(
        {ejected, offers[i]->elsewhere, link.outstanding() + link.health().timeouts(), turn, i});
  }
  std::sort(order.begin(), order.end());
  for (const Candidacy& candidate : order) {
    if (candidate.ejected && !order.front().ejected) break;
    if (!TryReserveOffer(*offers[candidate.index])) continue;
    endpoint.next = candidate.index + 1;
    return {offers[candidate.index]};
  }
  return {};
}

bool EnterOffer(const Offer& offer) {
  uint32_t before = offer.in_flight->fetch_add(1, std::memory_order_relaxed);
  if (offer.in_flight_max == 0 || before < offer.in_flight_max) return true;
  offer.in_flight->fetch_sub(1, std::memory_order_relaxed);
  return false;
}

bool ReleaseOffer(const Offer& offer) {
  uint32_t before = offer.in_flight->fetch_sub(1, std::memory_order_relaxed);
  return offer.in_flight_max > 0 && before >= offer.in_flight_max;
}

}  // namespace sluice::hub
