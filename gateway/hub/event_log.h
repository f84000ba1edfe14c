// SPDX-License-Identifier: Apache-2.0
//
// What happened to connections on this node, in one order, for whoever watches.
//
// The log keeps the newest events; a watcher is a cursor into them. One that falls behind what is
// kept loses the oldest, and is told how many it would have seen. Node thread only; shards hand
// their events over in batches (EventOutlet).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/thread_checker.h"

namespace sluice::hub {

struct ConnectionEvent {
  enum class Type : uint8_t {
    kOpened,
    kClosed,
    kTakenOver,
    kUserChanged,
    kJoined,
    kLeft,
    kRefused,
    kNamespaceEmpty,
    kAuthenticated,    // a signed token, a login or a backend said who it is
    kDeauthenticated,  // and it is nobody again
    kBadToken,         // it showed a token that was not good; `reason` says why
    kAborted,          // it left before it had opened
    kWarning,          // something of it went wrong without consequence; `reason` says what
    kWorkerEjected,    // a worker lets calls time out; `reason` says for how long it gets no more
    kWorkerReadmitted,
    // Two workers disagree on who may use a method or an event, `channel`; `reason` names them.
    // There is no connection.
    kAccessConflict,
    // Of what other nodes sent to this one something was lost, nobody knows how much: what was said
    // in `space`, or, if that is empty, anything. There is no connection.
    kMessagesLost,
    // A node is gone, and of the connections that it held this log has told all that it will. For
    // those who follow the logs of several nodes.
    kNodeGone,
  };
  static constexpr size_t kTypes = static_cast<size_t>(Type::kNodeGone) + 1;
  Type type = Type::kOpened;
  uint16_t code = 0;  // kClosed, kRefused
  absl::Time time;
  std::string space;
  std::string connection;
  std::string user;
  std::string channel;    // kJoined; kLeft, unless there are `channels`
  uint64_t sequence = 0;  // given by the log
  // What few events have, apart, since thousands are kept. Null: all of it is empty.
  struct More {
    std::string reason{};       // kLeft: why, if neither the client nor a backend wanted it
    std::string claims_json{};  // kAuthenticated: of its signed token, if it is by one
    std::string worker{};  // kWorkerEjected, kWorkerReadmitted: its name; `space` is the caller's
    // kClosed: who held it, if not this node: that has died. kMessagesLost: whose words; empty:
    // anybody's. kNodeGone: which.
    std::string node{};
    std::string traceparent{};  // of the upgrade: kOpened, kTakenOver, kRefused, kAborted
    // kLeft: what it left all at once, at most kLeftMax; more are told in several events.
    std::vector<std::string> channels{};
  };
  std::shared_ptr<const More> more{};
  static constexpr size_t kLeftMax = 64;

  const More& extras() const {
    static const More none;
    return more ? *more : none;
  }
};
// About what it takes, in memory and on the wire.
size_t SizeOf(const ConnectionEvent& event);

// Events that had no room on their way to the log: what is left of them.
struct LostEvents {
  std::array<uint64_t, ConnectionEvent::kTypes> by_type{};
  std::map<std::string, int64_t> open;  // opened less closed, by namespace; none is 0
  absl::Time time;                      // of the newest

  void Add(const ConnectionEvent& event);
};

// Where a shard's events go. Called on the shard's thread.
class EventOutlet {
 public:
  virtual ~EventOutlet() = default;
  virtual void Publish(std::vector<ConnectionEvent> events) = 0;
};

struct EventFilter {
  std::string space;   // empty: every one
  uint32_t types = 0;  // bit (1 << Type); 0: every one
  // Also what is told of other nodes' connections, and kNodeGone whatever is asked for.
  bool cluster = false;
  bool Matches(const ConnectionEvent& event) const;
  bool MatchesType(ConnectionEvent::Type type) const;
};

class EventLog {
 public:
  using WatcherId = uint64_t;
  struct Options {
    size_t kept = 10000;            // events (--events-kept)
    size_t kept_bytes = 16 << 20;   // of them (--events-bytes)
    size_t watchers_max = 64;       // --watchers-max
    size_t queue_bytes = 64 << 20;  // on their way to the node thread (--home-queue-bytes)
  };
  struct Batch {
    std::vector<std::shared_ptr<const ConnectionEvent>> events;
    uint64_t lost = 0;      // matching events lost just before the first
    uint64_t position = 0;  // the last event that the watcher has passed, matching or not
  };

  explicit EventLog(const Options& options) : options_(options) {}

  void Append(std::vector<ConnectionEvent> events);

  // Watchers are told of them where they would have come: a watcher of one namespace of those of
  // all, since nobody knows any more whose they were.
  void AppendLost(const LostEvents& lost);

  // The newest event's sequence; 0 before the first.
  uint64_t position() const { return next_ - 1; }
  // That of the one before the oldest that is kept: the first that can be watched behind.
  uint64_t before_kept() const { return next_ - 1 - kept_.size(); }

  // Whom a watcher serves. Those of other nodes' streams are short-lived, and bounded there.
  enum class Whose : uint8_t { kOwn, kAnotherNodes };

  // Starts watching behind `after`. `ready` is called (on this thread, also from within Watch) when
  // Take would return something, and not again before Take was called; take until nothing comes.
  // RESOURCE_EXHAUSTED: watchers_max; OUT_OF_RANGE: `after` is not within what is kept.
  absl::StatusOr<WatcherId> Watch(EventFilter filter, uint64_t after,
                                  absl::AnyInvocable<void()> ready, Whose whose = Whose::kOwn);
  // At most `max` events, as many as fit into `bytes_max`; one that is larger by itself is lost.
  Batch Take(WatcherId id, size_t max, size_t bytes_max);
  void Unwatch(WatcherId id);

  size_t watchers() const { return own_watchers_; }
  uint64_t lost_total() const { return lost_total_; }
  size_t kept_bytes() const { return kept_bytes_; }

 private:
  struct Watcher {
    EventFilter filter;
    Whose whose = Whose::kOwn;
    uint64_t next = 1;  // the first sequence not passed yet
    uint64_t lost = 0;
    bool notified = false;
    absl::AnyInvocable<void()> ready;
  };
  using Counts = decltype(LostEvents::by_type);
  // One place in the order: an event, or how many were lost there.
  struct Entry {
    std::shared_ptr<const ConnectionEvent> event;
    std::unique_ptr<const Counts> lost;
  };
  static uint64_t CountFor(const EventFilter& filter, const Entry& entry);
  static size_t SizeOfEntry(const Entry& entry);
  bool CountSpace(const std::string& space, int64_t change);
  void Keep(ConnectionEvent event);
  void Keep(Entry entry);
  void Evict();
  const Entry& At(uint64_t sequence) const { return kept_[sequence - (next_ - kept_.size())]; }
  void Pass(Watcher& watcher);
  bool HasMore(Watcher& watcher);
  void NotifyAll();
  void Notify(Watcher& watcher);

  [[no_unique_address]] ThreadChecker thread_;
  Options options_;
  uint64_t next_ = 1;
  std::deque<Entry> kept_;
  size_t kept_bytes_ = 0;
  std::map<std::string, uint64_t> open_;  // connections, by namespace
  std::map<WatcherId, Watcher> watchers_;
  size_t own_watchers_ = 0;
  WatcherId next_watcher_ = 1;
  uint64_t lost_total_ = 0;
};

}  // namespace sluice::hub
