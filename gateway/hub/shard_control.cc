// SPDX-License-Identifier: Apache-2.0
//
// One shard's share of what backends ask: the control verbs.
#include <algorithm>
#include <utility>

#include "gateway/hub/shard_impl.h"

namespace sluice::hub {
namespace {

// About what protobuf adds to a string: its tag and its length.
constexpr size_t kFieldBytes = 4;

// A session's channels by name, as many as fit.
std::vector<std::string> ChannelsOf(const Session& session, size_t bytes_max) {
  std::vector<std::string_view> names;
  names.reserve(session.channels.size());
  for (const Membership& place : session.channels) names.push_back(place.group->name);
  std::sort(names.begin(), names.end());
  std::vector<std::string> channels;
  size_t bytes = 0;
  for (std::string_view name : names) {
    bytes += name.size() + kFieldBytes;
    if (bytes > bytes_max) break;
    channels.emplace_back(name);
  }
  return channels;
}

ConnectionView ViewOf(const Session& session, size_t bytes_max) {
  ConnectionView view;
  view.space = session.space_name;
  view.id = session.id;
  view.user = session.user;
  view.labels = session.labels;
  view.dialect = session.dialect->id();
  view.channels = ChannelsOf(session, bytes_max / 2);
  view.channel_count = static_cast<uint32_t>(session.channels.size());
  view.remote_address = session.upgrade->remote_address;
  view.connected_at = session.connected_at;
  view.authenticated = session.authenticated;
  view.outbox_bytes = session.socket->outbox().size();
  view.calls_in_flight = static_cast<uint32_t>(session.calls.size());
  return view;
}

// Names > after with their counts, at most limit, of an ordered map.
template <typename Map, typename CountOf>
std::vector<NamedCount> Page(const Map& map, std::string_view after, size_t limit, CountOf count) {
  std::vector<NamedCount> page;
  for (auto it = map.upper_bound(after); it != map.end() && page.size() < limit; ++it) {
    page.push_back({std::string(it->first), count(*it->second)});
  }
  return page;
}

}  // namespace

size_t SizeOf(const ConnectionView& view) {
  constexpr size_t kRest = 64;  // numbers, the node's name apart
  size_t bytes = kRest + view.space.size() + view.id.size() + view.user.size() +
                 view.remote_address.size() + 4 * kFieldBytes;
  for (const auto& [key, value] : view.labels) bytes += key.size() + value.size() + 3 * kFieldBytes;
  for (const std::string& channel : view.channels) bytes += channel.size() + kFieldBytes;
  return bytes;
}

// --- Verbs that act ------------------------------------------------------------------------------

Outcome Shard::Send(const Selector& selector, const Message& message,
                    const std::optional<CloseFrame>& close_after, Now now) {
  Outcome outcome;
  impl_->directory.ForEach(selector, &outcome.not_found, [&](Session& session) {
    ++outcome.matched;
    const SharedFrame& frame = message.FrameFor(*session.dialect);
    if (!frame) return outcome.Drop(DropReason::kUnsupported);
    if (auto drop = impl_->DeliverFrame(session, frame, now)) return outcome.Drop(*drop);
    ++outcome.enqueued;
    if (close_after) impl_->CloseSession(session, CloseCause::kDisconnect, *close_after, now);
  });
  return outcome;
}

Outcome Shard::Join(const Selector& selector, absl::Span<const std::string> channels, Now now) {
  Outcome outcome;
  impl_->directory.ForEach(selector, &outcome.not_found, [&](Session& session) {
    ++outcome.matched;
    bool joined = false;
    bool limited = false;
    for (const std::string& channel : channels) {
      if (impl_->directory.IsMember(session, channel)) continue;
      (impl_->JoinChannel(session, channel, Entry::kBackend, now) ? joined : limited) = true;
    }
    if (joined) ++outcome.enqueued;
    if (limited) outcome.Drop(DropReason::kLimit);
  });
  return outcome;
}

Outcome Shard::Leave(const Selector& selector, absl::Span<const std::string> channels, Now now) {
  Outcome outcome;
  impl_->directory.ForEach(selector, &outcome.not_found, [&](Session& session) {
    ++outcome.matched;
    bool left = false;
    for (const std::string& channel : channels) left |= impl_->LeaveChannel(session, channel, now);
    if (left) ++outcome.enqueued;
  });
  return outcome;
}

Outcome Shard::KickOut(const Selector& selector, absl::Span<const std::string> channels,
                       std::string_view message, Now now) {
  Outcome outcome;
  impl_->directory.ForEach(selector, &outcome.not_found, [&](Session& session) {
    ++outcome.matched;
    bool left = false;
    std::optional<DropReason> drop;
    for (const std::string& channel : channels) {
      if (!impl_->directory.IsMember(session, channel)) continue;
      drop = impl_->KickOutOf(session, channel, message, now);
      if (drop) break;
      left = true;
    }
    if (drop) return outcome.Drop(*drop);
    if (left) ++outcome.enqueued;
  });
  return outcome;
}

Outcome Shard::Update(const Selector& selector, const std::optional<std::string>& user,
                      const Labels& labels, Now now) {
  Outcome outcome;
  impl_->directory.ForEach(selector, &outcome.not_found, [&](Session& session) {
    ++outcome.matched;
    if (!impl_->SetLabels(session, labels)) return outcome.Drop(DropReason::kLimit);
    ++outcome.enqueued;
    if (!user) return;
    user->empty() ? impl_->Dismiss(session, now) : impl_->Identify(session, *user, now);
    impl_->GoOn(session, now);
  });
  return outcome;
}

Outcome Shard::Disconnect(const Selector& selector, const CloseFrame& frame, bool validate_only,
                          Now now) {
  Outcome outcome;
  impl_->directory.ForEach(selector, &outcome.not_found, [&](Session& session) {
    ++outcome.matched;
    if (validate_only) return;
    impl_->CloseSession(session, CloseCause::kDisconnect, frame, now);
    ++outcome.enqueued;
  });
  return outcome;
}

Outcome Shard::Ask(uint64_t ask, const Selector& selector, const std::string& method,
                   const Payload& params, Duration timeout, std::shared_ptr<AnswerSink> sink,
                   Now now) {
  Impl& impl = *impl_;
  Outcome outcome;
  impl.directory.ForEach(selector, &outcome.not_found, [&](Session& session) {
    ++outcome.matched;
    if (session.leaving) return outcome.Drop(DropReason::kLeaving);
    if (!impl.MayAsk(session)) return outcome.Drop(DropReason::kLimit);
    uint64_t number = session.next_ask++;
    auto request = session.dialect->EncodeRequest(session.dialect_state, number, method, params);
    if (!request) return outcome.Drop(DropReason::kUnsupported);
    if (auto drop = impl.Deliver(session, *request, now)) return outcome.Drop(*drop);
    impl.Await(session, ask, number, timeout, sink, now);
    impl.probe.client_calls.Add();
    ++outcome.enqueued;
  });
  return outcome;
}

void Shard::ForgetAsk(uint64_t ask) {
  impl_->asks.Forget(ask, [&](SessionKey key) {
    Session* session = impl_->sessions.Find(key);
    if (session) impl_->PartIfAtRest(*session);
    return session;
  });
}

size_t Shard::asks() const { return impl_->asks.size(); }

// --- Drains --------------------------------------------------------------------------------------

std::vector<SessionKey> Shard::Snapshot(const Selector& selector) const {
  std::vector<SessionKey> keys;
  impl_->directory.ForEach(selector, nullptr,
                           [&](Session& session) { keys.push_back(session.key); });
  return keys;
}

std::vector<SessionKey> Shard::SnapshotAll() const {
  std::vector<SessionKey> keys;
  impl_->sessions.ForEach([&](Session& session) {
    if (session.state != Session::State::kClosing) keys.push_back(session.key);
  });
  return keys;
}

void Shard::Refuse(const std::string& space, bool refuse) {
  if (refuse) {
    impl_->refused_spaces.insert(space);
  } else {
    impl_->refused_spaces.erase(space);
  }
}

// --- Queries -------------------------------------------------------------------------------------

uint64_t Shard::Count(const Selector& selector) const {
  return impl_->directory.Select(selector, nullptr).size();
}

ConnectionPage Shard::List(const Selector& selector, std::string_view after, size_t limit,
                           size_t bytes_max) const {
  std::vector<Session*> selected = impl_->directory.Select(selector, nullptr);
  std::erase_if(selected, [&](const Session* session) { return session->id <= after; });
  auto middle = selected.begin() + static_cast<ptrdiff_t>(std::min(limit, selected.size()));
  std::partial_sort(selected.begin(), middle, selected.end(),
                    [](const Session* a, const Session* b) { return a->id < b->id; });
  ConnectionPage page;
  size_t bytes = 0;
  for (auto it = selected.begin(); it != middle; ++it) {
    ConnectionView view = ViewOf(**it, bytes_max);
    bytes += SizeOf(view);
    if (bytes > bytes_max && !page.empty()) break;
    page.push_back(std::move(view));
  }
  page.more = page.size() < selected.size();
  return page;
}

std::vector<NamedCount> Shard::Namespaces(std::string_view after, size_t limit) const {
  return Page(impl_->directory.spaces(), after, limit,
              [](const Space& space) { return space.by_id.size(); });
}

std::vector<NamedCount> Shard::Channels(std::string_view space, std::string_view after,
                                        size_t limit) const {
  const Space* found = impl_->directory.FindSpace(space);
  if (!found) return {};
  return Page(found->channels, after, limit,
              [](const Group& channel) { return channel.members.size(); });
}

MethodsView Shard::Methods(std::string_view space) const { return impl_->methods.View(space); }

}  // namespace sluice::hub
