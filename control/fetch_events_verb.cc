// SPDX-License-Identifier: Apache-2.0
#include "control/fetch_events_verb.h"

#include <memory>
#include <optional>
#include <string>

#include "control/done.h"
#include "control/drain_book.h"
#include "control/event_page.h"
#include "control/status.h"
#include "control/values.h"
#include "storage/executor.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

using internal::v1::FetchEventsRequest;
using internal::v1::FetchEventsResponse;

// Part of what nodes promise one another (internal/v1/cluster.proto), so no option.
constexpr absl::Duration kWaitMax = absl::Minutes(1);

// Behind what it reads. `gap`: what comes first is not kept any more.
struct Place {
  uint64_t after = 0;
  bool gap = false;
};

Place PlaceOf(const Node& node, const FetchEventsRequest& request) {
  const hub::EventLog& log = node.events;
  if (!request.has_after()) return {log.position()};
  // Of another life of the node nothing is kept: this one from its beginning.
  const bool ours = request.after().epoch() == node.epoch;
  const uint64_t after = ours ? request.after().sequence() : 0;
  if (after >= log.before_kept() && after <= log.position()) return {after};
  return {log.before_kept(), true};
}

// One that waits for the first event; home thread.
class Wait final : public std::enable_shared_from_this<Wait> {
 public:
  Wait(const Node& node, uint64_t after, bool gap, Done<FetchEventsResponse> done)
      : node_(node), after_(after), gap_(gap), done_(std::move(done)) {}

  void Begin(hub::EventFilter filter, Instant until) {
    auto watcher = node_.events.Watch(
        std::move(filter), after_,
        [self = shared_from_this()] {
          // Told from within the log.
          self->node_.home.Post([self](Now) { self->End(/*ready=*/true); });
        },
        hub::EventLog::Whose::kAnotherNodes);
    if (!watcher.ok()) return std::exchange(done_, {})(watcher.status());
    watcher_ = *watcher;
    WaitUntil(until);
  }

 private:
  void WaitUntil(Instant until) {
    node_.drains.OnNextTick([self = shared_from_this(), until](Now now) {
      if (!self->done_) return;
      if (now < until) return self->WaitUntil(until);
      self->End(/*ready=*/false);
    });
  }

  // Nothing that matches: it has passed all that there is.
  void End(bool ready) {
    if (!done_) return;
    FetchEventsResponse response;
    *response.mutable_page() = At(node_, ready ? after_ : node_.events.position());
    response.set_gap(gap_);
    response.set_ready(ready);
    node_.events.Unwatch(watcher_);
    std::exchange(done_, {})(std::move(response));
  }

  const Node& node_;
  const uint64_t after_;
  const bool gap_;
  Done<FetchEventsResponse> done_;
  hub::EventLog::WatcherId watcher_ = 0;
};

absl::StatusOr<FetchEventsResponse> Fetch(const Node& node, hub::EventFilter filter, Place place,
                                          bool left_together) {
  auto watcher =
      node.events.Watch(std::move(filter), place.after, [] {}, hub::EventLog::Whose::kAnotherNodes);
  if (!watcher.ok()) return watcher.status();
  EventPage page = TakePage(node, *watcher, left_together);
  node.events.Unwatch(*watcher);
  FetchEventsResponse response;
  *response.mutable_page() = std::move(page.response);
  response.set_gap(place.gap);
  for (std::string& name : page.gone) response.add_gone_bytes(std::move(name));
  return response;
}

}  // namespace

absl::StatusOr<FetchEventsVerb> FetchEventsVerb::Make(const Node&, const Request& request) {
  auto filter = ToFilter(request.watch());
  if (!filter.ok()) return filter.status();
  filter->cluster = true;
  absl::Duration wait = absl::ZeroDuration();
  if (request.has_wait()) wait = ToDuration(request.wait()).value_or(absl::InfiniteDuration());
  if (wait < absl::ZeroDuration() || wait > kWaitMax) {
    return Invalid("FIELD_INVALID", "wait", "a wait is at most a minute");
  }
  return FetchEventsVerb(request, *std::move(filter), wait);
}

void FetchEventsVerb::Run(const Node& node, Done<Response> done) && {
  node.home.Post([&node, request = std::move(request_), filter = std::move(filter_), wait = wait_,
                  done = std::move(done)](Now now) mutable {
    const Place place = PlaceOf(node, request);
    if (request.has_wait()) {
      return std::make_shared<Wait>(node, place.after, place.gap, std::move(done))
          ->Begin(std::move(filter), now.steady + wait);
    }
    done(Fetch(node, std::move(filter), place, request.watch().left_together()));
  });
}

}  // namespace sluice::control
