// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/broker_probe.h"

#include <cstddef>
#include <string_view>

namespace sluice::storage::redis {
namespace {

void VisitKinds(std::string_view name, std::string_view help, const BrokerProbe::Kinds& kinds,
                metrics::Visitor& v) {
  v.Count(name, help, {{"kind", "ask"}}, kinds.asks.value());
  v.Count(name, help, {{"kind", "reply"}}, kinds.replies.value());
  v.Count(name, help, {{"kind", "told"}}, kinds.told.value());
  v.Count(name, help, {{"kind", "said"}}, kinds.said.value());
}

void VisitLosses(const BrokerProbe& p, metrics::Visitor& v) {
  for (size_t i = 0; i < p.dropped.size(); ++i) {
    v.Count("broker_dropped_total", "Messages of nodes, or of others, that were not taken.",
            {{"reason", NameOf(static_cast<Drop>(i))}}, p.dropped[i].value());
  }
  constexpr std::string_view kGaps = "Times that something said by other nodes may be missing.";
  v.Count("broker_gaps_total", kGaps, {{"reason", "cut"}}, p.cut.value());
  v.Count("broker_gaps_total", kGaps, {{"reason", "sequence"}}, p.missing.value());
  v.Count("broker_unpublished_total", "Messages that Redis refused, or for which it was away.", {},
          p.unpublished.value());
}

void VisitBounds(const BrokerProbe& p, metrics::Visitor& v) {
  auto refused = [&v](std::string_view reason, const metrics::SharedCounter& counter) {
    v.Count("broker_refused_total", "Messages that were over a bound and not sent.",
            {{"reason", reason}}, counter.value());
  };
  refused("bytes", p.refused_bytes);
  refused("queue", p.refused_queue);
  refused("asks", p.refused_asks);
  refused("reply_bytes", p.replies_too_large);
  v.Level("broker_queued_bytes", "Bytes of messages on their way to Redis.", {},
          static_cast<double>(p.queued_bytes.value()));
  v.Level("broker_asks", "Requests to other nodes that wait for replies.", {},
          static_cast<double>(p.asks.value()));
}

}  // namespace

void BrokerProbe::Visit(metrics::Visitor& visitor) const {
  VisitKinds("broker_sent_total", "Messages given to Redis, by kind.", sent, visitor);
  VisitKinds("broker_heard_total", "Messages of other nodes that were taken, by kind.", heard,
             visitor);
  VisitLosses(*this, visitor);
  VisitBounds(*this, visitor);
}

}  // namespace sluice::storage::redis
