// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/sequences.h"

namespace sluice::storage::redis {

Place OutgoingSequences::Next(const std::string& channel) {
  Place place{.sequence = ++sequence_};
  if (auto found = recent_.find(channel); found != recent_.end()) {
    place.previous = std::exchange(found->second, place.sequence);
    return place;
  }
  if (auto found = before_.find(channel); found != before_.end()) {
    place.previous = found->second;
    before_.erase(found);
  }
  if (recent_.size() >= channels_min_) before_ = std::exchange(recent_, {});
  recent_.emplace(channel, place.sequence);
  return place;
}

IncomingSequences::Verdict IncomingSequences::Take(const std::string& channel,
                                                   const Incarnation& sender, Place place) {
  if (retired_.contains(sender)) return Verdict::kOld;
  auto& lasts = channels_[channel];
  auto found = lasts.find(sender);
  if (found == lasts.end()) {
    // Nobody has so many nodes: some are of the past, and were never seen to go.
    if (lasts.size() >= kSendersMax) lasts.erase(lasts.begin());
    lasts.emplace(sender, place.sequence);
    return Verdict::kNext;
  }
  if (place.sequence <= found->second) return Verdict::kReplayed;
  const bool gap = place.previous > found->second;
  found->second = place.sequence;
  return gap ? Verdict::kAfterGap : Verdict::kNext;
}

void IncomingSequences::Retire(const Incarnation& sender) {
  for (auto& [channel, lasts] : channels_) lasts.erase(sender);
  if (!retired_.insert(sender).second) return;
  retirements_.push_back(sender);
  if (retirements_.size() <= kSendersMax) return;
  retired_.erase(retirements_.front());
  retirements_.pop_front();
}

void IncomingSequences::Restore(const Incarnation& sender) {
  if (retired_.erase(sender) > 0) std::erase(retirements_, sender);
}

}  // namespace sluice::storage::redis
