// SPDX-License-Identifier: Apache-2.0
//
// What clients say to one another: publications in channels, and relays to everybody else.
#include <utility>

#include "gateway/hub/bounds.h"
#include "gateway/hub/shard_impl.h"
#include "gateway/hub/shard_set.h"

namespace sluice::hub {

// The publisher's own shard first, so that it hears itself before its answer.
void Shard::Impl::PublishIn(Session& session, const Correlation& correlation, Key batch,
                            hub::Publish verb, Now now) {
  auto message = std::make_shared<const Message>(verb.channel, std::move(verb.data), encodings,
                                                 /*publication=*/true);
  if (CannotBeSaid(session, *message)) {
    return Fail(session, correlation, batch, MakeError(Fault::kMessageTooLarge), now);
  }
  if (tap.wanted()) {
    tap.OnPublication(
        {session.space_name, message->event(), message->body(), session.id, session.user});
  }
  SessionKey key = session.key;
  std::string space = session.space_name;
  ForEveryShard([message, space](Shard& shard, Now at) { shard.Publish(space, message, at); }, now);
  if (Session* publisher = OpenSession(key)) {
    Succeed(*publisher, correlation, batch, Payload::None(), now);
  }
}

// Whether nobody who speaks the publisher's dialect could get it; the others are told as they can.
bool Shard::Impl::CannotBeSaid(const Session& session, const Message& message) const {
  if (FrameBytesMax(message.body().bytes.size(), message.event().size()) <= options.outbox_bytes) {
    return false;  // as almost always
  }
  const SharedFrame& frame = message.FrameFor(*session.dialect);
  return frame && frame->size() > options.outbox_bytes;
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
    auto drop = guarded ? impl_->AskBeforeDelivery(session, message, frame->size(), now)
                        : impl_->DeliverFrame(session, frame, now);
    drop ? outcome.Drop(*drop) : static_cast<void>(++outcome.enqueued);
  });
  return outcome;
}

}  // namespace sluice::hub
