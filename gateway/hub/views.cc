// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/views.h"

#include <algorithm>
#include <utility>

#include "gateway/hub/directory.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/sessions.h"

namespace sluice::hub {
namespace {

// About what protobuf adds to a string: its tag and its length.
constexpr size_t kFieldBytes = 4;

// A session's channels by name, as many as fit.
std::vector<std::string> NamesOf(const Session& session, size_t bytes_max) {
  std::vector<std::string_view> names;
  names.reserve(session.places.channels.size());
  for (const Membership& place : session.places.channels) names.push_back(place.group->name);
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
  view.space = session.space->name;
  view.id = session.who.id;
  view.user = session.who.user;
  view.labels = session.who.labels;
  view.dialect = session.dialect->id();
  view.channels = NamesOf(session, bytes_max / 2);
  view.channel_count = static_cast<uint32_t>(session.places.channels.size());
  view.remote_address = session.origin.upgrade.remote_address;
  view.connected_at = session.origin.connected_at;
  view.authenticated = session.who.authenticated;
  view.outbox_bytes = session.socket->outbox().size();
  view.calls_in_flight = static_cast<uint32_t>(session.under_way.calls.size());
  return view;
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

uint64_t Views::Count(const Selector& selector) const {
  return directory_.Select(selector, nullptr).size();
}

ConnectionPage Views::List(const Selector& selector, std::string_view after, size_t limit,
                           size_t bytes_max) const {
  std::vector<Session*> selected = directory_.Select(selector, nullptr);
  std::erase_if(selected, [&](const Session* session) { return session->who.id <= after; });
  auto middle = selected.begin() + static_cast<ptrdiff_t>(std::min(limit, selected.size()));
  std::partial_sort(selected.begin(), middle, selected.end(),
                    [](const Session* a, const Session* b) { return a->who.id < b->who.id; });
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

// Those that somebody is in.
std::vector<NamedCount> Views::Namespaces(std::string_view after, size_t limit) const {
  std::vector<NamedCount> page;
  const auto& all = spaces_.all();
  for (auto it = all.upper_bound(after); it != all.end() && page.size() < limit; ++it) {
    const size_t count = it->second->by_id.size();
    if (count > 0) page.push_back({it->second->name, count});
  }
  return page;
}

std::vector<NamedCount> Views::Channels(std::string_view space, std::string_view after,
                                        size_t limit) const {
  std::vector<NamedCount> page;
  const Namespace* found = spaces_.Find(space);
  if (!found) return page;
  const auto& all = found->channels;
  for (auto it = all.upper_bound(after); it != all.end() && page.size() < limit; ++it) {
    page.push_back({it->second->name, it->second->members.size()});
  }
  return page;
}

MethodsView Views::Methods(std::string_view space, const MethodsRange& range) const {
  return methods_.View(space, range);
}

std::vector<SessionKey> Views::Keys(const Selector& selector) const {
  std::vector<SessionKey> keys;
  directory_.ForEach(selector, nullptr, [&](Session& session) { keys.push_back(session.key); });
  return keys;
}

std::vector<SessionKey> Views::AllKeys() const {
  std::vector<SessionKey> keys;
  sessions_.ForEach([&](Session& session) {
    if (session.state != Session::State::kClosing) keys.push_back(session.key);
  });
  return keys;
}

}  // namespace sluice::hub
