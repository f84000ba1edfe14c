// SPDX-License-Identifier: Apache-2.0
//
// One shard's share of a drain. A connection whose turn has come leaves in three steps, each of
// which may be empty: while it owes answers to backends it is read as before; then nothing is read
// any more, and what is under way for it is finished; then it is closed. The grace bounds all that.
#include <algorithm>
#include <utility>

#include "gateway/hub/shard_impl.h"

namespace sluice::hub {
namespace {

// Nothing is under way: no call, no guard's decision, no answer that it owes. A batch that is not
// answered waits for one of these.
bool AtRest(const Session& session) {
  return session.calls.empty() && session.inbox.empty() && session.asks.empty();
}

}  // namespace

void Shard::Drain(absl::Span<const SessionKey> keys, const SharedDrainOrder& order, Now now) {
  DrainParted at_once;
  for (SessionKey key : keys) {
    Session* session = impl_->sessions.Find(key);
    if (!session || session->state == Session::State::kClosing) {
      ++at_once.gone;
    } else if (session->state == Session::State::kOpen && !AtRest(*session) &&
               order->grace > absl::ZeroDuration()) {
      impl_->BeginLeaving(*session, order, now);
    } else {
      impl_->CloseSession(*session, CloseCause::kDrain, order->frame, now);
      ++at_once.closed;
    }
  }
  if (at_once.closed + at_once.gone > 0) order->parted(at_once);
}

void Shard::Spare(const SharedDrainOrder& order, Now now) {
  if (impl_->probe.leaving.value() == 0) return;
  DrainParted parted;
  impl_->sessions.ForEach([&](Session& session) {
    if (session.leaving && impl_->StopLeaving(session, order, now)) ++parted.spared;
  });
  if (parted.spared > 0) order->parted(parted);
}

// Of several drains, the one whose grace ends first decides.
void Shard::Impl::BeginLeaving(Session& session, const SharedDrainOrder& order, Now now) {
  if (!session.leaving) {
    session.leaving = std::make_unique<Leaving>();
    probe.leaving.Add(1);
  }
  Leaving& leaving = *session.leaving;
  leaving.drains.push_back({order, std::min(now.steady + order->grace, order->latest)});
  ScheduleGrace(session);
}

void Shard::Impl::ScheduleGrace(Session& session) {
  timers.Cancel(session.leaving->timer);
  Instant earliest = Instant::Future();
  for (const auto& drain : session.leaving->drains) earliest = std::min(earliest, drain.ends);
  session.leaving->timer = timers.Schedule(earliest, TimerToken(kGrace, session.key));
}

// False if that drain does not want the connection. If no other does, it is read again.
bool Shard::Impl::StopLeaving(Session& session, const SharedDrainOrder& order, Now now) {
  auto is_it = [&](const Leaving::Wanted& drain) { return drain.order == order; };
  if (std::erase_if(session.leaving->drains, is_it) == 0) return false;
  if (!session.leaving->drains.empty()) {
    ScheduleGrace(session);
    return true;
  }
  timers.Cancel(session.leaving->timer);
  session.leaving.reset();
  probe.leaving.Add(-1);
  Heard(session, now);
  if (Reading(session)) session.socket->Resume();
  return true;
}

// Later, because whoever noticed it may still be about to begin what comes next.
void Shard::Impl::PartIfAtRest(const Session& session) {
  if (!session.leaving) return;
  self.Post([this, key = session.key](Now now) {
    Session* left = OpenSession(key);
    if (left && left->leaving && AtRest(*left)) Part(*left, now);
  });
}

void Shard::Impl::OnGraceOver(SessionKey key, Now now) {
  Session* session = OpenSession(key);
  if (!session || !session->leaving) return;
  session->leaving->timer = 0;
  probe.graces_expired.Add();
  Part(*session, now);
}

// Closed by the drain whose grace ends first; for the others it is gone.
void Shard::Impl::Part(Session& session, Now now) {
  auto& drains = session.leaving->drains;
  auto first = std::min_element(drains.begin(), drains.end(),
                                [](const auto& a, const auto& b) { return a.ends < b.ends; });
  SharedDrainOrder order = first->order;
  drains.erase(first);
  CloseSession(session, CloseCause::kDrain, order->frame, now);
  order->parted({.closed = 1});
}

// The connection closes, for whatever reason.
void Shard::Impl::EndLeaving(Session& session) {
  std::unique_ptr<Leaving> leaving = std::move(session.leaving);
  if (!leaving) return;
  timers.Cancel(leaving->timer);
  probe.leaving.Add(-1);
  for (const auto& drain : leaving->drains) drain.order->parted({.gone = 1});
}

}  // namespace sluice::hub
