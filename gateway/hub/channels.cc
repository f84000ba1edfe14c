// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/channels.h"

#include <utility>
#include <vector>

#include "gateway/hub/answers.h"
#include "gateway/hub/delivery.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/endpoints.h"
#include "gateway/hub/event_buffer.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/rights.h"
#include "gateway/hub/session.h"

namespace sluice::hub {

using Type = ConnectionEvent::Type;

// --- What clients say ----------------------------------------------------------------------------

void Channels::OnSubscribe(Session& session, const Question& question, const Subscribe& verb,
                           Now now) {
  if (Refused(session, question, verb.channels, now)) return;
  std::vector<ChannelResult> results;
  for (const std::string& channel : verb.channels) {
    std::optional<ChannelStatus> status = Enter(session, channel, now);
    if (!status) return answers_.Fail(session, question, Fault::kEventForbidden, now);
    results.push_back(
        {channel, *status, session.who.id, session.space->policy.channels.per_connection});
  }
  Tell(session, question, results, now);
}

std::optional<ChannelStatus> Channels::Enter(Session& session, const std::string& channel,
                                             Now now) {
  if (session.dialect->Toggle(session.dialect_state, channel, true)) return ChannelStatus::kOk;
  const DeclaredEvent* event = session.space->offers.FindEvent(channel);
  if (!event && !session.dialect->traits().open_channels) return ChannelStatus::kUnknown;
  if (event && event->is_protected && !session.who.authenticated) return std::nullopt;
  if (IsMember(session, channel)) return ChannelStatus::kAlready;
  Entry entry = session.who.authenticated ? Entry::kUser : Entry::kStranger;
  return Join(session, channel, entry, now) ? ChannelStatus::kOk : ChannelStatus::kLimit;
}

void Channels::OnUnsubscribe(Session& session, const Question& question, const Unsubscribe& verb,
                             Now now) {
  if (Refused(session, question, verb.channels, now)) return;
  std::vector<ChannelResult> results;
  for (const std::string& channel : verb.channels) {
    ChannelStatus status = ChannelStatus::kOk;
    if (session.dialect->Toggle(session.dialect_state, channel, false)) {
      // As above.
    } else if (!Leave(session, channel, now)) {
      bool known = session.space->offers.FindEvent(channel) != nullptr;
      status = known ? ChannelStatus::kNotMember : ChannelStatus::kUnknown;
    }
    results.push_back(
        {channel, status, session.who.id, session.space->policy.channels.per_connection});
  }
  Tell(session, question, results, now);
}

// The answer says of each what became of it. Half of it cannot be said, so nothing is done.
bool Channels::Refused(Session& session, const Question& question,
                       absl::Span<const std::string> channels, Now now) {
  constexpr size_t kStatusBytes = 64;  // more than any dialect says of a name
  size_t bytes = 0;
  for (const std::string& channel : channels) bytes += channel.size() + kStatusBytes;
  if (channels.size() <= 1 || bytes <= session.space->policy.lists.bytes) return false;
  CallError error = MakeError(Fault::kInvalidRequest);
  error.message = "Too many names in one message";
  answers_.Fail(session, question, error, now);
  return true;
}

void Channels::Tell(Session& session, const Question& question,
                    absl::Span<const ChannelResult> results, Now now) {
  if (!question.correlation.answer) {
    return answers_.Finish(session, question.batch, std::nullopt, now);
  }
  answers_.Reply(session, question, session.dialect->EncodeChannels(question.correlation, results),
                 now);
}

// --- Coming and going ----------------------------------------------------------------------------

bool Channels::Join(Session& session, std::string_view channel, Entry entry, Now now) {
  if (IsMember(session, channel)) return false;
  if (session.places.channels.size() >= session.space->policy.channels.per_connection) {
    probe_.channel_limit_hits.Add();
    return false;
  }
  bool only_asked = Rights::ForgetRecheck(session, channel);
  Directory::Join(session, channel, entry);
  if (!only_asked) events_.Emit(Type::kJoined, session, now, channel);
  return true;
}

bool Channels::Leave(Session& session, std::string_view channel, Now now) {
  bool asked = Rights::ForgetRecheck(session, channel);
  if (!Directory::Leave(session, channel) && !asked) return false;
  events_.Emit(Type::kLeft, session, now, channel);
  return true;
}

Drop Channels::KickOut(Session& session, const std::string& channel, std::string_view message,
                       Now now) {
  if (auto told = session.dialect->EncodeKickOut(channel, message)) {
    if (Drop drop = delivery_.Say(session, *told, now)) return drop;
  }
  Leave(session, channel, now);
  return std::nullopt;
}

}  // namespace sluice::hub
