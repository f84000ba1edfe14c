// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/publications.h"

#include <utility>
#include <vector>

#include "gateway/hub/answers.h"
#include "gateway/hub/bounds.h"
#include "gateway/hub/delivery.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/publisher.h"
#include "gateway/hub/session.h"

namespace sluice::hub {

using Audience = Saying::Audience;

// --- What clients say ----------------------------------------------------------------------------

void Publications::OnPublish(Session& session, const Question& question, Publish verb, Now now) {
  auto message = std::make_shared<const Message>(std::move(verb.channel), std::move(verb.data),
                                                 encodings_, /*publication=*/true);
  if (CannotBeSaid(session, *message)) {
    return answers_.Fail(session, question, Fault::kMessageTooLarge, now);
  }
  Say(session, std::move(message), Audience::kMembers, now);
  if (session.open()) answers_.Succeed(session, question, Payload::None(), now);
}

void Publications::OnRelay(Session& session, const Relay& verb, Now now) {
  Payload body = session.dialect->RelayBody(verb, session.who.id);
  Say(session, std::make_shared<const Message>(verb.event, std::move(body), encodings_),
      Audience::kOthers, now);
}

// The sender's own shard first, so that it hears itself before its answer.
void Publications::Say(Session& session, SharedMessage message, Audience audience, Now now) {
  auto saying = std::make_shared<const Saying>(
      Saying{session.space->name, std::move(message), session.who.id, session.who.user, audience});
  publisher_.FromClient(saying, shard_);
  Deliver(*saying, now);
}

// Whether nobody who speaks the sender's dialect could get it; the others are told as they can.
bool Publications::CannotBeSaid(const Session& session, const Message& message) const {
  const size_t bytes_max = session.space->policy.delivery.outbox_bytes;
  if (FrameBytesMax(message.body().bytes.size(), message.event().size()) <= bytes_max) {
    return false;  // as almost always
  }
  const SharedFrame& frame = message.FrameFor(*session.dialect);
  return frame && frame->size() > bytes_max;
}

// --- What clients hear ---------------------------------------------------------------------------

// The lists are copied: whoever is too slow is closed, and leaves them.
Outcome Publications::Deliver(const Saying& saying, Now now) {
  Outcome outcome;
  const Namespace* space = spaces_.Find(saying.space);
  if (!space) return outcome;
  auto count = [&](Drop drop) {
    ++outcome.matched;
    drop ? outcome.Drop(*drop) : static_cast<void>(++outcome.enqueued);
  };
  if (saying.audience == Audience::kMembers) {
    auto channel = space->channels.find(saying.message->event());
    if (channel == space->channels.end()) return outcome;
    const std::vector<Session*> members = channel->second->members;
    for (Session* member : members) count(delivery_.Publish(*member, saying.message, now));
    return outcome;
  }
  std::vector<Session*> others;
  for (const auto& [id, session] : space->by_id) {
    if (id != saying.connection) others.push_back(session);
  }
  for (Session* other : others) count(delivery_.Send(*other, *saying.message, now));
  return outcome;
}

}  // namespace sluice::hub
