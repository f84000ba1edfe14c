// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/client_verbs.h"

#include <utility>

#include "gateway/hub/authentication.h"
#include "gateway/hub/channels.h"
#include "gateway/hub/closer.h"
#include "gateway/hub/delivery.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/evictions.h"
#include "gateway/hub/labels.h"
#include "gateway/hub/message.h"
#include "gateway/hub/progress.h"
#include "gateway/hub/requests.h"
#include "gateway/hub/session.h"
#include "gateway/hub/sessions.h"

namespace sluice::hub {
namespace {

// Does something with each session of a selection, `act(Session&) -> Drop`, and counts what became
// of it.
template <typename Act>
Outcome ForEach(const Directory& directory, const Selector& selector, Act act) {
  Outcome outcome;
  directory.ForEach(selector, &outcome.not_found, [&](Session& session) {
    ++outcome.matched;
    Drop drop = act(session);
    drop ? outcome.Drop(*drop) : static_cast<void>(++outcome.enqueued);
  });
  return outcome;
}

}  // namespace

Outcome ClientVerbs::Send(const Selector& selector, const Message& message,
                          const std::optional<CloseFrame>& close_after, Now now) {
  return ForEach(directory_, selector, [&](Session& session) {
    Drop drop = parts_.delivery.Send(session, message, now);
    if (!drop && close_after) {
      parts_.closer.Close(session, CloseCause::kDisconnect, *close_after, now);
    }
    return drop;
  });
}

// --- Channels ------------------------------------------------------------------------------------

Outcome ClientVerbs::Join(const Selector& selector, absl::Span<const std::string> channels,
                          Now now) {
  Outcome outcome;
  directory_.ForEach(selector, &outcome.not_found, [&](Session& session) {
    ++outcome.matched;
    bool joined = false;
    bool limited = false;
    for (const std::string& channel : channels) {
      if (IsMember(session, channel)) continue;
      (parts_.channels.Join(session, channel, Entry::kBackend, now) ? joined : limited) = true;
    }
    if (joined) ++outcome.enqueued;
    if (limited) outcome.Drop(DropReason::kLimit);
  });
  return outcome;
}

Outcome ClientVerbs::Leave(const Selector& selector, absl::Span<const std::string> channels,
                           Now now) {
  Outcome outcome;
  auto leave = [&](Session& session) {
    ++outcome.matched;
    bool left = false;
    for (const std::string& channel : channels) {
      left |= parts_.channels.Leave(session, channel, now);
    }
    if (left) ++outcome.enqueued;
  };
  directory_.ForEach(selector, &outcome.not_found, leave, Directory::Reach::kRechecked);
  return outcome;
}

Outcome ClientVerbs::KickOut(const Selector& selector, absl::Span<const std::string> channels,
                             std::string_view message, Now now) {
  Outcome outcome;
  auto kick_out = [&](Session& session) {
    ++outcome.matched;
    bool left = false;
    Drop drop = KickOutOf(session, channels, message, left, now);
    if (drop) return outcome.Drop(*drop);
    if (left) ++outcome.enqueued;
  };
  directory_.ForEach(selector, &outcome.not_found, kick_out, Directory::Reach::kRechecked);
  return outcome;
}

Drop ClientVerbs::KickOutOf(Session& session, absl::Span<const std::string> channels,
                            std::string_view message, bool& left, Now now) {
  for (const std::string& channel : channels) {
    if (!Belongs(session, channel)) continue;
    if (Drop drop = parts_.channels.KickOut(session, channel, message, now)) return drop;
    left = true;
  }
  return std::nullopt;
}

// --- Who they are --------------------------------------------------------------------------------

Outcome ClientVerbs::SetToken(const Selector& selector, const Token& token, const ClientCall& call,
                              Now now) {
  return ForEach(directory_, selector,
                 [&](Session& session) { return SetTokenOf(session, token, call, now); });
}

Drop ClientVerbs::SetTokenOf(Session& session, const Token& token, const ClientCall& call,
                             Now now) {
  const bool confirm = call.sink != nullptr;
  if (confirm && session.leaving) return DropReason::kLeaving;
  std::optional<uint64_t> number;
  if (confirm) number = session.under_way.next_request++;
  auto text = session.dialect->EncodeToken(token.text, number);
  if (!text) return DropReason::kUnsupported;
  if (confirm && !parts_.requests.MayAsk(session)) return DropReason::kLimit;
  if (Drop drop = parts_.delivery.Say(session, *text, now)) return drop;
  if (confirm) parts_.requests.Add(session, *number, call, now);
  parts_.authentication.TakeToken(session, token, now);
  parts_.progress.GoOn(session, now);
  return std::nullopt;
}

Outcome ClientVerbs::Deauthenticate(const Selector& selector, Now now) {
  return ForEach(directory_, selector, [&](Session& session) -> Drop {
    parts_.authentication.TellRemoved(session, now);
    if (session.open()) parts_.authentication.BecomeNobody(session, now);
    parts_.progress.GoOn(session, now);
    return std::nullopt;
  });
}

Outcome ClientVerbs::Update(const Selector& selector, const std::optional<std::string>& user,
                            const Labels& labels, Now now) {
  return ForEach(directory_, selector, [&](Session& session) -> Drop {
    if (!SetLabels(session, labels, probe_)) return DropReason::kLimit;
    if (!user) return std::nullopt;
    Authentication& authentication = parts_.authentication;
    user->empty() ? authentication.Dismiss(session, now)
                  : authentication.Identify(session, *user, now);
    parts_.progress.GoOn(session, now);
    return std::nullopt;
  });
}

Outcome ClientVerbs::Disconnect(const Selector& selector, const CloseFrame& frame,
                                bool validate_only, Now now) {
  Outcome outcome = ForEach(directory_, selector, [&](Session& session) -> Drop {
    if (!validate_only) parts_.closer.Close(session, CloseCause::kDisconnect, frame, now);
    return std::nullopt;
  });
  if (validate_only) outcome.enqueued = 0;
  return outcome;
}

// --- Asking them ---------------------------------------------------------------------------------

Outcome ClientVerbs::Call(const Selector& selector, const ClientCall& call,
                          const std::string& method, const Payload& params, Now now) {
  return ForEach(directory_, selector,
                 [&](Session& session) { return Ask(session, call, method, params, now); });
}

Drop ClientVerbs::Ask(Session& session, const ClientCall& call, const std::string& method,
                      const Payload& params, Now now) {
  if (session.leaving) return DropReason::kLeaving;
  if (!parts_.requests.MayAsk(session)) return DropReason::kLimit;
  const uint64_t number = session.under_way.next_request++;
  auto text = session.dialect->EncodeRequest(session.dialect_state, number, method, params);
  if (!text) return DropReason::kUnsupported;
  if (Drop drop = parts_.delivery.Say(session, *text, now)) return drop;
  parts_.requests.Add(session, number, call, now);
  probe_.client_calls.Add();
  return std::nullopt;
}

void ClientVerbs::ForgetCall(uint64_t call) {
  parts_.requests.Forget(call, sessions_, [&](SessionKey key) {
    Session* session = sessions_.Find(key);
    if (session) parts_.evictions.OnFinished(*session);
  });
}

}  // namespace sluice::hub
