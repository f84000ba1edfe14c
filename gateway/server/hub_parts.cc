// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/hub_parts.h"

#include <algorithm>

namespace sluice::server {

HubParts::HubParts(const hub::ShardOptions& options, edge::Edge& edge, storage::Presence& presence,
                   hub::EventOutlet& events, const hub::TokenAuthority& tokens,
                   hub::PublicationTap& tap, hub::Elsewhere& elsewhere,
                   const protocol::Registry& dialects)
    : set_(options.node, elsewhere), publisher_(set_, tap) {
  std::vector<const hub::ShardProbe*> probes;
  for (uint32_t i = 0; i < edge.size(); ++i) {
    probes_.push_back(std::make_unique<hub::ShardProbe>());
    probes.push_back(probes_.back().get());
    hub::ShardPorts ports{set_, edge.shard(i), presence, events, tokens, publisher_, encodings_};
    owned_.push_back(std::make_unique<hub::Shard>(i, options, ports, *probes_.back()));
    shards_.push_back(owned_.back().get());
    set_.Add(*shards_.back(), edge.shard(i));
  }
  metrics_ = std::make_unique<hub::ShardProbes>(std::move(probes), encodings_, dialects.Names());
}

size_t HubParts::connections() const {
  int64_t sum = 0;
  for (const auto& probe : probes_) {
    for (const metrics::Gauge& gauge : probe->connections) sum += gauge.value();
  }
  return static_cast<size_t>(std::max<int64_t>(sum, 0));
}

}  // namespace sluice::server
