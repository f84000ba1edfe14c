// SPDX-License-Identifier: Apache-2.0
//
// Rights end when authentication ends. Whenever a session becomes somebody else (a token expires or
// is given up, a backend or a login says so, another connection takes its id over) each of its
// memberships is judged again, by one rule (--on-deauthenticated):
//
//   leave    it leaves what it could not have entered as nobody; who is somebody else is asked
//   about recheck  the guard of subscriptions is asked about everything that it decides about keep
//   nothing is judged, unless the connection itself is another
//
// A protected event needs an authenticated session; what a client entered by itself was the guard's
// decision if there is one; what came with a login or an admission goes with it; what a backend
// joined stays a backend's business. While a guard is asked about somebody else, the session is out
// of the channel, and nothing that it says overtakes the decision.
#include <algorithm>
#include <utility>

#include "gateway/hub/shard_impl.h"

namespace sluice::hub {
namespace {

// The world's clock may be set forward: expiry is looked at again after so much elapsed time.
constexpr Duration kLookAgain = absl::Minutes(1);

constexpr std::string_view kNoLongerAllowed = "no longer allowed";

// A member of `channel`.
bool CameByItself(const Session& session, const Group& channel) {
  auto place = std::find_if(session.channels.begin(), session.channels.end(),
                            [&](const Membership& m) { return m.group == &channel; });
  return place->entry != Entry::kBackend;
}

}  // namespace

using Type = ConnectionEvent::Type;

// --- Who it is -----------------------------------------------------------------------------------

void Shard::Impl::Become(Session& session, const std::string& user,
                         std::unique_ptr<hub::Token> token, bool shown, Now now) {
  bool same = session.authenticated && !user.empty() && user == session.user;
  session.authenticated = true;
  session.token = std::move(token);
  ScheduleExpiry(session, now);
  SetUser(session, user, now);
  if (shown) {
    Emit(Type::kAuthenticated, session, now);
    events.back().claims_json = session.token->claims_json;
  }
  Rejudge(session, same ? Change::kSameUser : Change::kOtherUser, now);
}

void Shard::Impl::Identify(Session& session, const std::string& user, Now now) {
  if (session.token && !session.token->user.empty() && session.token->user != user) {
    session.token.reset();
    TellTokenRemoved(session, now);
    if (!OpenSession(session.key)) return;
  }
  Become(session, user, std::move(session.token), /*shown=*/false, now);
}

void Shard::Impl::BecomeNobody(Session& session, Now now) {
  if (!session.authenticated) return;
  session.authenticated = false;
  session.token.reset();
  ScheduleExpiry(session, now);
  SetUser(session, "", now);
  Emit(Type::kDeauthenticated, session, now);
  Rejudge(session, Change::kNobody, now);
}

void Shard::Impl::Dismiss(Session& session, Now now) {
  if (session.token) TellTokenRemoved(session, now);
  if (OpenSession(session.key)) BecomeNobody(session, now);
}

// --- Time ----------------------------------------------------------------------------------------

void Shard::Impl::ScheduleExpiry(Session& session, Now now) {
  timers.Cancel(std::exchange(session.token_timer, 0));
  if (!session.token || session.token->expires == absl::InfiniteFuture()) return;
  Duration left = std::clamp(session.token->expires - now.date, absl::ZeroDuration(), kLookAgain);
  session.token_timer = timers.Schedule(now + left, TimerToken(kToken, session.key));
}

void Shard::Impl::OnTokenTimer(Session& session, Now now) {
  session.token_timer = 0;
  ExpireToken(session, now);
  if (OpenSession(session.key)) ScheduleExpiry(session, now);
}

// Also looked at whenever the client says anything.
void Shard::Impl::ExpireToken(Session& session, Now now) {
  if (!session.token || session.token->expires > now.date) return;
  Dismiss(session, now);
  GoOn(session, now);
}

// --- What becomes of memberships -----------------------------------------------------------------

Shard::Impl::Fate Shard::Impl::FateOf(const Session& session, std::string_view channel, Entry entry,
                                      Change change, bool with_user) const {
  OnDeauthenticated rule = options.on_deauthenticated;
  if (rule == OnDeauthenticated::kKeep && change != Change::kHeir) return Fate::kStays;
  const DeclaredEvent* event = methods.FindEvent(session.space_name, channel);
  if (event && event->is_protected && !session.authenticated) return Fate::kGoes;
  if (entry == Entry::kBackend) {
    return change == Change::kHeir && with_user ? Fate::kGoes : Fate::kStays;
  }
  if (entry == Entry::kAccepted) return change == Change::kSameUser ? Fate::kStays : Fate::kGoes;
  if (!methods.FindGuard(session.space_name, GuardAction::kSubscribe)) return Fate::kStays;
  if (rule == OnDeauthenticated::kRecheck) return Fate::kIsAskedAbout;
  if (change == Change::kHeir) return Fate::kGoes;
  if (change == Change::kSameUser || entry == Entry::kStranger) return Fate::kStays;
  return change == Change::kNobody ? Fate::kGoes : Fate::kIsAskedAbout;
}

// Whatever is being decided about the session was asked about somebody else, and is asked again.
void Shard::Impl::Rejudge(Session& session, Change change, Now now) {
  struct Place {
    std::string channel;
    Entry entry;
    bool inside;
  };
  ++session.identity;
  if (!session.inbox.empty()) session.inbox.front().decided = 0;
  std::vector<Place> places;
  for (const Membership& m : session.channels) places.push_back({m.group->name, m.entry, true});
  for (Recheck& recheck : std::exchange(session.rechecks, {})) {
    if (recheck.inside || recheck.channel.empty()) continue;
    places.push_back({std::move(recheck.channel), recheck.entry, false});
  }
  for (Place& place : places) {
    if (!OpenSession(session.key)) return;
    switch (FateOf(session, place.channel, place.entry, change, true)) {
      case Fate::kStays:
        if (!place.inside) Readmit(session, place.channel, place.entry, now);
        break;
      case Fate::kGoes:
        TakeOut(session, place.channel, place.entry, now);
        break;
      case Fate::kIsAskedAbout:
        AskAgain(session, std::move(place.channel), place.entry,
                 place.inside && change == Change::kSameUser);
        break;
    }
  }
  if (OpenSession(session.key) && !session.authenticated) {
    calls.FailProtected(session.calls, now);
  }
}

void Shard::Impl::AskAgain(Session& session, std::string channel, Entry entry, bool inside) {
  if (!inside) directory.Leave(session, channel);
  session.rechecks.push_back({std::move(channel), entry, inside});
}

// It was out only while a guard was asked: for everybody else it had never left.
void Shard::Impl::Readmit(Session& session, const std::string& channel, Entry entry, Now now) {
  if (session.channels.size() >= options.channels_per_connection) {
    return TakeOut(session, channel, entry, now);
  }
  directory.Join(session, channel, entry);
}

// What came with a login or an admission was no word of the client's, and goes without one.
void Shard::Impl::TakeOut(Session& session, const std::string& channel, Entry entry, Now now) {
  directory.Leave(session, channel);
  probe.rights_ended.Add();
  EmitLeft(session, {channel}, kNoLongerAllowed, now);
  if (entry == Entry::kAccepted) return;
  auto told = session.dialect->EncodeKickOut(channel, kNoLongerAllowed);
  if (told) Deliver(session, *told, now);
}

// --- Asking the guard again ----------------------------------------------------------------------

// True if the guard was asked.
bool Shard::Impl::RunRecheck(Session& session, Now now) {
  const std::string& channel = session.rechecks.front().channel;
  if (channel.empty()) {  // it has left meanwhile
    session.rechecks.pop_front();
    return false;
  }
  session.deciding = true;
  Guarding guarding = Ask(session, GuardAction::kSubscribe, channel, Payload::None(), now);
  if (guarding.state == Guarding::kAsked) return true;
  RecheckDecided(session, guarding, now);
  return false;
}

void Shard::Impl::RecheckDecided(Session& session, const Guarding& guarding, Now now) {
  session.deciding = false;
  Recheck recheck = std::move(session.rechecks.front());
  session.rechecks.pop_front();
  if (recheck.channel.empty()) return;  // it has left meanwhile
  if (guarding.state == Guarding::kBlocked) {
    return TakeOut(session, recheck.channel, recheck.entry, now);
  }
  if (!recheck.inside) Readmit(session, recheck.channel, recheck.entry, now);
}

// The first may be being decided, and keeps its place.
bool Shard::Impl::ForgetRecheck(Session& session, std::string_view channel) {
  for (auto it = session.rechecks.begin(); it != session.rechecks.end(); ++it) {
    if (it->channel != channel) continue;
    bool was_out = !it->inside;
    it == session.rechecks.begin() ? it->channel.clear() : void(session.rechecks.erase(it));
    return was_out;
  }
  return false;
}

void Shard::Impl::GoOn(Session& session, Now now) {
  if (!OpenSession(session.key)) return;
  RunInbox(session, now);
  if (OpenSession(session.key) && Reading(session)) session.socket->Resume();
}

// --- Events that have become protected -----------------------------------------------------------

// Who entered an event by itself while it was public may not stay as nobody.
void Shard::Impl::ExpelStrangers(const Registration& registration, Now now) {
  if (options.on_deauthenticated == OnDeauthenticated::kKeep) return;
  std::vector<Session*> strangers;
  auto look = [&](const Space& space, const std::string& event) {
    auto group = space.channels.find(event);
    if (group == space.channels.end()) return;
    const DeclaredEvent* declared = methods.FindEvent(space.name, event);
    if (!declared || !declared->is_protected) return;
    for (Session* session : group->second->members) {
      if (!session->authenticated && CameByItself(*session, *group->second)) {
        strangers.push_back(session);
      }
    }
  };
  for (const EventOffer& event : registration.events) {
    strangers.clear();
    if (registration.space == kEverySpace) {
      for (const auto& [name, space] : directory.spaces()) look(*space, event.name);
    } else if (const Space* space = directory.FindSpace(registration.space)) {
      look(*space, event.name);
    }
    for (Session* session : strangers) {
      if (OpenSession(session->key)) TakeOut(*session, event.name, Entry::kStranger, now);
    }
  }
}

}  // namespace sluice::hub
