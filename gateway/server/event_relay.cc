// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/event_relay.h"

#include <string>
#include <utility>

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
  }
  return "";
}

}  // namespace

void EventRelay::Publish(std::vector<hub::ConnectionEvent> events) {
  const bool all = log_.debugs();
  for (const hub::ConnectionEvent& event : events) {
    if (event.type == Type::kBadToken) refusals_.BadToken(event);
    if (all || !event.worker.empty()) Show(event);
  }
  const auto count = static_cast<int64_t>(events.size());
  pending_.Add(count);
  home_.Post([this, count, events = std::move(events)](Now) mutable {
    pending_.Add(-count);
    events_.Append(std::move(events));
  });
}

void EventRelay::Show(const hub::ConnectionEvent& event) const {
  switch (event.type) {
    case Type::kClosed:
    case Type::kRefused:
      return log_.Debug(NameOf(event.type), {{"namespace", event.space},
                                             {"connection", event.connection},
                                             {"code", std::to_string(event.code)},
                                             {"reason", event.reason}});
    case Type::kAccessConflict:
      return log_.Debug(
          NameOf(event.type),
          {{"namespace", event.space}, {"name", event.channel}, {"reason", event.reason}});
    case Type::kLeft:
      for (const std::string& channel : event.channels) {
        log_.Debug(
            NameOf(event.type),
            {{"namespace", event.space}, {"connection", event.connection}, {"channel", channel}});
      }
      if (!event.channels.empty()) return;
      [[fallthrough]];
    case Type::kJoined:
      return log_.Debug(NameOf(event.type), {{"namespace", event.space},
                                             {"connection", event.connection},
                                             {"channel", event.channel}});
    case Type::kWorkerEjected:
      return log_.Warn(
          NameOf(event.type),
          {{"worker", event.worker}, {"namespace", event.space}, {"why", event.reason}});
    case Type::kWorkerReadmitted:
      return log_.Info(
          NameOf(event.type),
          {{"worker", event.worker}, {"namespace", event.space}, {"why", event.reason}});
    default:
      return log_.Debug(
          NameOf(event.type),
          {{"namespace", event.space}, {"connection", event.connection}, {"user", event.user}});
  }
}

}  // namespace sluice::server
