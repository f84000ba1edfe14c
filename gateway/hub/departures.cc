// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/departures.h"

#include <utility>

#include "gateway/hub/answers.h"
#include "gateway/hub/conflicts.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/delivery.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/event_buffer.h"
#include "gateway/hub/evictions.h"
#include "gateway/hub/invoker.h"
#include "gateway/hub/members.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/requests.h"
#include "gateway/hub/sessions.h"

namespace sluice::hub {

using Type = ConnectionEvent::Type;

void Departures::Close(Session& session, CloseCause cause, CloseFrame frame, Going going, Now now) {
  if (session.state == Session::State::kClosing) return;
  CloseFrame standard = session.dialect->Close(cause);
  if (frame.code == 0) frame.code = standard.code;
  if (frame.reason.empty()) frame.reason = std::move(standard.reason);
  probe_.closed_by_gateway[static_cast<size_t>(cause)].Add();
  session.Agree();
  if (!session.open()) {
    events_.Emit(Type::kRefused, session, now, {}, frame);
  } else if (auto farewell = session.dialect->EncodeFarewell(cause)) {
    delivery_.SayFarewell(session, *farewell);
  }
  Retire(session, frame, going, now);
  session.socket->Close(frame);
}

void Departures::OnClosed(SessionKey key, const CloseFrame& frame, Now now) {
  Session* session = sessions_.Find(key);
  if (!session) return;
  if (session->state != Session::State::kClosing) {
    probe_.closed_by_peer.Add();
    if (!session->open()) events_.Emit(Type::kAborted, *session, now, {}, frame);
    Retire(*session, frame, Going::kLeaves, now);
  }
  sessions_.Erase(*session);
}

// An id that is still on its way to the session is given back when it comes (Successions::Inherit).
void Departures::Retire(Session& session, const CloseFrame& frame, Going going, Now now) {
  bool was_open = session.open();
  session.state = Session::State::kClosing;
  DropWhatWaits(session);
  // Whoever is displaced gives it back as well: its store may not have heard that another one has
  // it.
  if (session.who.claimed && going != Going::kLosesId) {
    events_.Release({session.space->name, session.who.id}, session.key);
  }
  session.who.claimed = false;
  if (was_open && going != Going::kDisplaced) {
    events_.Emit(Type::kClosed, session, now, {}, frame);
    events_.EmitLeft(session, ChannelsOf(session), {}, now);
  }
  holders_.conflicts.End(session, /*lives=*/false);
  if (!was_open) return;
  session.places.rechecks.clear();
  probe_.connections[session.dialect->id()].Add(-1);
  if (session.dialect->traits().shows_members) holders_.members.Unsee(session);
  Directory::Remove(session);
}

void Departures::DropWhatWaits(Session& session) {
  deadlines_.Cancel(session.life.timer);
  deadlines_.Cancel(session.life.end);
  deadlines_.Cancel(session.inbox.turn);
  deadlines_.Cancel(session.who.expiry);
  session.inbox.commands.clear();
  session.undecided.reset();
  holders_.invoker.CancelAll(session);
  holders_.answers.Forget(session);
  holders_.requests.Abandon(session);
  holders_.evictions.Forget(session);
}

}  // namespace sluice::hub
