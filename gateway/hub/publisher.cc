// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/publisher.h"

#include "gateway/hub/shard.h"

namespace sluice::hub {

void Publisher::FromClient(const SharedSaying& saying, uint32_t own) const {
  TellListeners(*saying);
  for (uint32_t i = 0; i < set_.size(); ++i) {
    if (i != own) Post(saying, i);
  }
  set_.elsewhere().Say(saying);
}

void Publisher::FromElsewhere(const SharedSaying& saying) const {
  TellListeners(*saying);
  for (uint32_t i = 0; i < set_.size(); ++i) Post(saying, i);
}

void Publisher::Post(const SharedSaying& saying, uint32_t shard) const {
  set_.Post(shard, [saying](Shard& s, Now now) { s.Deliver(*saying, now); });
}

void Publisher::FromBackend(SharedSaying saying,
                            absl::AnyInvocable<void(std::vector<Outcome>, Now)> done) const {
  TellListeners(*saying);
  set_.Gather(
      [saying = std::move(saying)](Shard& shard, Now now) { return shard.Deliver(*saying, now); },
      std::move(done));
}

// A relay is said in no channel.
void Publisher::TellListeners(const Saying& saying) const {
  if (saying.audience != Saying::Audience::kMembers || !tap_.wanted()) return;
  const Message& message = *saying.message;
  tap_.OnPublication(
      {saying.space, message.event(), message.body(), saying.connection, saying.user});
}

}  // namespace sluice::hub
