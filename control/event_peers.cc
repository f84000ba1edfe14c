// SPDX-License-Identifier: Apache-2.0
#include "control/event_peers.h"

#include <algorithm>
#include <utility>

#include "control/drain_book.h"
#include "control/fetch_events_verb.h"
#include "control/values.h"
#include "storage/broker.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

using State = v1::WatchEventsResponse;

// How long an ask waits on the other node; what a cut line has swallowed costs as long. No option:
// an event ends the wait, so it decides about nothing but a message in so many seconds.
constexpr absl::Duration kWait = absl::Seconds(5);
// Until a node that did not answer is asked again. No option: what it costs is a message.
constexpr absl::Duration kRest = absl::Seconds(1);
// Positions of nodes that have gone, in case that they come back. No option: a stream may begin
// with as many (event_stream.cc).
constexpr size_t kPositionsMax = 1000;

v1::WatchEventsRequest WithoutPositions(v1::WatchEventsRequest request) {
  request.clear_after();
  return request;
}

}  // namespace

EventPeers::EventPeers(Cluster& cluster, const v1::WatchEventsRequest& watch,
                       std::function<void()> ready)
    : cluster_(cluster),
      watch_(WithoutPositions(watch)),
      ready_(std::move(ready)),
      resumed_(watch.after_size() > 0) {
  for (const v1::Position& position : watch.after()) {
    const Node& self = cluster.node();
    const bool ours = position.node() == self.name && position.epoch() == self.epoch;
    if (!position.node().empty() && !ours) after_[position.node()] = position;
  }
}

// --- Who is there --------------------------------------------------------------------------------

void EventPeers::Begin(Now now) {
  Tick(now);
  begun_ = true;
  // Who was followed before and is not there.
  for (const auto& [node, position] : after_) {
    feeds_.push_back({.node = node, .at = position, .mode = Mode::kGone, .since = now.steady});
  }
}

void EventPeers::TickLater() {
  cluster_.node().drains.OnNextTick([weak = weak_from_this()](Now now) {
    if (auto self = weak.lock()) self->Tick(now);
  });
}

void EventPeers::Tick(Now now) {
  const std::set<std::string> here = cluster_.node().broker.peers();
  for (Feed& feed : feeds_) {
    if (feed.mode != Mode::kGone && !here.contains(feed.node)) Go(feed, now);
  }
  for (const std::string& node : here) {
    Feed* feed = FindLive(node);
    if (feed == nullptr) {
      Come(node, now);
    } else if (feed->mode == Mode::kResting && now >= feed->again) {
      Poll(*feed);
    }
  }
  EndBuried(now);
  if (!states_.empty()) ready_();
  TickLater();
}

// Who comes later is followed from its beginning; who comes back, from where it was left.
void EventPeers::Come(const std::string& node, Now now) {
  Feed feed{.node = node, .at = std::nullopt, .since = now.steady};
  if (auto left = after_.extract(node); !left.empty()) {
    feed.at = std::move(left.mapped());
    feeds_.remove_if([&](const Feed& gone) { return gone.node == node && !gone.followed; });
  } else if (begun_ || resumed_) {
    feed.at.emplace();
  }
  feeds_.push_back(std::move(feed));
  Poll(feeds_.back());
}

void EventPeers::Go(Feed& feed, Now now) {
  feed.mode = Mode::kGone;
  feed.since = now.steady;
  const bool room = after_.size() < kPositionsMax || after_.contains(feed.node);
  if (feed.at && room) after_[feed.node] = *feed.at;
  if (feed.at && !room) cluster_.probe().positions_dropped.Add();
  ready_();
}

void EventPeers::OnBuried(const std::string& gone, const std::string& by) {
  auto named = [&](const Feed& one) { return one.node == gone; };
  if (gone == by) {  // a farewell, of the life that is followed
    auto feed = std::find_if(feeds_.rbegin(), feeds_.rend(), named);
    if (feed != feeds_.rend()) feed->buried_by.insert(by);
    return;
  }
  // The oldest life of it.
  auto feed = std::find_if(feeds_.begin(), feeds_.end(), named);
  if (feed != feeds_.end()) feed->buried_by.insert(by);
}

void EventPeers::EndBuried(Now now) {
  for (auto next = feeds_.begin(); next != feeds_.end();) {
    const auto feed = next++;
    if (feed->mode != Mode::kGone || HasPage(*feed)) continue;
    const bool buried = IsBuried(*feed);
    if (!buried && now.steady - feed->since < cluster_.node().limits.node_end_timeout) continue;
    if (!buried) cluster_.probe().ends_unconfirmed.Add();
    End(*feed);
    feeds_.erase(feed);
  }
}

// What it has told last was perhaps not fetched, unless that was a farewell.
void EventPeers::End(const Feed& feed) {
  Say(feed, State::NODE_STATE_ENDED, /*gap=*/!feed.buried_by.contains(feed.node));
}

bool EventPeers::IsBuried(const Feed& gone) const {
  if (gone.buried_by.contains(gone.node)) return true;
  if (!gone.buried_by.contains(cluster_.node().name)) return false;
  return std::all_of(feeds_.begin(), feeds_.end(), [&](const Feed& other) {
    return other.mode == Mode::kGone || other.since > gone.since ||
           gone.buried_by.contains(other.node);
  });
}

EventPeers::Feed* EventPeers::FindLive(const std::string& node) {
  auto feed = std::find_if(feeds_.begin(), feeds_.end(), [&](const Feed& one) {
    return one.node == node && one.mode != Mode::kGone;
  });
  return feed == feeds_.end() ? nullptr : &*feed;
}

bool EventPeers::settled() const {
  return std::all_of(feeds_.begin(), feeds_.end(), [](const Feed& feed) {
    return feed.followed || feed.silent || feed.mode == Mode::kGone;
  });
}

// --- What they say -------------------------------------------------------------------------------

void EventPeers::Poll(Feed& feed) {
  feed.mode = Mode::kAsking;
  // The first time it only says where it stands.
  Ask(feed, feed.followed ? kWait : absl::ZeroDuration());
}

// Each in turn.
void EventPeers::Fetch() {
  auto ready = feeds_.end();
  for (auto feed = feeds_.begin(); feed != feeds_.end(); ++feed) {
    if (feed->mode == Mode::kFetching) return;
    if (feed->mode == Mode::kReady && ready == feeds_.end()) ready = feed;
  }
  if (ready == feeds_.end()) return;
  feeds_.splice(feeds_.end(), feeds_, ready);
  ready->mode = Mode::kFetching;
  Ask(*ready, std::nullopt);
}

void EventPeers::Ask(Feed& feed, std::optional<absl::Duration> wait) {
  internal::v1::FetchEventsRequest request;
  *request.mutable_watch() = watch_;
  if (feed.at) *request.mutable_after() = *feed.at;
  if (wait) *request.mutable_wait() = ToProto(*wait);
  const absl::Duration patience =
      cluster_.node().limits.cluster_timeout + wait.value_or(absl::ZeroDuration());
  feed.ask = ++asks_;
  cluster_.AskOne<FetchEventsVerb>(feed.node, request, patience,
                                   [weak = weak_from_this(), node = feed.node, ask = feed.ask](
                                       absl::StatusOr<Reply> reply, Now now) {
                                     if (auto self = weak.lock())
                                       self->OnReply(node, ask, std::move(reply), now);
                                   });
}

void EventPeers::OnReply(const std::string& node, uint64_t ask, absl::StatusOr<Reply> reply,
                         Now now) {
  Feed* feed = FindLive(node);
  // It has gone meanwhile; if it is back, it is asked anew.
  if (feed == nullptr || feed->ask != ask) return;
  if (!reply.ok()) return OnSilence(*feed, now);
  const v1::Position& position = reply->page().position();
  const bool another_life = feed->at && feed->at->epoch() != position.epoch();
  if (another_life || !feed->followed) BeginLife(*feed, position, now);
  const bool anew = !feed->followed || feed->silent;
  feed->followed = true;
  feed->silent = false;
  if (feed->mode == Mode::kFetching) {
    TakeFetched(*feed, *std::move(reply));
  } else {
    feed->at = position;
    if (anew || reply->gap()) Say(*feed, State::NODE_STATE_FOLLOWED, reply->gap());
    reply->ready() ? void(feed->mode = Mode::kReady) : Poll(*feed);
  }
  ready_();
}

void EventPeers::TakeFetched(Feed& feed, Reply reply) {
  feed.at = reply.page().position();
  const bool more = reply.page().backlog() > 0;
  reply.mutable_page()->set_gap(reply.gap());
  page_ = std::move(reply);
  page_node_ = feed.node;
  more ? void(feed.mode = Mode::kReady) : Poll(feed);
}

// A life of the node that was followed, or was to be, has ended, perhaps unseen; or nothing was
// known of it.
void EventPeers::BeginLife(Feed& feed, const v1::Position& position, Now now) {
  auto ended = [&](const Feed& one) {
    return one.node == feed.node && one.mode == Mode::kGone && one.at;
  };
  // It is back, and was not dead.
  feeds_.remove_if([&](const Feed& one) {
    const bool same = ended(one) && one.at->epoch() == position.epoch();
    if (same) End(one);
    return same;
  });
  const std::string before = feed.at ? feed.at->epoch() : "";
  if (before == position.epoch()) return;
  const bool known = std::any_of(feeds_.begin(), feeds_.end(), [&](const Feed& one) {
    return ended(one) && one.at->epoch() == before;
  });
  if (!before.empty() && !known) {
    Feed gone = feed;
    gone.mode = Mode::kGone;
    gone.since = now.steady;
    feeds_.push_front(std::move(gone));
  }
  feed.followed = false;
  feed.buried_by.clear();
}

void EventPeers::OnSilence(Feed& feed, Now now) {
  feed.mode = Mode::kResting;
  feed.again = now.steady + kRest;
  if (!cluster_.node().broker.peers().contains(feed.node)) return;  // it has gone
  if (std::exchange(feed.silent, true)) return;
  Say(feed, State::NODE_STATE_SILENT, /*gap=*/false);
  ready_();
}

void EventPeers::Say(const Feed& feed, Response::NodeState state, bool gap) {
  Response said;
  said.set_node(text::ToUtf8(feed.node));
  said.set_state(state);
  if (feed.at && state != State::NODE_STATE_SILENT) {
    *said.mutable_position() = *feed.at;
    said.mutable_position()->set_node(text::ToUtf8(feed.node));
  }
  // Of what has not been taken yet the latest matters.
  auto waiting = std::find_if(states_.begin(), states_.end(), [&](const Response& one) {
    return one.node() == said.node() && one.state() != State::NODE_STATE_ENDED;
  });
  if (waiting != states_.end() && state != State::NODE_STATE_ENDED) {
    gap = gap || waiting->gap();
    states_.erase(waiting);
  }
  said.set_gap(gap);
  states_.push_back(std::move(said));
}

std::optional<EventPeers::Response> EventPeers::TakeState() {
  if (states_.empty() || (page_ && states_.front().node() == page_node_)) return std::nullopt;
  Response said = std::move(states_.front());
  states_.pop_front();
  return said;
}

std::optional<EventPeers::Response> EventPeers::TakePage() {
  if (!page_) {
    Fetch();
    return std::nullopt;
  }
  Reply page = *std::exchange(page_, std::nullopt);
  for (const std::string& gone : page.gone_bytes()) OnBuried(gone, page_node_);
  // States of its node that came meanwhile are told before the next page.
  if (states_.empty()) Fetch();
  const bool says = page.page().events_size() > 0 || page.page().lost() > 0 || page.page().gap();
  if (!says) return std::nullopt;
  return std::move(*page.mutable_page());
}

}  // namespace sluice::control
