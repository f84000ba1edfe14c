// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/probe.h"

#include <string_view>

namespace sluice::storage::redis {
namespace {

void VisitCommands(const Probe& p, metrics::Visitor& v) {
  v.Count("redis_commands_total", "Commands sent to Redis, each try.", {}, p.commands.value());
  auto failed = [&v](std::string_view reason, const metrics::Counter& counter) {
    v.Count("redis_errors_total", "Commands that failed, by reason.", {{"reason", reason}},
            counter.value());
  };
  failed("queue_full", p.queue_full);
  failed("timeout", p.timeouts);
  failed("lost", p.lost);
  failed("reply", p.errors);
  v.Count("redis_retries_total", "Commands sent again since a slot was moved or not ready.", {},
          p.retries.value());
  v.Level("redis_queued_bytes", "Bytes of commands that are not answered yet.", {},
          static_cast<double>(p.queued_bytes.value()));
}

void VisitConnections(const Probe& p, metrics::Visitor& v) {
  v.Count("redis_connects_total", "Connections to Redis that became ready.", {{"result", "ready"}},
          p.connects.value());
  v.Count("redis_connects_total", "Connections to Redis that became ready.", {{"result", "failed"}},
          p.connects_failed.value());
  v.Count("redis_silent_total", "Connections closed because Redis did not answer any more.", {},
          p.silent.value());
  v.Count("redis_topology_asked_total", "Times that sentinels or a cluster were asked who serves.",
          {}, p.topology_asked.value());
}

void VisitSubscriptions(const Probe& p, metrics::Visitor& v) {
  v.Count("redis_messages_total", "Messages heard from Redis.", {}, p.messages.value());
  v.Count("redis_messages_strange_total", "Messages heard that nobody listens for.", {},
          p.messages_strange.value());
  v.Count("redis_gaps_total", "Subscriptions that were cut: messages may be missing.", {},
          p.gaps.value());
  v.Level("redis_subscriptions", "Channels that are listened on.", {},
          static_cast<double>(p.subscriptions.value()));
  v.Level("redis_subscriptions_unconfirmed", "Of these, those that Redis has not confirmed.", {},
          static_cast<double>(p.unconfirmed.value()));
}

}  // namespace

void Probe::Visit(metrics::Visitor& visitor) const {
  VisitCommands(*this, visitor);
  VisitConnections(*this, visitor);
  VisitSubscriptions(*this, visitor);
}

}  // namespace sluice::storage::redis
