// SPDX-License-Identifier: Apache-2.0
//
// The hub's shards, one on each thread of the edge, and what they share.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gateway/edge/edge.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/publisher.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/tokens.h"
#include "gateway/protocol/registry.h"
#include "metrics/probe.h"
#include "storage/presence.h"

namespace sluice::server {

class HubParts {
 public:
  // All outlive this. The edge has not started yet.
  HubParts(const hub::ShardOptions& options, edge::Edge& edge, storage::Presence& presence,
           hub::EventOutlet& events, const hub::TokenAuthority& tokens, hub::PublicationTap& tap,
           hub::Elsewhere& elsewhere, const protocol::Registry& dialects);

  const hub::ShardSet& set() const { return set_; }
  const hub::Publisher& publisher() const { return publisher_; }
  const std::vector<hub::Shard*>& shards() const { return shards_; }
  const metrics::Source& metrics() const { return *metrics_; }
  metrics::SharedCounter& encodings() { return encodings_; }

  // Any thread: how many connections there are now.
  size_t connections() const;

 private:
  metrics::SharedCounter encodings_;
  std::vector<std::unique_ptr<hub::ShardProbe>> probes_;
  hub::ShardSet set_;
  hub::Publisher publisher_;
  std::vector<std::unique_ptr<hub::Shard>> owned_;
  std::vector<hub::Shard*> shards_;
  std::unique_ptr<hub::ShardProbes> metrics_;
};

}  // namespace sluice::server
