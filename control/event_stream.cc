// SPDX-License-Identifier: Apache-2.0
#include "control/event_stream.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "control/cluster.h"
#include "control/event_page.h"
#include "control/event_peers.h"
#include "control/pulled_stream.h"
#include "control/scope.h"
#include "control/status.h"
#include "gateway/hub/event_log.h"

namespace sluice::control {
namespace {

constexpr int kPositionsMax = 1000;

absl::Status EventsGone() {
  return Error(absl::StatusCode::kOutOfRange, "EVENTS_GONE",
               "the node does not keep what follows `after` (any more); list, then watch anew",
               "after");
}

absl::Status Explain(const absl::Status& status) {
  if (absl::IsOutOfRange(status)) return EventsGone();
  return WithRetry(Error(absl::StatusCode::kResourceExhausted, "WATCHERS_EXHAUSTED",
                         "too many watchers (--watchers-max)"),
                   absl::Seconds(5));
}

// A request that has been checked.
struct Plan {
  v1::WatchEventsRequest request;
  hub::EventFilter filter;  // of this node's events
  // Behind what of them, of whichever epoch; nothing: from now on.
  std::optional<v1::Position> after{};
  // What the node does not keep of that is an error. For those who follow several it is a gap.
  bool strict = true;
};

absl::StatusOr<Plan> ToPlan(const v1::WatchEventsRequest& request, const Node& node) {
  auto wide = SpansNodes(request);
  if (!wide.ok()) return wide.status();
  auto filter = ToFilter(request);
  if (!filter.ok()) return filter.status();
  if (request.after_size() > kPositionsMax) {
    return Invalid("FIELD_INVALID", "after", "at most 1000 positions");
  }
  filter->cluster = *wide;
  Plan plan{request, *std::move(filter)};
  for (const v1::Position& position : request.after()) {
    if (position.node().empty() || position.node() == node.name) plan.after = position;
  }
  plan.strict = !*wide || (plan.after && request.after_size() == 1);
  // Positions of others alone say that it has come since.
  if (!plan.after && request.after_size() > 0) plan.after.emplace();
  return plan;
}

class EventStream final : public PulledStream<v1::WatchEventsResponse> {
 public:
  EventStream(Cluster& cluster, ControlProbe& probe, Plan plan)
      : PulledStream(RpcOf<v1::WatchEventsRequest>(), cluster.node(), probe),
        cluster_(cluster),
        plan_(std::move(plan)),
        probe_(probe) {
    probe_.watchers.Add(1);
  }
  ~EventStream() override { probe_.watchers.Add(-1); }

 private:
  absl::StatusOr<uint64_t> Open(std::function<void()> ready, Now now) override {
    absl::Status status = FindPlace();
    if (!status.ok()) return status;
    auto watcher = node_.events.Watch(plan_.filter, after_, ready);
    if (!watcher.ok()) return Explain(watcher.status());
    if (plan_.filter.cluster) {
      peers_ = std::make_shared<EventPeers>(cluster_, plan_.request, std::move(ready));
      peers_->Begin(now);
    }
    return watcher;
  }

  // Where this node's events begin.
  absl::Status FindPlace() {
    const hub::EventLog& log = node_.events;
    after_ = log.position();
    if (!plan_.after) return absl::OkStatus();
    const bool ours = plan_.after->epoch() == node_.epoch;
    after_ = ours ? plan_.after->sequence() : 0;
    if (plan_.strict) return ours ? absl::OkStatus() : EventsGone();
    gap_ = after_ < log.before_kept() || after_ > log.position();
    if (gap_) after_ = log.before_kept();
    return absl::OkStatus();
  }

  std::optional<v1::WatchEventsResponse> Take(uint64_t id) override {
    if (peers_) {
      if (auto state = peers_->TakeState()) return Counted(*std::move(state));
      if (!greeted_ && !peers_->settled()) return std::nullopt;
    }
    if (!std::exchange(greeted_, true)) return Greeting();
    // This node and the others take turns.
    own_turn_ = !own_turn_;
    auto response = own_turn_ ? TakeOwn(id) : TakePeers();
    if (!response) response = own_turn_ ? TakePeers() : TakeOwn(id);
    return response;
  }

  v1::WatchEventsResponse Greeting() const {
    v1::WatchEventsResponse greeting = At(node_, after_);
    greeting.set_state(v1::WatchEventsResponse::NODE_STATE_FOLLOWED);
    greeting.set_gap(gap_);
    return greeting;
  }

  std::optional<v1::WatchEventsResponse> TakeOwn(uint64_t id) {
    EventPage page;
    do {
      page = TakePage(node_, id, plan_.request.left_together());
      for (const std::string& gone : page.gone) peers_->OnBuried(gone, node_.name);
    } while (!page.says_something() && !page.gone.empty());
    if (!page.says_something()) return std::nullopt;
    return Counted(std::move(page.response));
  }

  std::optional<v1::WatchEventsResponse> TakePeers() {
    auto page = peers_ ? peers_->TakePage() : std::nullopt;
    if (!page) return std::nullopt;
    return Counted(*std::move(page));
  }

  v1::WatchEventsResponse Counted(v1::WatchEventsResponse response) {
    probe_.events_sent.Add(static_cast<uint64_t>(response.events_size()));
    probe_.events_lost.Add(response.lost());
    probe_.events_gaps.Add(response.gap() ? 1 : 0);
    probe_.watcher_lag.Observe(static_cast<double>(response.backlog()));
    return response;
  }

  void Close(uint64_t id) override {
    peers_.reset();
    node_.events.Unwatch(id);
  }

  Cluster& cluster_;
  const Plan plan_;
  ControlProbe& probe_;

  // Home thread.
  std::shared_ptr<EventPeers> peers_;  // null: this node alone
  uint64_t after_ = 0;
  bool gap_ = false;
  bool greeted_ = false;
  bool own_turn_ = false;
};

}  // namespace

grpc::ServerWriteReactor<v1::WatchEventsResponse>* StreamEvents(
    const v1::WatchEventsRequest& request, absl::Status admitted, Cluster& cluster,
    ControlProbe& probe) {
  auto plan = ToPlan(request, cluster.node());
  if (admitted.ok()) admitted = plan.status();
  auto stream =
      std::make_shared<EventStream>(cluster, probe, plan.ok() ? *std::move(plan) : Plan());
  auto* reactor = stream->Keep(stream);
  if (admitted.ok()) {
    stream->Begin(stream);
  } else {
    stream->Fail(std::move(admitted));
  }
  return reactor;
}

}  // namespace sluice::control
