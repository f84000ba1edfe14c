// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/delivery.h"

#include <memory>
#include <utility>

#include "gateway/hub/bounds.h"
#include "gateway/hub/closer.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/guards.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/session.h"

namespace sluice::hub {
namespace {

const NamespacePolicy::Delivery& PolicyOf(const Session& session) {
  return session.space->policy.delivery;
}

}  // namespace

// --- The rule ------------------------------------------------------------------------------------

bool Delivery::Fits(const Session& session, size_t text) {
  return text + kFrameHeaderMax <= PolicyOf(session).outbox_bytes;
}

bool Delivery::HasRoom(const Session& session, Queue queue, size_t bytes) {
  const NamespacePolicy::Delivery& policy = PolicyOf(session);
  if (queue == Queue::kOutbox) {
    return session.socket->outbox().size() + bytes <= policy.outbox_bytes;
  }
  static const Undecided none;
  const Undecided& undecided = session.undecided ? *session.undecided : none;
  if (policy.guard_queue > 0 && undecided.publications.size() >= policy.guard_queue) return false;
  // What was allowed to be said finds room in an empty queue.
  return undecided.bytes + bytes <= policy.guard_queue_bytes;
}

// Room is judged by what the socket does not take: whoever reads is not slow because much was said
// in one turn. What could never fit says nothing about the client.
Drop Delivery::Judge(Session& session, Queue queue, size_t bytes) {
  if (bytes > PolicyOf(session).outbox_bytes) return DropReason::kTooLarge;
  if (HasRoom(session, queue, bytes)) return std::nullopt;
  if (queue == Queue::kOutbox) session.socket->outbox().Relieve();
  if (HasRoom(session, queue, bytes)) return std::nullopt;
  return DropReason::kSlowConsumer;
}

Drop Delivery::Admit(Session& session, Queue queue, size_t bytes, Now now) {
  Drop drop = Judge(session, queue, bytes);
  if (drop == DropReason::kSlowConsumer) {
    closer_.Close(session, CloseCause::kSlowConsumer, {}, now);
  }
  return Count(drop);
}

Drop Delivery::Count(Drop drop) {
  if (drop) probe_.drops[static_cast<size_t>(*drop)].Add();
  return drop;
}

// --- Ready ---------------------------------------------------------------------------------------

Drop Delivery::Say(Session& session, std::string_view text, Now now) {
  if (Drop drop = Admit(session, Queue::kOutbox, text.size() + kFrameHeaderMax, now)) return drop;
  AppendText(session, text);
  return std::nullopt;
}

Drop Delivery::SayFarewell(Session& session, std::string_view text) {
  Drop drop = Count(Judge(session, Queue::kOutbox, text.size() + kFrameHeaderMax));
  if (!drop) AppendText(session, text);
  return drop;
}

void Delivery::AppendText(Session& session, std::string_view text) {
  session.socket->outbox().AppendFrame(MessageClass::kAnswer, session.dialect->traits().binary,
                                       text);
  probe_.messages_out[session.dialect->id()].Add();
}

Drop Delivery::Send(Session& session, const Message& message, Now now) {
  const SharedFrame& frame = message.FrameFor(*session.dialect);
  return frame ? Append(session, MessageClass::kEvent, frame, now) : DropReason::kUnsupported;
}

Drop Delivery::SendFrame(Session& session, const SharedFrame& frame, Now now) {
  return Append(session, MessageClass::kEvent, frame, now);
}

Drop Delivery::Append(Session& session, MessageClass what, const SharedFrame& frame, Now now) {
  Outbox& outbox = session.socket->outbox();
  // As almost always; what could never fit does not fit either.
  const bool fits = outbox.size() + frame->size() <= PolicyOf(session).outbox_bytes;
  if (!fits) {
    if (Drop drop = Admit(session, Queue::kOutbox, frame->size(), now)) return drop;
  }
  outbox.Append(what, frame);
  probe_.outbox_depth_bytes.Observe(static_cast<double>(outbox.size()));
  probe_.messages_out[session.dialect->id()].Add();
  return std::nullopt;
}

// --- Publications --------------------------------------------------------------------------------

Drop Delivery::Publish(Session& session, const SharedMessage& message, Now now) {
  const SharedFrame& frame = message->FrameFor(*session.dialect);
  if (!frame) return DropReason::kUnsupported;
  if (!session.space->offers.FindGuard(GuardAction::kPublishOut)) {
    return Append(session, MessageClass::kPublication, frame, now);
  }
  if (Drop drop = Admit(session, Queue::kUndecided, frame->size(), now)) return drop;
  const size_t bytes = frame->size() + kQueuedCost;
  const bool first = !session.undecided;
  if (first) session.undecided = std::make_unique<Undecided>();
  session.undecided->publications.push_back({message, bytes});
  session.undecided->bytes += bytes;
  if (first) AskAboutFirst(session, now);
  return std::nullopt;
}

void Delivery::AskAboutFirst(Session& session, Now now) {
  while (session.open() && session.undecided) {
    const Message& message = *session.undecided->publications.front().message;
    if (!IsMember(session, message.event())) {  // it has left meanwhile
      TakeFirst(session);
      continue;
    }
    Decision decision =
        guards_.Ask(session, GuardAction::kPublishOut, message.event(), message.body(), now);
    if (decision.asked()) return;
    PassFirst(session, decision, now);
  }
}

void Delivery::OnVerdict(Session& session, const Decision& decision, bool stale, Now now) {
  if (!stale) PassFirst(session, decision, now);
  AskAboutFirst(session, now);
}

void Delivery::PassFirst(Session& session, const Decision& decision, Now now) {
  SharedMessage message = TakeFirst(session);
  if (decision.blocked()) return;                    // silently: that is what it is for
  if (!IsMember(session, message->event())) return;  // it has left meanwhile
  if (decision.replacement.kind != Payload::Kind::kNone) {
    message = std::make_shared<const Message>(message->event(), decision.replacement, encodings_,
                                              /*publication=*/true);
  }
  const SharedFrame& frame = message->FrameFor(*session.dialect);
  if (frame) Append(session, MessageClass::kPublication, frame, now);
}

SharedMessage Delivery::TakeFirst(Session& session) {
  Undecided& undecided = *session.undecided;
  UndecidedPublication first = std::move(undecided.publications.front());
  undecided.publications.pop_front();
  undecided.bytes -= first.bytes;
  if (undecided.publications.empty()) session.undecided.reset();
  return std::move(first.message);
}

}  // namespace sluice::hub
