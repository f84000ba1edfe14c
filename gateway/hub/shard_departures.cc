// SPDX-License-Identifier: Apache-2.0
//
// A connection stays alive, or not, and leaves.
#include <algorithm>
#include <utility>

#include "gateway/hub/shard_impl.h"

namespace sluice::hub {

using Type = ConnectionEvent::Type;

// --- Staying -------------------------------------------------------------------------------------

void Shard::Impl::ScheduleLiveness(Session& session) {
  session.timer = timers.Schedule(session.liveness.Next(session.dialect->liveness()),
                                  TimerToken(kSession, session.key));
}

// The next ping may be due before the answer to the last one would have been.
void Shard::Impl::Heard(Session& session, Now now) {
  if (session.probed) EndIdProbe(session, true);
  if (!session.liveness.Heard(now) || session.state != Session::State::kOpen) return;
  timers.Cancel(session.timer);
  ScheduleLiveness(session);
}

void Shard::Impl::OnSessionTimer(Session& session, Now now) {
  if (session.state == Session::State::kGreeting) {
    return CloseSession(session, CloseCause::kHandshakeTimeout, {}, now);
  }
  if (session.state != Session::State::kOpen) return;
  const LivenessRule& rule = session.dialect->liveness();
  if (Silenced(session)) {  // what it says is not read, so its silence means nothing
    session.liveness.Heard(now);
    session.liveness.Renew(now);
  }
  switch (
      session.liveness.Check(rule, session.socket->flow(), options.alive_bytes_per_second, now)) {
    case Liveness::Action::kDead:
      return CloseSession(session, CloseCause::kPongTimeout, {}, now);
    case Liveness::Action::kExpired:
      return CloseSession(session, CloseCause::kExpired, {}, now);
    case Liveness::Action::kPing:
      session.socket->outbox().Append(rule.ping);
      break;
    case Liveness::Action::kNothing:
      break;
  }
  ScheduleLiveness(session);
}

// A third of the lease, so that two renewals may fail before presence does.
void Shard::Impl::RenewPresence(Now now) {
  if (now < next_renewal) return;
  bool first = next_renewal == Instant::Past();
  next_renewal = now + options.presence_lease / 3;
  if (first || sessions.size() == 0) return;
  std::vector<storage::PresenceRecord> records;
  sessions.ForEach([&](Session& session) {
    if (session.claimed) records.push_back(RecordOf(session));
  });
  presence.Renew(std::move(records), self,
                 [this](absl::StatusOr<std::vector<storage::PresenceRecord>> lost, Now) {
                   if (!lost.ok()) return probe.presence_failures.Add();
                   for (const storage::PresenceRecord& record : *lost) {
                     Session* session = OpenSession({record.session});
                     if (session) Reclaim(*session);
                   }
                 });
}

// A lease was lost: this node was too slow to renew it, or the store forgot. Only if another holds
// the id by now must this one go.
void Shard::Impl::Reclaim(Session& session) {
  storage::PresenceRecord record = RecordOf(session);
  presence.TryClaim(record, storage::ClaimPolicy::kReject, self,
                    [this, record](absl::StatusOr<storage::Claim> claim, Now now) {
                      if (!claim.ok()) return probe.presence_failures.Add();
                      bool held = claim->result == storage::Claim::Result::kHeld;
                      Session* loser = OpenSession({record.session});
                      if (loser && held) {
                        CloseSession(*loser, CloseCause::kReplaced, {}, now, Going::kLosesId);
                      }
                      if (loser || held) return;
                      presence.Release(record.key, record.node, record.session);
                    });
}

// --- Leaving -------------------------------------------------------------------------------------

void Shard::Impl::CloseSession(Session& session, CloseCause cause, CloseFrame frame, Now now,
                               Going going) {
  if (session.state == Session::State::kClosing) return;
  CloseFrame standard = session.dialect->Close(cause);
  if (frame.code == 0) frame.code = standard.code;
  if (frame.reason.empty()) frame.reason = std::move(standard.reason);
  probe.closed_by_gateway[static_cast<size_t>(cause)].Add();
  Agree(session);
  if (session.state != Session::State::kOpen) {
    Emit(Type::kRefused, session, now, {}, frame);
  } else if (auto farewell = session.dialect->EncodeFarewell(cause)) {
    session.socket->outbox().AppendFrame(session.dialect->binary(), *farewell);
  }
  Retire(session, frame, going, now);
  session.socket->Close(frame);
}

// An id that is still on its way to the session is given back when it comes (ComeInto).
void Shard::Impl::Retire(Session& session, const CloseFrame& frame, Going going, Now now) {
  bool was_open = session.state == Session::State::kOpen;
  session.state = Session::State::kClosing;
  timers.Cancel(session.timer);
  timers.Cancel(session.turn);
  timers.Cancel(session.token_timer);
  for (CallKey call : session.calls) calls.Cancel(call);
  session.calls.clear();
  for (Key batch : session.batches) batches.Erase(batch);
  session.batches.clear();
  session.inbox.clear();
  session.outbound.clear();
  session.outbound_bytes = 0;
  asks.Abandon(session);
  EndLeaving(session);
  if (session.claimed && going == Going::kLeaves) {
    releases.push_back({{session.space_name, session.id}, session.key});
  }
  session.claimed = false;
  if (was_open && going != Going::kDisplaced) {
    Emit(Type::kClosed, session, now, {}, frame);
    EmitLeft(session, ChannelsOf(session), {}, now);
  }
  EndIdProbe(session, false);
  if (!was_open) return;
  session.rechecks.clear();
  probe.connections[session.dialect->id()].Add(-1);
  if (session.dialect->shows_members()) UnseeMembers(session);
  directory.Remove(session);
}

void Shard::Impl::Closed(SessionKey key, const CloseFrame& frame, Now now) {
  Session* session = sessions.Find(key);
  if (!session) return;
  if (session->state != Session::State::kClosing) {
    probe.closed_by_peer.Add();
    bool opened = session->state == Session::State::kOpen;
    if (!opened) Emit(Type::kAborted, *session, now, {}, frame);
    Retire(*session, frame, Going::kLeaves, now);
  }
  sessions.Erase(key);
}

void Shard::Impl::Emit(Type type, const Session& session, Now now, std::string_view channel,
                       const CloseFrame& frame) {
  events.push_back({type,
                    now.date,
                    session.space_name,
                    session.id,
                    session.user,
                    std::string(channel),
                    frame.code,
                    frame.reason,
                    0,
                    {}});
}

// Of a close all channels are told at once, so that it costs no more than a few events.
void Shard::Impl::EmitLeft(const Session& session, std::vector<std::string> channels,
                           std::string_view why, Now now) {
  for (size_t next = 0; next < channels.size();) {
    size_t end = std::min(channels.size(), next + ConnectionEvent::kLeftMax);
    Emit(Type::kLeft, session, now, {}, {0, std::string(why)});
    auto& told = events.back().channels;
    for (; next < end; ++next) told.push_back(std::move(channels[next]));
  }
}

// Those as well from which it is out only while a guard is asked.
std::vector<std::string> Shard::Impl::ChannelsOf(const Session& session) {
  std::vector<std::string> channels;
  for (const Membership& place : session.channels) channels.push_back(place.group->name);
  for (const Recheck& recheck : session.rechecks) {
    if (!recheck.inside && !recheck.channel.empty()) channels.push_back(recheck.channel);
  }
  return channels;
}

void Shard::Impl::Flush() {
  if (!events.empty()) outlet.Publish(std::exchange(events, {}));
  for (const auto& [name, session] : std::exchange(releases, {})) {
    presence.Release(name, options.node, session.value);
  }
}

}  // namespace sluice::hub
