// SPDX-License-Identifier: Apache-2.0
#include "control/event_stream.h"

#include <memory>
#include <optional>
#include <utility>

#include "control/rpc_stream.h"
#include "control/status.h"
#include "control/values.h"
#include "control/views.h"

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

// Everything but gRPC's reactions happens at home: the log is there.
class EventStream final : public RpcStream<v1::WatchEventsResponse> {
 public:
  EventStream(const Node& node, ControlProbe& probe)
      : RpcStream(Rpc::kWatchEvents, probe), node_(node), probe_(probe) {
    probe_.watchers.Add(1);
  }
  ~EventStream() override { probe_.watchers.Add(-1); }

  void Begin(std::shared_ptr<EventStream> self, hub::EventFilter filter,
             std::optional<uint64_t> after) {
    me_ = self;
    node_.home.Post([self = std::move(self), filter = std::move(filter), after](absl::Time) {
      self->Open(self, filter, after);
    });
  }

 private:
  void Open(const std::shared_ptr<EventStream>& self, const hub::EventFilter& filter,
            std::optional<uint64_t> after) {
    if (gone_) return;
    uint64_t from = after.value_or(node_.events.position());
    // Told from within the log, so nothing is taken before it has finished what it does.
    auto watcher = node_.events.Watch(filter, from, [weak = std::weak_ptr(self)] {
      if (auto stream = weak.lock()) stream->PostTake(stream);
    });
    if (!watcher.ok()) return Fail(Explain(watcher.status()));
    watcher_ = *watcher;
    v1::WatchEventsResponse first;
    SetPosition(from, first);
    Push(std::move(first));
  }

  void PostTake(std::shared_ptr<EventStream> self) {
    node_.home.Post([self = std::move(self)](absl::Time) { self->Take(); });
  }

  // Takes no more than can be written now; what waits, waits in the log, which has a bound.
  void Take() {
    if (!watcher_ || !idle()) return;
    uint64_t newest = node_.events.position();
    hub::EventLog::Batch batch = node_.events.Take(*watcher_, kBatchMax);
    if (batch.events.empty() && batch.lost == 0) return;
    v1::WatchEventsResponse response;
    for (const auto& event : batch.events) *response.add_events() = ToProto(*event);
    response.set_lost(batch.lost);
    SetPosition(batch.position, response);
    probe_.events_sent.Add(batch.events.size());
    probe_.events_lost.Add(batch.lost);
    probe_.watcher_lag.Observe(static_cast<double>(newest - batch.position));
    Push(std::move(response));
  }

  void SetPosition(uint64_t sequence, v1::WatchEventsResponse& response) const {
    response.mutable_position()->set_epoch(node_.epoch);
    response.mutable_position()->set_sequence(sequence);
    response.set_node(node_.name);
  }

  void OnIdle() override {
    if (auto self = me_.lock()) PostTake(std::move(self));
  }

  void OnGone() override {
    auto self = me_.lock();
    if (!self) return;
    node_.home.Post([self](absl::Time) {
      self->gone_ = true;
      if (self->watcher_) self->node_.events.Unwatch(*self->watcher_);
      self->watcher_.reset();
    });
  }

  const Node& node_;
  ControlProbe& probe_;
  std::weak_ptr<EventStream> me_;  // set before gRPC knows the stream

  // Home thread only.
  bool gone_ = false;
  std::optional<hub::EventLog::WatcherId> watcher_;
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
  auto stream = std::make_shared<EventStream>(node, probe);
  auto* reactor = stream->Keep(stream);
  std::optional<uint64_t> after;
  if (admitted.ok() && request.has_after()) {
    if (request.after().epoch() != node.epoch) admitted = EventsGone();
    after = request.after().sequence();
  }
  auto filter = ToFilter(request);
  if (admitted.ok()) admitted = filter.status();
  if (admitted.ok()) {
    stream->Begin(stream, *std::move(filter), after);
  } else {
    stream->Fail(std::move(admitted));
  }
  return reactor;
}

}  // namespace sluice::control
