// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/successions.h"

#include <memory>
#include <utility>

#include "gateway/hub/closer.h"
#include "gateway/hub/conflicts.h"
#include "gateway/hub/event_buffer.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/neighbours.h"
#include "gateway/hub/presence_records.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/sessions.h"

namespace sluice::hub {

Successions::Successions(Sessions& sessions, const Neighbours& neighbours, PresenceRecords& records,
                         Conflicts& conflicts, Newcomers& newcomers, Heirs& heirs, Closer& closer,
                         EventBuffer& events, storage::Presence& presence, storage::Executor& self,
                         ShardProbe& probe)
    : sessions_(sessions),
      neighbours_(neighbours),
      records_(records),
      conflicts_(conflicts),
      newcomers_(newcomers),
      heirs_(heirs),
      closer_(closer),
      events_(events),
      presence_(presence),
      self_(self),
      probe_(probe) {}

Successions::~Successions() = default;

using Type = ConnectionEvent::Type;

// --- Claiming ------------------------------------------------------------------------------------

void Successions::Claim(Session& session) {
  if (events_.releases_any()) events_.Flush();  // ids that were given up here are free
  storage::PresenceRecord record = records_.RecordOf(session);
  waiting_.emplace(session.key, Succession{record.key});
  presence_.TryClaim(record, session.space->policy.arrival.id_policy, self_,
                     [this, record](absl::StatusOr<storage::Claim> claim, Now now) {
                       OnClaimed(record, std::move(claim), now);
                     });
}

void Successions::OnClaimed(const storage::PresenceRecord& record,
                            absl::StatusOr<storage::Claim> claim, Now now) {
  SessionKey key{record.session};
  using Result = storage::Claim::Result;
  if (claim.ok() && claim->result == Result::kTakenOver)
    return neighbours_.Displace(claim->holder, key);
  if (claim.ok() && claim->result == Result::kNew) return Inherit(key, {}, now);
  if (!claim.ok()) {
    probe_.presence_failures.Add();
    const Session* session = UnclaimedArrival(key);
    const Session* keeper = session ? KeeperHere(*session) : nullptr;
    if (keeper) {
      claim = storage::Claim{Result::kHeld, records_.RecordOf(*keeper)};
    } else if (session) {
      presence_.Keep(record, session->space->policy.arrival.id_policy);
      return Inherit(key, {}, now);
    }
  }
  Succession succession = Take(key);
  if (succession.heir) PassOn(std::move(succession.heir), {});
  Session* session = sessions_.FindArriving(key);
  if (!session) return;
  if (claim.ok()) return conflicts_.OnHeld(*session, claim->holder, now);
  newcomers_.TurnAway(*session, CloseCause::kAdmissionDown, now);
}

// One that comes in although nobody can say now whose its id is: presence claims it as soon as it
// can, and if another one has it by then, the session is told.
const Session* Successions::UnclaimedArrival(SessionKey key) const {
  const Session* session = sessions_.FindArriving(key);
  return session && session->space->policy.arrival.unclaimed ? session : nullptr;
}

// Who has its id on this shard, and will keep it when presence is asked.
const Session* Successions::KeeperHere(const Session& newcomer) const {
  const auto& by_id = newcomer.space->by_id;
  const auto found = by_id.find(newcomer.who.id);
  if (found == by_id.end()) return nullptr;
  const Session& holder = *found->second;
  switch (newcomer.space->policy.arrival.id_policy) {
    case storage::ClaimPolicy::kTakeover:
      return nullptr;
    case storage::ClaimPolicy::kSameUser:
      if (!holder.who.user.empty() && holder.who.user == newcomer.who.user) return nullptr;
      return &holder;
    case storage::ClaimPolicy::kReject:
      return &holder;
  }
  return nullptr;
}

Successions::Succession Successions::Take(SessionKey key) {
  return std::move(waiting_.extract(key).mapped());
}

// --- Taking over ---------------------------------------------------------------------------------

// If its claim, or its inheritance, is still on its way, the heir waits for that.
void Successions::Displace(const storage::PresenceRecord& holder, Heir heir, Now now) {
  const SessionKey key{holder.session};
  auto waiting = waiting_.find(key);
  if (waiting == waiting_.end() || waiting->second.name != holder.key) {
    return PassOn(std::move(heir), sessions_.HolderOf(holder) ? GiveUp(key, now) : Estate{});
  }
  // Of two heirs the store knew the first one no more when the second came: it has lost something.
  Heir before = std::exchange(waiting->second.heir, std::move(heir));
  if (before) PassOn(std::move(before), {});
  if (Session* session = sessions_.Find(key)) {
    closer_.CloseAs(*session, CloseCause::kReplaced, {}, Going::kLosesId, now);
  }
}

// Whoever left by itself before was told of, and leaves nothing.
Estate Successions::GiveUp(SessionKey key, Now now) {
  Session* session = sessions_.FindOpen(key);
  if (!session) return {};
  Estate estate{.owed = true,
                .authenticated = session->who.authenticated,
                .user = session->who.user,
                .frame = session->dialect->Close(CloseCause::kReplaced),
                .places = {}};
  for (const Membership& m : session->places.channels) {
    estate.places.push_back({m.group->name, m.entry});
  }
  for (const Recheck& recheck : session->places.rechecks) {
    if (!recheck.inside && !recheck.channel.empty()) {
      estate.places.push_back({recheck.channel, recheck.entry});
    }
  }
  closer_.CloseAs(*session, CloseCause::kReplaced, estate.frame, Going::kDisplaced, now);
  return estate;
}

void Successions::PassOn(Heir heir, Estate estate) {
  events_.Flush();
  std::move(heir)(std::move(estate));
}

void Successions::Inherit(SessionKey heir, Estate estate, Now now) {
  Succession succession = Take(heir);
  Session* session = succession.heir ? nullptr : sessions_.FindArriving(heir);
  if (session) return heirs_.Enter(*session, std::move(estate), now);
  if (!succession.heir) {
    if (estate.owed) TellGone(succession, std::move(estate), now);
    return events_.Release(std::move(succession.name), heir);
  }
  events_.Release(std::move(succession.name), heir);
  PassOn(std::move(succession.heir), std::move(estate));
}

// The heir has left before it came into anything, so that the one before it has left as well.
void Successions::TellGone(const Succession& succession, Estate estate, Now now) {
  auto tell = [&](Type type) -> ConnectionEvent {
    ConnectionEvent event;
    event.type = type;
    event.time = now.date;
    event.space = succession.name.space;
    event.connection = succession.name.id;
    event.user = estate.user;
    return event;
  };
  ConnectionEvent closed = tell(Type::kClosed);
  closed.code = estate.frame.code;
  closed.more = std::make_shared<const ConnectionEvent::More>(
      ConnectionEvent::More{.reason = std::move(estate.frame.reason)});
  events_.Add(std::move(closed));
  for (Estate::Place& place : estate.places) {
    ConnectionEvent left = tell(Type::kLeft);
    left.channel = std::move(place.channel);
    events_.Add(std::move(left));
  }
}

}  // namespace sluice::hub
