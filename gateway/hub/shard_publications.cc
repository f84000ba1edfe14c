// SPDX-License-Identifier: Apache-2.0
//
// What clients say to one another: publications in channels, and relays to everybody else.
#include <utility>

#include "gateway/hub/shard_impl.h"
#include "gateway/hub/shard_set.h"

namespace sluice::hub {

// The publisher's own shard first, so that it hears itself before its answer.
void Shard::Impl::PublishIn(Session& session, const Correlation& correlation, Key batch,
                            hub::Publish verb, Now now) {
  if (tap.wanted()) {
    tap.OnPublication({session.space_name, verb.channel, verb.data, session.id, session.user});
  }
  auto message = std::make_shared<const Message>(verb.channel, std::move(verb.data), encodings,
                                                 /*publication=*/true);
  SessionKey key = session.key;
  std::string space = session.space_name;
  ForEveryShard([message, space](Shard& shard, Now at) { shard.Publish(space, message, at); }, now);
  if (Session* publisher = OpenSession(key)) {
    Succeed(*publisher, correlation, batch, Payload::None(), now);
  }
}

void Shard::Impl::RelayToOthers(Session& session, const Relay& relay, Now now) {
  session.liveness.Renew(now);
  Payload body = session.dialect->RelayBody(relay, session.id);
  auto message = std::make_shared<const Message>(relay.event, std::move(body), encodings);
  Selector others;
  others.space = session.space_name;
  others.except_connections = {session.id};
  ForEveryShard(
      [message, others](Shard& shard, Now at) { shard.Send(others, *message, std::nullopt, at); },
      now);
}

Outcome Shard::Publish(const std::string& space, const SharedMessage& message, Now now) {
  Selector members;
  members.space = space;
  members.channels = {message->event()};
  bool guarded = impl_->methods.FindGuard(space, GuardAction::kPublishOut) != nullptr;
  Outcome outcome;
  impl_->directory.ForEach(members, nullptr, [&](Session& session) {
    ++outcome.matched;
    const SharedFrame& frame = message->FrameFor(*session.dialect);
    if (!frame) return outcome.Drop(DropReason::kUnsupported);
    bool taken = guarded ? impl_->AskBeforeDelivery(session, message, now)
                         : impl_->DeliverFrame(session, frame, now);
    taken ? static_cast<void>(++outcome.enqueued) : outcome.Drop(DropReason::kSlowConsumer);
  });
  return outcome;
}

}  // namespace sluice::hub
