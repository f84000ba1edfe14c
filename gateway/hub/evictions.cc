// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/evictions.h"

#include <algorithm>
#include <utility>

#include "gateway/hub/advice.h"
#include "gateway/hub/closer.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/keepalive.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/sessions.h"
#include "storage/executor.h"

namespace sluice::hub {
namespace {

// Nothing is under way: no call, no guard's decision, no answer that it owes. A batch that is not
// answered waits for one of these.
bool AtRest(const Session& session) {
  return session.under_way.calls.empty() && session.inbox.commands.empty() &&
         session.under_way.owed() == 0;
}

}  // namespace

void Evictions::Drain(absl::Span<const SessionKey> keys, const SharedDrainOrder& order, Now now) {
  DrainParted at_once;
  for (SessionKey key : keys) {
    Session* session = sessions_.Find(key);
    if (!session || session->state == Session::State::kClosing) {
      ++at_once.gone;
    } else if (session->open() && !AtRest(*session) && order->grace > absl::ZeroDuration()) {
      Begin(*session, order, now);
    } else {
      Close(*session, *order, now);
      ++at_once.closed;
    }
  }
  if (at_once.closed + at_once.gone > 0) order->parted(at_once);
}

void Evictions::Spare(const SharedDrainOrder& order, Now now) {
  if (probe_.leaving.value() == 0) return;
  DrainParted parted;
  sessions_.ForEach([&](Session& session) {
    if (session.leaving && Stop(session, order, now)) ++parted.spared;
  });
  if (parted.spared > 0) order->parted(parted);
}

// Of several drains, the one whose grace ends first decides.
void Evictions::Begin(Session& session, const SharedDrainOrder& order, Now now) {
  if (!session.leaving) {
    session.leaving = std::make_unique<Leaving>();
    probe_.leaving.Add(1);
  }
  session.leaving->drains.push_back({order, std::min(now.steady + order->grace, order->latest)});
  ScheduleGrace(session);
}

void Evictions::ScheduleGrace(Session& session) {
  Leaving& leaving = *session.leaving;
  deadlines_.Cancel(leaving.timer);
  Instant earliest = Instant::Future();
  for (const auto& drain : leaving.drains) earliest = std::min(earliest, drain.ends);
  leaving.timer = deadlines_.Schedule(Deadlines::Kind::kGrace, session.key, earliest);
}

// False if that drain does not want the connection. If no other does, it is read again.
bool Evictions::Stop(Session& session, const SharedDrainOrder& order, Now now) {
  auto is_it = [&](const Leaving::Wanted& drain) { return drain.order == order; };
  if (std::erase_if(session.leaving->drains, is_it) == 0) return false;
  if (!session.leaving->drains.empty()) {
    ScheduleGrace(session);
    return true;
  }
  deadlines_.Cancel(session.leaving->timer);
  session.leaving.reset();
  probe_.leaving.Add(-1);
  keepalive_.Heard(session, now);
  if (session.Reading()) session.socket->Resume();
  return true;
}

// Later, because whoever noticed it may still be about to begin what comes next.
void Evictions::OnFinished(const Session& session) {
  if (!session.leaving) return;
  self_.Post([this, key = session.key](Now now) {
    Session* left = sessions_.FindOpen(key);
    if (left && left->leaving && AtRest(*left)) Part(*left, now);
  });
}

void Evictions::OnDeadline(SessionKey key, Now now) {
  Session* session = sessions_.FindOpen(key);
  if (!session || !session->leaving) return;
  probe_.graces_expired.Add();
  Part(*session, now);
}

// Closed by the drain whose grace ends first; for the others it is gone.
void Evictions::Part(Session& session, Now now) {
  auto& drains = session.leaving->drains;
  auto first = std::min_element(drains.begin(), drains.end(),
                                [](const auto& a, const auto& b) { return a.ends < b.ends; });
  SharedDrainOrder order = first->order;
  drains.erase(first);
  Close(session, *order, now);
  order->parted({.closed = 1});
}

void Evictions::Close(Session& session, const DrainOrder& order, Now now) {
  CloseFrame frame = order.frame;
  if (order.reconnect_window > absl::ZeroDuration()) {
    if (frame.reason.empty()) frame.reason = session.dialect->Close(order.cause).reason;
    frame.reason = Advise(frame.reason, order.reconnect_window * absl::Uniform(random_, 0.0, 1.0));
  }
  closer_.Close(session, order.cause, std::move(frame), now);
}

void Evictions::Forget(Session& session) {
  std::unique_ptr<Leaving> leaving = std::move(session.leaving);
  if (!leaving) return;
  deadlines_.Cancel(leaving->timer);
  probe_.leaving.Add(-1);
  for (const auto& drain : leaving->drains) drain.order->parted({.gone = 1});
}

}  // namespace sluice::hub
