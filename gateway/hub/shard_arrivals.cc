// SPDX-License-Identifier: Apache-2.0
//
// A connection comes, is admitted, claims its id, and opens; keeps alive; and leaves.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "gateway/hub/frame.h"
#include "gateway/hub/shard_impl.h"
#include "gateway/hub/shard_set.h"

namespace sluice::hub {

// --- Coming --------------------------------------------------------------------------------------

SessionKey Shard::Impl::Open(Arrival arrival, Socket& socket, Time now) {
  if (arrival.id.empty()) arrival.id = NewId();
  Session& session = sessions.Emplace(std::move(arrival), socket, now);
  Admit(session, now);
  return session.key;
}

// A random UUID (RFC 9562, version 4).
std::string Shard::Impl::NewId() {
  uint64_t high = absl::Uniform<uint64_t>(random);
  uint64_t low = absl::Uniform<uint64_t>(random);
  high = (high & ~uint64_t{0xf000}) | 0x4000;
  low = (low & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, high >> 16 & 0xffff,
                         high & 0xffff, low >> 48, low & 0xffffffffffff);
}

// Where admission was ever asked for, nobody comes in unasked.
void Shard::Impl::Admit(Session& session, Time now) {
  Endpoint* endpoint = methods.Find(session.space_name, Role::kAdmission, {});
  const auto& required = options.admission_required;
  bool must_ask = endpoint || std::any_of(required.begin(), required.end(), [&](const auto& name) {
                    return name == "*" || name == session.space_name;
                  });
  if (!must_ask) return Claim(session, now);
  PendingCall* call = nullptr;
  if (endpoint && !endpoint->offers.empty()) {
    call = calls.Begin(session.key, *endpoint, Role::kAdmission, {}, {}, {},
                       options.admission_timeout, now);
  }
  if (!call) return CloseSession(session, CloseCause::kAdmissionDown, {}, now);
  session.calls.push_back(call->key);
}

void Shard::Impl::OnAdmission(Session& session, WorkerResult result, Time now) {
  probe.admission_seconds.Observe(absl::ToDoubleSeconds(now - session.connected_at));
  if (auto* reject = std::get_if<Reject>(&result)) {
    return CloseSession(session, CloseCause::kRejected, {reject->code, std::move(reject->reason)},
                        now);
  }
  if (auto* error = std::get_if<CallError>(&result)) {
    bool said = error->fault == Fault::kApplication;
    std::string reason = said ? error->message.substr(0, kCloseReasonMax) : "";
    return CloseSession(session, said ? CloseCause::kRejected : CloseCause::kAdmissionDown,
                        {0, std::move(reason)}, now);
  }
  if (auto* accept = std::get_if<Accept>(&result)) {
    session.authenticated = true;
    if (!accept->id.empty()) session.id = accept->id;
    session.user = accept->user;
    SetLabels(session, accept->labels);
    session.accepted = std::make_unique<Accept>(std::move(*accept));
  }
  Claim(session, now);
}

storage::PresenceRecord Shard::Impl::RecordOf(const Session& session) const {
  return {{session.space_name, session.id},
          session.user,
          options.node,
          session.key.value,
          session.connected_at,
          {}};
}

void Shard::Impl::Claim(Session& session, Time) {
  storage::PresenceRecord record = RecordOf(session);
  presence.TryClaim(record, options.id_policy, self,
                    [this, record](absl::StatusOr<storage::Claim> claim, Time now) {
                      if (!claim.ok()) {
                        probe.presence_failures.Add();
                        return OnClaimRefused(record, CloseCause::kAdmissionDown, now);
                      }
                      if (claim->result == storage::Claim::Result::kHeld) {
                        return OnClaimRefused(record, CloseCause::kIdTaken, now);
                      }
                      OnClaimed(record, *claim, now);
                    });
}

Session* Shard::Impl::Arriving(SessionKey key) const {
  Session* session = sessions.Find(key);
  return session && session->state == Session::State::kArriving ? session : nullptr;
}

void Shard::Impl::OnClaimRefused(const storage::PresenceRecord& record, CloseCause cause,
                                 Time now) {
  if (Session* session = Arriving({record.session})) CloseSession(*session, cause, {}, now);
}

void Shard::Impl::OnClaimed(const storage::PresenceRecord& record, const storage::Claim& claim,
                            Time now) {
  SessionKey key{record.session};
  bool takes_over = claim.result == storage::Claim::Result::kTakenOver;
  if (takes_over) set.Displace(claim.holder, key);
  Session* session = Arriving(key);
  if (!session) {  // it left while its claim was under way
    presence.Release(record.key, record.node, record.session);
    if (takes_over) {
      events.push_back({ConnectionEvent::Type::kClosed,
                        now,
                        record.key.space,
                        record.key.id,
                        record.user,
                        {},
                        kVanishedCode,
                        {},
                        0});
    }
    return;
  }
  session->claimed = true;
  session->taking_over = takes_over;
  if (!takes_over) Enter(*session, {}, now);
}

void Shard::Impl::Enter(Session& session, std::vector<std::string> inherited, Time now) {
  session.state = Session::State::kOpen;
  session.last_seen = now;
  directory.Add(session);
  DialectId dialect = session.dialect->id();
  probe.connections[dialect].Add(1);
  probe.opened[dialect].Add();
  using Type = ConnectionEvent::Type;
  if (session.taking_over) probe.takeovers.Add();
  Emit(session.taking_over ? Type::kTakenOver : Type::kOpened, session, now);
  for (const std::string& channel : inherited) JoinChannel(session, channel, now);
  if (std::unique_ptr<Accept> accept = std::move(session.accepted)) {
    for (const std::string& channel : accept->channels) JoinChannel(session, channel, now);
    auto first = accept->event.empty()
                     ? std::nullopt
                     : session.dialect->EncodeEvent(accept->event, accept->payload);
    if (first && !Deliver(session, *first, now)) return;
  }
  if (options.ping_interval > absl::ZeroDuration()) {
    session.timer = timers.Schedule(now + options.ping_interval, Token(kKeepalive, session.key));
  }
  session.socket->Resume();
}

// --- Staying -------------------------------------------------------------------------------------

// One deadline a connection at any time: when it must have been heard of next.
void Shard::Impl::KeepAlive(Session& session, Time now) {
  Duration quiet = now - session.last_seen;
  if (quiet < options.ping_interval) {
    session.ping_outstanding = false;
    session.timer =
        timers.Schedule(session.last_seen + options.ping_interval, Token(kKeepalive, session.key));
    return;
  }
  if (session.ping_outstanding) {
    return CloseSession(session, CloseCause::kPongTimeout, {}, now);
  }
  session.ping_outstanding = true;
  session.socket->outbox().Append(kPingFrame);
  session.timer = timers.Schedule(now + options.pong_timeout, Token(kKeepalive, session.key));
}

// A third of the lease, so that two renewals may fail before presence does.
void Shard::Impl::RenewPresence(Time now) {
  if (now < next_renewal) return;
  bool first = next_renewal == absl::InfinitePast();
  next_renewal = now + options.presence_lease / 3;
  if (first || sessions.size() == 0) return;
  std::vector<storage::PresenceRecord> records;
  sessions.ForEach([&](Session& session) {
    if (session.claimed) records.push_back(RecordOf(session));
  });
  presence.Renew(std::move(records), self,
                 [this](absl::StatusOr<std::vector<storage::PresenceKey>> lost, Time) {
                   if (!lost.ok()) return probe.presence_failures.Add();
                   for (const storage::PresenceKey& key : *lost) {
                     if (Session* session = directory.Find(key.space, key.id)) Reclaim(*session);
                   }
                 });
}

// A lease was lost: this node was too slow to renew it, or the store forgot. Only if another holds
// the id by now must this one go.
void Shard::Impl::Reclaim(Session& session) {
  storage::PresenceRecord record = RecordOf(session);
  presence.TryClaim(record, storage::ClaimPolicy::kReject, self,
                    [this, record](absl::StatusOr<storage::Claim> claim, Time now) {
                      if (!claim.ok()) return probe.presence_failures.Add();
                      bool held = claim->result == storage::Claim::Result::kHeld;
                      Session* loser = OpenSession({record.session});
                      if (loser && held) CloseSession(*loser, CloseCause::kReplaced, {}, now);
                      if (loser || held) return;
                      presence.Release(record.key, record.node, record.session);
                    });
}

// --- Leaving -------------------------------------------------------------------------------------

void Shard::Impl::CloseSession(Session& session, CloseCause cause, CloseFrame frame, Time now) {
  if (session.state == Session::State::kClosing) return;
  CloseFrame standard = session.dialect->Close(cause);
  if (frame.code == 0) frame.code = standard.code;
  if (frame.reason.empty()) frame.reason = std::move(standard.reason);
  probe.closed_by_gateway[static_cast<size_t>(cause)].Add();
  bool replaced = cause == CloseCause::kReplaced;
  if (session.state == Session::State::kArriving) {
    Emit(ConnectionEvent::Type::kRefused, session, now, {}, frame);
  }
  Retire(session, frame, replaced, now);
  session.socket->Close(frame);
}

void Shard::Impl::Retire(Session& session, const CloseFrame& frame, bool replaced, Time now) {
  bool was_open = session.state == Session::State::kOpen;
  session.state = Session::State::kClosing;
  timers.Cancel(session.timer);
  for (CallKey call : session.calls) calls.Cancel(call);
  session.calls.clear();
  for (Key batch : session.batches) batches.Erase(batch);
  session.batches.clear();
  asks.Abandon(session);
  if (session.claimed && !replaced) {
    presence.Release({session.space_name, session.id}, options.node, session.key.value);
  }
  session.claimed = false;
  // An id that was taken over and given up before it opened has left as well.
  if (!replaced && (was_open || session.taking_over)) {
    Emit(ConnectionEvent::Type::kClosed, session, now, {}, frame);
  }
  if (!was_open) return;
  probe.connections[session.dialect->id()].Add(-1);
  directory.Remove(session);
}

void Shard::Impl::Closed(SessionKey key, const CloseFrame& frame, Time now) {
  Session* session = sessions.Find(key);
  if (!session) return;
  if (session->state != Session::State::kClosing) {
    probe.closed_by_peer.Add();
    Retire(*session, frame, false, now);
  }
  sessions.Erase(key);
}

void Shard::Impl::Emit(ConnectionEvent::Type type, const Session& session, Time now,
                       std::string_view channel, const CloseFrame& frame) {
  events.push_back({type, now, session.space_name, session.id, session.user, std::string(channel),
                    frame.code, frame.reason, 0});
}

// --- Taking an id over ---------------------------------------------------------------------------

std::vector<std::string> Shard::Displace(SessionKey key, Time now) {
  Session* session = impl_->sessions.Find(key);
  if (!session || session->state == Session::State::kClosing) return {};
  std::vector<std::string> channels;
  for (const Membership& place : session->channels) channels.push_back(place.group->name);
  impl_->CloseSession(*session, CloseCause::kReplaced, {}, now);
  return channels;
}

void Shard::Inherit(SessionKey key, std::vector<std::string> channels, Time now) {
  Session* session = impl_->sessions.Find(key);
  if (session && session->state == Session::State::kArriving) {
    impl_->Enter(*session, std::move(channels), now);
  }
}

}  // namespace sluice::hub
