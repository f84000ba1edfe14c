// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/bus.h"

#include <utility>
#include <variant>

namespace sluice::storage::redis {

void Bus::Stop() {
  for (const auto& [channel, ear] : ears_) client_.Unsubscribe(channel);
  ears_.clear();
}

void Bus::Publish(const std::string& channel, Envelope envelope, Client::Published done) {
  const Place place = outgoing_.Next(channel);
  envelope.set_node(self_.node);
  envelope.set_epoch(self_.epoch);
  envelope.set_sequence(place.sequence);
  envelope.set_previous(place.previous);
  client_.Publish(channel, Seal(keys_, channel, std::move(envelope)), std::move(done));
}

void Bus::Listen(const std::string& channel, Listener listener) {
  ears_[channel].listener = std::make_shared<Listener>(std::move(listener));
  client_.Subscribe(
      channel,
      {.on_message = [this, channel](const std::string& bytes) { OnBytes(channel, bytes); },
       .on_confirmed = [this, channel] { OnConfirmed(channel); },
       .on_gap = [this, channel] { OnCut(channel); }});
}

void Bus::Unlisten(const std::string& channel) {
  client_.Unsubscribe(channel);
  ears_.erase(channel);
  incoming_.Forget(channel);
}

bool Bus::IsConfirmed(const std::string& channel) const {
  auto found = ears_.find(channel);
  return found != ears_.end() && found->second.confirmed;
}

void Bus::OnConfirmed(const std::string& channel) {
  auto found = ears_.find(channel);
  if (found == ears_.end()) return;
  found->second.confirmed = true;
  const std::shared_ptr<Listener> listener = found->second.listener;
  if (std::exchange(found->second.cut, false)) {
    probe_.cut.Add();
    listener->on_gap("");
  }
  listener->on_confirmed();
}

void Bus::OnCut(const std::string& channel) {
  auto found = ears_.find(channel);
  if (found == ears_.end()) return;
  found->second.confirmed = false;
  found->second.cut = true;
  const std::shared_ptr<Listener> listener = found->second.listener;
  listener->on_cut();
}

void Bus::OnBytes(const std::string& channel, const std::string& bytes) {
  auto opened = Open(keys_, channel, bytes);
  if (auto* drop = std::get_if<Drop>(&opened)) return Count(*drop);
  Judge(channel, std::move(std::get<Envelope>(opened)));
}

void Bus::Judge(const std::string& channel, Envelope envelope) {
  if (envelope.node() == self_.node) {
    // Our own words, as everybody hears them; or those of a process of our name before us.
    if (envelope.epoch() != self_.epoch) Count(Drop::kOld);
    return;
  }
  auto found = ears_.find(channel);
  if (found == ears_.end()) return;
  const std::shared_ptr<Listener> listener = found->second.listener;
  switch (incoming_.Take(channel, {envelope.node(), envelope.epoch()},
                         {envelope.sequence(), envelope.previous()})) {
    case IncomingSequences::Verdict::kReplayed:
      return Count(Drop::kReplayed);
    case IncomingSequences::Verdict::kOld:
      return Count(Drop::kOld);
    case IncomingSequences::Verdict::kAfterGap:
      probe_.missing.Add();
      listener->on_gap(envelope.node());
      break;
    case IncomingSequences::Verdict::kNext:
      break;
  }
  listener->on_envelope(std::move(envelope));
}

}  // namespace sluice::storage::redis
