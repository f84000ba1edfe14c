// SPDX-License-Identifier: Apache-2.0
//
// Channels that clients enter and leave, and who they are.
#include <optional>
#include <utility>

#include "gateway/hub/shard_impl.h"

namespace sluice::hub {

// --- Channels ------------------------------------------------------------------------------------

void Shard::Impl::SubscribeTo(Session& session, const Correlation& correlation, Key batch,
                              const Subscribe& subscribe, Now now) {
  if (AnswersTooMuch(subscribe.channels)) return TooMany(session, correlation, batch, now);
  std::vector<ChannelResult> results;
  for (const std::string& channel : subscribe.channels) {
    std::optional<ChannelStatus> status = SubscribeToOne(session, channel, now);
    if (!status) return Fail(session, correlation, batch, MakeError(Fault::kEventForbidden), now);
    results.push_back({channel, *status, session.id, options.channels_per_connection});
  }
  TellChannels(session, correlation, batch, results, now);
}

// Nothing if it is forbidden.
std::optional<ChannelStatus> Shard::Impl::SubscribeToOne(Session& session,
                                                         const std::string& channel, Now now) {
  if (session.dialect->Toggle(session.dialect_state, channel, true)) return ChannelStatus::kOk;
  const DeclaredEvent* event = methods.FindEvent(session.space_name, channel);
  if (!event && !session.dialect->open_channels()) return ChannelStatus::kUnknown;
  if (event && event->is_protected && !session.authenticated) return std::nullopt;
  if (directory.IsMember(session, channel)) return ChannelStatus::kAlready;
  Entry entry = session.authenticated ? Entry::kUser : Entry::kStranger;
  return JoinChannel(session, channel, entry, now) ? ChannelStatus::kOk : ChannelStatus::kLimit;
}

void Shard::Impl::UnsubscribeFrom(Session& session, const Correlation& correlation, Key batch,
                                  const Unsubscribe& unsubscribe, Now now) {
  if (AnswersTooMuch(unsubscribe.channels)) return TooMany(session, correlation, batch, now);
  std::vector<ChannelResult> results;
  for (const std::string& channel : unsubscribe.channels) {
    ChannelStatus status = ChannelStatus::kOk;
    if (session.dialect->Toggle(session.dialect_state, channel, false)) {
      // As above.
    } else if (!LeaveChannel(session, channel, now)) {
      bool known = methods.FindEvent(session.space_name, channel) != nullptr;
      status = known ? ChannelStatus::kNotMember : ChannelStatus::kUnknown;
    }
    results.push_back({channel, status, session.id, options.channels_per_connection});
  }
  TellChannels(session, correlation, batch, results, now);
}

// The answer says of each what became of it. Half of it cannot be said, so nothing is done.
bool Shard::Impl::AnswersTooMuch(absl::Span<const std::string> channels) const {
  constexpr size_t kStatusBytes = 64;  // more than any dialect says of a name
  size_t bytes = 0;
  for (const std::string& channel : channels) bytes += channel.size() + kStatusBytes;
  return channels.size() > 1 && bytes > options.list_bytes;
}

void Shard::Impl::TooMany(Session& session, const Correlation& correlation, Key batch, Now now) {
  CallError error = MakeError(Fault::kInvalidRequest);
  error.message = "Too many names in one message";
  Fail(session, correlation, batch, error, now);
}

void Shard::Impl::TellChannels(Session& session, const Correlation& correlation, Key batch,
                               absl::Span<const ChannelResult> results, Now now) {
  if (!correlation.answer) return Answered(session, batch, std::nullopt, now);
  Reply(session, correlation, batch, session.dialect->EncodeChannels(correlation, results), now);
}

bool Shard::Impl::JoinChannel(Session& session, std::string_view channel, Entry entry, Now now) {
  if (directory.IsMember(session, channel)) return false;
  if (session.channels.size() >= options.channels_per_connection) {
    probe.channel_limit_hits.Add();
    return false;
  }
  bool only_asked = ForgetRecheck(session, channel);  // for others it had never left
  directory.Join(session, channel, entry);
  if (!only_asked) Emit(ConnectionEvent::Type::kJoined, session, now, channel);
  return true;
}

bool Shard::Impl::LeaveChannel(Session& session, std::string_view channel, Now now) {
  bool asked = ForgetRecheck(session, channel);
  if (!directory.Leave(session, channel) && !asked) return false;
  Emit(ConnectionEvent::Type::kLeft, session, now, channel);
  return true;
}

// Whoever cannot be told so stays in.
std::optional<DropReason> Shard::Impl::KickOutOf(Session& session, const std::string& channel,
                                                 std::string_view message, Now now) {
  if (auto told = session.dialect->EncodeKickOut(channel, message)) {
    if (auto drop = Deliver(session, *told, now)) return drop;
  }
  LeaveChannel(session, channel, now);
  return std::nullopt;
}

// --- Who it is -----------------------------------------------------------------------------------

void Shard::Impl::SetUser(Session& session, const std::string& user, Now now) {
  if (user == session.user) return;
  directory.SetUser(session, user);
  presence.Update(RecordOf(session));
  Emit(ConnectionEvent::Type::kUserChanged, session, now);
}

bool Shard::Impl::MayAsk(const Session& session) {
  if (asks.size() < options.client_calls_max && session.asks.size() < options.asks_per_connection) {
    return true;
  }
  probe.client_calls_limited.Add();
  return false;
}

void Shard::Impl::Await(Session& session, uint64_t ask, uint64_t number, Duration timeout,
                        std::shared_ptr<AnswerSink> sink, Now now) {
  PendingAsk& pending = asks.Add(session, ask, number, std::move(sink));
  pending.timer = timers.Schedule(now + timeout, TimerToken(kAsk, pending.key));
}

// False: they would be more than --labels-bytes; nothing was set.
bool Shard::Impl::SetLabels(Session& session, const Labels& labels) {
  Labels merged = session.labels;
  for (const auto& [name, value] : labels) {
    if (value.empty()) {
      merged.erase(name);
    } else {
      merged[name] = value;
    }
  }
  size_t bytes = 0;
  for (const auto& [name, value] : merged) bytes += name.size() + value.size();
  if (bytes > options.labels_bytes) {
    probe.labels_refused.Add();
    return false;
  }
  session.labels = std::move(merged);
  return true;
}

}  // namespace sluice::hub
