// SPDX-License-Identifier: Apache-2.0
//
// An id goes from one session to the next, across shards. Whoever claims one that is held waits
// until its holder has been displaced; what that leaves (its channels, and the event that tells of
// it) comes to the heir, or to the heir's heir, if that was displaced meanwhile. So every session
// that was told of as opened is told of once more: as closed, or as taken over.
//
// Before anything is passed to another shard the events until then are handed over: the log has
// them in the order in which they happened.
#include <utility>

#include "gateway/hub/shard_impl.h"
#include "gateway/hub/shard_set.h"

namespace sluice::hub {

using Type = ConnectionEvent::Type;

void Shard::Impl::OnClaimed(const storage::PresenceRecord& record,
                            absl::StatusOr<storage::Claim> claim, Now now) {
  SessionKey key{record.session};
  using Result = storage::Claim::Result;
  if (claim.ok() && claim->result == Result::kTakenOver) return set.Displace(claim->holder, key);
  if (claim.ok() && claim->result == Result::kNew) return ComeInto(key, {}, now);
  Succession succession = std::move(successions.extract(key).mapped());
  if (succession.heir) PassOn(succession.heir, {});
  if (claim.ok()) return OnHeld(record, claim->holder, now);
  probe.presence_failures.Add();
  OnClaimRefused(record, CloseCause::kAdmissionDown, now);
}

// Its claim, or its inheritance, is still on its way: the heir waits for that.
void Shard::Displace(SessionKey key, SessionKey heir, Now now) {
  auto waiting = impl_->successions.find(key);
  if (waiting == impl_->successions.end()) return impl_->PassOn(heir, impl_->GiveUp(key, now));
  waiting->second.heir = heir;
  if (Session* session = impl_->sessions.Find(key)) {
    impl_->CloseSession(*session, CloseCause::kReplaced, {}, now, Impl::Going::kLosesId);
  }
}

void Shard::Inherit(SessionKey key, Estate estate, Now now) {
  impl_->ComeInto(key, std::move(estate), now);
}

// Whoever left by itself before was told of, and leaves nothing.
Estate Shard::Impl::GiveUp(SessionKey key, Now now) {
  Session* session = OpenSession(key);
  if (!session) return {};
  Estate estate{.owed = true,
                .authenticated = session->authenticated,
                .user = session->user,
                .frame = session->dialect->Close(CloseCause::kReplaced),
                .places = {}};
  for (const Membership& m : session->channels) estate.places.push_back({m.group->name, m.entry});
  for (const Recheck& recheck : session->rechecks) {
    if (!recheck.inside && !recheck.channel.empty()) {
      estate.places.push_back({recheck.channel, recheck.entry});
    }
  }
  CloseSession(*session, CloseCause::kReplaced, estate.frame, now, Going::kDisplaced);
  return estate;
}

void Shard::Impl::PassOn(SessionKey heir, Estate estate) {
  Flush();
  set.Post(heir.shard(), [heir, estate = std::move(estate)](Shard& shard, Now now) mutable {
    shard.Inherit(heir, std::move(estate), now);
  });
}

void Shard::Impl::ComeInto(SessionKey key, Estate estate, Now now) {
  Succession succession = std::move(successions.extract(key).mapped());
  if (succession.heir) return PassOn(succession.heir, std::move(estate));
  if (Session* session = Arriving(key)) return Enter(*session, std::move(estate), now);
  if (estate.owed) TellGone(succession, std::move(estate), now);
  releases.emplace_back(std::move(succession.name), key);
}

// The heir has left before it came into anything, so that the one before it has left as well.
void Shard::Impl::TellGone(const Succession& succession, Estate estate, Now now) {
  const auto& [space, id] = succession.name;
  events.push_back({Type::kClosed,
                    now.date,
                    space,
                    id,
                    estate.user,
                    {},
                    estate.frame.code,
                    std::move(estate.frame.reason),
                    0});
  for (Estate::Place& place : estate.places) {
    events.push_back(
        {Type::kLeft, now.date, space, id, estate.user, std::move(place.channel), 0, {}, 0});
  }
}

// For everybody else it goes on being a member of what it inherits.
void Shard::Impl::TakeOn(Session& session, const Estate& estate, Now now) {
  bool same = estate.authenticated && session.authenticated && !session.user.empty() &&
              estate.user == session.user;
  std::vector<std::string> lost;
  for (const Estate::Place& place : estate.places) {
    Change change = same ? Change::kSameUser : Change::kHeir;
    Fate fate = FateOf(session, place.channel, place.entry, change, estate.authenticated);
    if (fate == Fate::kGoes) lost.push_back(place.channel);
    if (fate == Fate::kStays || same) directory.Join(session, place.channel, place.entry);
    if (fate == Fate::kIsAskedAbout) session.rechecks.push_back({place.channel, place.entry, same});
  }
  EmitLeft(session, std::move(lost), "another connection has the id", now);
}

}  // namespace sluice::hub
