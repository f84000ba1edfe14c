// SPDX-License-Identifier: Apache-2.0
//
// The public port: its shards' threads and what they share. The root builds it, builds a hub::Shard
// on each of its threads, and starts it.
//
//   auto edge = Edge::Make(options, routes, shards);   // certificate read, nothing bound
//   hub::Shard shard(0, ..., (*edge)->shard(0), ...);  // the thread is the shard's Executor
//   (*edge)->Listen();                                 // bound; nobody is accepted yet
//   (*edge)->Start({&shard});
//   (*edge)->StopAccepting();  ... drain through the hub ...  (*edge)->Stop();
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "gateway/edge/options.h"
#include "gateway/edge/probe.h"
#include "gateway/edge/refusal_reports.h"
#include "gateway/edge/shard_thread.h"
#include "gateway/hub/shard.h"
#include "gateway/protocol/routes.h"

namespace sluice::edge {

struct CommonParts;

class Edge {
 public:
  // INVALID_ARGUMENT: an option or a TLS file is wrong.
  // `reports` outlives the edge; null: nobody reads them.
  static absl::StatusOr<std::unique_ptr<Edge>> Make(const EdgeOptions& options,
                                                    protocol::Routes routes, uint32_t shards,
                                                    RefusalReports* reports = nullptr);
  ~Edge();  // stops

  uint32_t size() const { return static_cast<uint32_t>(shards_.size()); }
  ShardThread& shard(uint32_t index) { return *shards_[index]; }
  const ShardThread& shard(uint32_t index) const { return *shards_[index]; }

  // Binds the port, a share for each shard. UNAVAILABLE says why it cannot.
  absl::Status Listen();
  // "127.0.0.1:8080", with the port that was really bound.
  const std::string& address() const { return address_; }

  // One hub shard for each thread, in order; they live until Stop has returned.
  void Start(absl::Span<hub::Shard* const> shards);
  // Newcomers are told 503 from now on; those that are here stay. Any thread.
  void StopAccepting();
  // Newcomers are told 503 as long as this holds. Any thread.
  void SetOverloaded(bool overloaded);
  // Clients that were turned away for want of a descriptor. Any thread.
  uint64_t descriptor_refusals() const;
  void Stop();

  // Reads the TLS files again, for connections to come; on an error the old ones stay in use.
  // Without TLS it does nothing. Any thread.
  absl::Status ReloadTls();

  // Lives as long as the edge.
  const metrics::Source& metrics() const { return *metrics_; }

 private:
  Edge(std::unique_ptr<CommonParts> common, uint32_t shards);

  std::unique_ptr<CommonParts> common_;
  std::vector<std::unique_ptr<ShardThread>> shards_;
  std::unique_ptr<EdgeProbes> metrics_;
  std::string address_;
};

}  // namespace sluice::edge
