// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/event_relay.h"

#include <string>
#include <utility>

#include "text/traceparent.h"

namespace sluice::server {
namespace {

using Type = hub::ConnectionEvent::Type;

std::string_view NameOf(Type type) {
  switch (type) {
    case Type::kOpened:
      return "connection opened";
    case Type::kClosed:
      return "connection closed";
    case Type::kTakenOver:
      return "connection taken over";
    case Type::kUserChanged:
      return "user changed";
    case Type::kJoined:
      return "channel joined";
    case Type::kLeft:
      return "channel left";
    case Type::kRefused:
      return "connection refused";
    case Type::kNamespaceEmpty:
      return "namespace empty";
    case Type::kAuthenticated:
      return "authenticated";
    case Type::kDeauthenticated:
      return "deauthenticated";
    case Type::kBadToken:
      return "bad token";
    case Type::kAborted:
      return "connection aborted";
    case Type::kWarning:
      return "warning";
    case Type::kWorkerEjected:
      return "worker ejected";
    case Type::kWorkerReadmitted:
      return "worker readmitted";
    case Type::kAccessConflict:
      return "workers disagree on access";
    case Type::kMessagesLost:
      return "messages of other nodes lost";
    case Type::kNodeGone:
      return "node gone";
  }
  return "";
}

}  // namespace

void EventRelay::Publish(std::vector<hub::ConnectionEvent> events) {
  const bool all = log_.debugs();
  for (const hub::ConnectionEvent& event : events) {
    if (event.type == Type::kBadToken) refusals_.BadToken(event);
    if (all || !event.extras().worker.empty()) Show(event);
  }
  if (Queue(std::move(events))) {
    home_.Post([this](Now) { Fetch(); });
  }
}

// Whether somebody must come for them.
bool EventRelay::Queue(std::vector<hub::ConnectionEvent> events) {
  if (events.empty()) return false;
  absl::MutexLock lock(&mutex_);
  for (hub::ConnectionEvent& event : events) {
    const size_t size = SizeOf(event);
    full_ = full_ || queue_bytes_ + size > options_.queue_bytes;
    if (full_) {
      lost_.Add(event);
      dropped_.Add();
      continue;
    }
    queue_bytes_ += size;
    queue_.push_back(std::move(event));
    pending_.Add(1);
  }
  return !std::exchange(posted_, true);
}

void EventRelay::Fetch() {
  std::vector<hub::ConnectionEvent> queue;
  hub::LostEvents lost;
  bool full = false;
  {
    absl::MutexLock lock(&mutex_);
    posted_ = false;
    queue.swap(queue_);
    queue_bytes_ = 0;
    full = std::exchange(full_, false);
    lost = std::exchange(lost_, {});
  }
  pending_.Add(-static_cast<int64_t>(queue.size()));
  events_.Append(std::move(queue));
  if (full) events_.AppendLost(lost);
}

void EventRelay::ShowTrace(const hub::ConnectionEvent& event) const {
  const std::string_view trace = text::TraceIdOf(event.extras().traceparent);
  if (trace.empty()) return;
  log_.Debug("client's trace", {{"namespace", event.space},
                                {"connection", event.connection},
                                {"trace", std::string(trace)}});
}

void EventRelay::Show(const hub::ConnectionEvent& event) const {
  ShowTrace(event);
  switch (event.type) {
    case Type::kClosed:
    case Type::kRefused:
      return log_.Debug(NameOf(event.type), {{"namespace", event.space},
                                             {"connection", event.connection},
                                             {"code", std::to_string(event.code)},
                                             {"reason", event.extras().reason}});
    case Type::kAccessConflict:
      return log_.Debug(
          NameOf(event.type),
          {{"namespace", event.space}, {"name", event.channel}, {"reason", event.extras().reason}});
    case Type::kLeft:
      for (const std::string& channel : event.extras().channels) {
        log_.Debug(
            NameOf(event.type),
            {{"namespace", event.space}, {"connection", event.connection}, {"channel", channel}});
      }
      if (!event.extras().channels.empty()) return;
      [[fallthrough]];
    case Type::kJoined:
      return log_.Debug(NameOf(event.type), {{"namespace", event.space},
                                             {"connection", event.connection},
                                             {"channel", event.channel}});
    case Type::kWorkerEjected:
      return log_.Warn(NameOf(event.type), {{"worker", event.extras().worker},
                                            {"namespace", event.space},
                                            {"why", event.extras().reason}});
    case Type::kWorkerReadmitted:
      return log_.Info(NameOf(event.type), {{"worker", event.extras().worker},
                                            {"namespace", event.space},
                                            {"why", event.extras().reason}});
    default:
      return log_.Debug(
          NameOf(event.type),
          {{"namespace", event.space}, {"connection", event.connection}, {"user", event.user}});
  }
}

}  // namespace sluice::server
