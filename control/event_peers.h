// SPDX-License-Identifier: Apache-2.0
//
// The events of the other nodes, for one WatchEvents stream: each node's log is read from afar, in
// its order, as fast as the stream is written. Here is kept a position for each node, and one page.
//
// A node is asked whether there is something behind the position (the ask waits there, a few
// seconds), and for a page only when the stream has room. Who is there is looked up at each tick.
// A node that is not there any more is gone; that it has ended is said once every other node that
// was there has said in its log that it has told of all that the gone one left behind
// (storage/presence.h, OnBuried), so that it comes behind the CLOSED of each connection; or after
// --node-end-timeout. Of a node that has left in peace its own farewell is enough.
//
// Home thread only. Whoever holds the last reference ends it.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/cluster.h"
#include "sluice/internal/v1/cluster.pb.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class EventPeers : public std::enable_shared_from_this<EventPeers> {
 public:
  using Response = v1::WatchEventsResponse;

  // `watch` says of which events, and behind which positions if there are any. `ready` may be
  // called whenever one of the others gives something. `cluster` outlives this.
  EventPeers(Cluster& cluster, const v1::WatchEventsRequest& watch, std::function<void()> ready);
  void Begin(Now now);

  // What became of a node, in its order among what TakePage gives: call it first.
  std::optional<Response> TakeState();
  // A page, if there is one; fetches the next one.
  std::optional<Response> TakePage();
  // Of each node that was there at the beginning it is known from where it is followed, or that it
  // is silent.
  bool settled() const;

  // The log of `by` has told all of what `gone` has left behind.
  void OnBuried(const std::string& gone, const std::string& by);

 private:
  enum class Mode {
    kAsking,    // there is an ask under way
    kReady,     // it has something
    kFetching,  // the page is under way
    kResting,   // it did not answer: asked again at `again`
    kGone,
  };
  // One life of one node.
  struct Feed {
    std::string node;
    std::optional<v1::Position> at;  // nothing: from now on
    Mode mode = Mode::kAsking;
    bool followed = false;  // and that was said
    bool silent = false;    // and that was said
    Instant since;          // it came, or is gone
    Instant again{};
    uint64_t ask = 0;                   // the one under way
    std::set<std::string> buried_by{};  // nodes that have told of it
  };
  using Feeds = std::list<Feed>;
  using Reply = internal::v1::FetchEventsResponse;

  void TickLater();
  void Tick(Now now);
  void Come(const std::string& node, Now now);
  void Go(Feed& feed, Now now);
  void EndBuried(Now now);
  bool HasPage(const Feed& feed) const { return page_ && page_node_ == feed.node; }
  // All that were there have told of what it left behind.
  bool IsBuried(const Feed& gone) const;

  void Poll(Feed& feed);
  void Fetch();
  void Ask(Feed& feed, std::optional<absl::Duration> wait);
  void OnReply(const std::string& node, uint64_t ask, absl::StatusOr<Reply> reply, Now now);
  void TakeFetched(Feed& feed, Reply reply);
  void OnSilence(Feed& feed, Now now);
  void BeginLife(Feed& feed, const v1::Position& position, Now now);
  void End(const Feed& feed);
  void Say(const Feed& feed, Response::NodeState state, bool gap);
  Feed* FindLive(const std::string& node);

  Cluster& cluster_;
  const v1::WatchEventsRequest watch_;  // without positions
  const std::function<void()> ready_;
  std::map<std::string, v1::Position> after_;  // where a node is followed from when it comes
  const bool resumed_;
  bool begun_ = false;
  uint64_t asks_ = 0;
  Feeds feeds_;
  // At most two for each life of a node.
  std::deque<Response> states_;
  // Taken before the states of its node.
  std::optional<Reply> page_;
  std::string page_node_;
};

}  // namespace sluice::control
