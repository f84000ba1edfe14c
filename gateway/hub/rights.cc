// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/rights.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/hub/delivery.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/endpoints.h"
#include "gateway/hub/event_buffer.h"
#include "gateway/hub/guards.h"
#include "gateway/hub/invoker.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/session.h"

namespace sluice::hub {
namespace {

constexpr std::string_view kNoLongerAllowed = "no longer allowed";

// A member of `channel`.
bool CameByItself(const Session& session, const Group& channel) {
  const auto& channels = session.places.channels;
  auto place = std::find_if(channels.begin(), channels.end(),
                            [&](const Membership& m) { return m.group == &channel; });
  return place->entry != Entry::kBackend;
}

}  // namespace

// --- What becomes of memberships -----------------------------------------------------------------

Rights::Fate Rights::FateOf(const Session& session, std::string_view channel, Entry entry,
                            Change change, bool with_user) {
  const Namespace& space = *session.space;
  const OnDeauthenticated rule = space.policy.channels.on_deauthenticated;
  if (rule == OnDeauthenticated::kKeep && change != Change::kHeir) return Fate::kStays;
  const DeclaredEvent* event = space.offers.FindEvent(channel);
  if (event && event->is_protected && !session.who.authenticated) return Fate::kGoes;
  if (entry == Entry::kBackend) {
    return change == Change::kHeir && with_user ? Fate::kGoes : Fate::kStays;
  }
  if (entry == Entry::kAccepted) return change == Change::kSameUser ? Fate::kStays : Fate::kGoes;
  if (!space.offers.FindGuard(GuardAction::kSubscribe)) return Fate::kStays;
  if (rule == OnDeauthenticated::kRecheck) return Fate::kIsAskedAbout;
  if (change == Change::kHeir) return Fate::kGoes;
  if (change == Change::kSameUser || entry == Entry::kStranger) return Fate::kStays;
  return change == Change::kNobody ? Fate::kGoes : Fate::kIsAskedAbout;
}

// Whatever is being decided about the session was asked about somebody else, and is asked again.
void Rights::Rejudge(Session& session, Change change, Now now) {
  ++session.who.version;
  if (!session.inbox.commands.empty()) session.inbox.commands.front().decided = 0;
  std::vector<Recheck> places;
  for (const Membership& m : session.places.channels) {
    places.push_back({m.group->name, m.entry, /*inside=*/true});
  }
  for (Recheck& recheck : std::exchange(session.places.rechecks, {})) {
    if (!recheck.inside && !recheck.channel.empty()) places.push_back(std::move(recheck));
  }
  Directory::NoteRechecks(session);
  for (Recheck& place : places) {
    if (!session.open()) return;
    Settle(session, std::move(place), change, now);
  }
  if (session.open() && !session.who.authenticated) {
    invoker_.calls().FailProtected(session.under_way.calls, now);
  }
}

void Rights::Settle(Session& session, Recheck place, Change change, Now now) {
  switch (FateOf(session, place.channel, place.entry, change, /*with_user=*/true)) {
    case Fate::kStays:
      if (!place.inside) Readmit(session, place.channel, place.entry, now);
      return;
    case Fate::kGoes:
      return TakeOut(session, place.channel, place.entry, now);
    case Fate::kIsAskedAbout:
      place.inside = place.inside && change == Change::kSameUser;
      if (!place.inside) Directory::Leave(session, place.channel);
      session.places.rechecks.push_back(std::move(place));
      return Directory::NoteRechecks(session);
  }
}

void Rights::Inherit(Session& session, const Estate& estate, Now now) {
  const Identity& who = session.who;
  bool same =
      estate.authenticated && who.authenticated && !who.user.empty() && estate.user == who.user;
  std::vector<std::string> lost;
  for (const Estate::Place& place : estate.places) {
    Change change = same ? Change::kSameUser : Change::kHeir;
    Fate fate = FateOf(session, place.channel, place.entry, change, estate.authenticated);
    if (fate == Fate::kGoes) lost.push_back(place.channel);
    if (fate == Fate::kStays || same) Directory::Join(session, place.channel, place.entry);
    if (fate == Fate::kIsAskedAbout) {
      session.places.rechecks.push_back({place.channel, place.entry, same});
    }
  }
  Directory::NoteRechecks(session);
  events_.EmitLeft(session, std::move(lost), "another connection has the id", now);
}

// It was out only while a guard was asked: for everybody else it had never left.
void Rights::Readmit(Session& session, const std::string& channel, Entry entry, Now now) {
  if (session.places.channels.size() >= session.space->policy.channels.per_connection) {
    return TakeOut(session, channel, entry, now);
  }
  Directory::Join(session, channel, entry);
}

// What came with a login or an admission was no word of the client's, and goes without one.
void Rights::TakeOut(Session& session, const std::string& channel, Entry entry, Now now) {
  Directory::Leave(session, channel);
  probe_.rights_ended.Add();
  events_.EmitLeft(session, {channel}, kNoLongerAllowed, now);
  if (entry == Entry::kAccepted) return;
  auto told = session.dialect->EncodeKickOut(channel, kNoLongerAllowed);
  if (told) delivery_.Say(session, *told, now);
}

// --- Asking the guard again ----------------------------------------------------------------------

bool Rights::AskAgain(Session& session, Now now) {
  const std::string& channel = session.places.rechecks.front().channel;
  if (channel.empty()) {  // it has left meanwhile
    TakeFirst(session);
    return false;
  }
  Decision decision = guards_.Ask(session, GuardAction::kSubscribe, channel, Payload::None(), now);
  if (decision.asked()) return true;
  OnVerdict(session, decision, now);
  return false;
}

void Rights::OnVerdict(Session& session, const Decision& decision, Now now) {
  Recheck recheck = TakeFirst(session);
  if (recheck.channel.empty()) return;  // it has left meanwhile
  if (decision.blocked()) return TakeOut(session, recheck.channel, recheck.entry, now);
  if (!recheck.inside) Readmit(session, recheck.channel, recheck.entry, now);
}

Recheck Rights::TakeFirst(Session& session) {
  Recheck first = std::move(session.places.rechecks.front());
  session.places.rechecks.pop_front();
  Directory::NoteRechecks(session);
  return first;
}

// The first may be being decided, and keeps its place.
bool Rights::ForgetRecheck(Session& session, std::string_view channel) {
  auto& rechecks = session.places.rechecks;
  for (auto it = rechecks.begin(); it != rechecks.end(); ++it) {
    if (it->channel != channel) continue;
    bool was_out = !it->inside;
    it == rechecks.begin() ? it->channel.clear() : void(rechecks.erase(it));
    return was_out;
  }
  return false;
}

// --- Events that have become protected -----------------------------------------------------------

void Rights::ExpelStrangers(const Registration& registration, Now now) {
  for (const EventOffer& event : registration.events) {
    if (registration.space == kEverySpace) {
      for (const auto& [name, space] : spaces_.all()) ExpelFrom(*space, event.name, now);
    } else if (const Namespace* space = spaces_.Find(registration.space)) {
      ExpelFrom(*space, event.name, now);
    }
  }
}

void Rights::ExpelFrom(const Namespace& space, const std::string& event, Now now) {
  if (space.policy.channels.on_deauthenticated == OnDeauthenticated::kKeep) return;
  auto group = space.channels.find(event);
  if (group == space.channels.end()) return;
  const DeclaredEvent* declared = space.offers.FindEvent(event);
  if (!declared || !declared->is_protected) return;
  std::vector<Session*> strangers;
  for (Session* session : group->second->members) {
    if (!session->who.authenticated && CameByItself(*session, *group->second)) {
      strangers.push_back(session);
    }
  }
  for (Session* session : strangers) {
    if (session->open()) TakeOut(*session, event, Entry::kStranger, now);
  }
}

}  // namespace sluice::hub
