// SPDX-License-Identifier: Apache-2.0
#include "control/event_stream.h"

#include <memory>
#include <optional>
#include <utility>

#include "control/pulled_stream.h"
#include "control/status.h"
#include "control/values.h"
#include "control/views.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

constexpr size_t kBatchMax = 256;  // events in one message

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

class EventStream final : public PulledStream<v1::WatchEventsResponse> {
 public:
  EventStream(const Node& node, ControlProbe& probe, hub::EventFilter filter, bool left_together,
              std::optional<uint64_t> after)
      : PulledStream(Rpc::kWatchEvents, node, probe),
        filter_(std::move(filter)),
        left_together_(left_together),
        after_(after),
        probe_(probe) {
    probe_.watchers.Add(1);
  }
  ~EventStream() override { probe_.watchers.Add(-1); }

 private:
  absl::StatusOr<uint64_t> Open(absl::AnyInvocable<void()> ready) override {
    if (!after_) after_ = node_.events.position();
    auto watcher = node_.events.Watch(filter_, *after_, std::move(ready));
    if (!watcher.ok()) return Explain(watcher.status());
    return watcher;
  }

  std::optional<v1::WatchEventsResponse> Greeting() override {
    v1::WatchEventsResponse first;
    SetPosition(*after_, first);
    return first;
  }

  std::optional<v1::WatchEventsResponse> Take(uint64_t id) override {
    uint64_t newest = node_.events.position();
    hub::EventLog::Batch batch = node_.events.Take(id, kBatchMax, node_.limits.response_bytes);
    if (batch.events.empty() && batch.lost == 0) return std::nullopt;
    v1::WatchEventsResponse response;
    for (const auto& event : batch.events) AddEvent(*event, left_together_, response);
    response.set_lost(batch.lost);
    response.set_backlog(newest - batch.position);
    SetPosition(batch.position, response);
    probe_.events_sent.Add(static_cast<uint64_t>(response.events_size()));
    probe_.events_lost.Add(batch.lost);
    probe_.watcher_lag.Observe(static_cast<double>(newest - batch.position));
    return response;
  }

  void Close(uint64_t id) override { node_.events.Unwatch(id); }

  void SetPosition(uint64_t sequence, v1::WatchEventsResponse& response) const {
    response.mutable_position()->set_epoch(text::ToUtf8(node_.epoch));
    response.mutable_position()->set_sequence(sequence);
    response.set_node(text::ToUtf8(node_.name));
  }

  const hub::EventFilter filter_;
  const bool left_together_;
  std::optional<uint64_t> after_;
  ControlProbe& probe_;
};

}  // namespace

absl::StatusOr<hub::EventFilter> ToFilter(const v1::WatchEventsRequest& request) {
  hub::EventFilter filter;
  if (!request.namespace_().empty()) {
    auto status = CheckNamespace(request.namespace_(), "namespace");
    if (!status.ok()) return status;
    filter.space = request.namespace_();
  }
  for (int type : request.types()) {
    if (type == v1::ConnectionEvent::TYPE_UNSPECIFIED || !v1::ConnectionEvent::Type_IsValid(type)) {
      return Invalid("TYPE_INVALID", "types", "no such type of event");
    }
    filter.types |= uint32_t{1} << (type - 1);
  }
  return filter;
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* StreamEvents(
    const v1::WatchEventsRequest& request, absl::Status admitted, const Node& node,
    ControlProbe& probe) {
  std::optional<uint64_t> after;
  if (admitted.ok() && request.has_after()) {
    if (request.after().epoch() != node.epoch) admitted = EventsGone();
    after = request.after().sequence();
  }
  auto filter = ToFilter(request);
  if (admitted.ok()) admitted = filter.status();
  auto stream = std::make_shared<EventStream>(node, probe,
                                              filter.ok() ? *std::move(filter) : hub::EventFilter(),
                                              request.left_together(), after);
  auto* reactor = stream->Keep(stream);
  if (admitted.ok()) {
    stream->Begin(stream);
  } else {
    stream->Fail(std::move(admitted));
  }
  return reactor;
}

}  // namespace sluice::control
