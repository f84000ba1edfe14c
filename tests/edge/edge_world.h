// SPDX-License-Identifier: Apache-2.0
//
// A real edge and a real hub with one or more shards on a loopback port, whose clients speak
// FakeDialect. Numbers are asked for by their metric names, as a scrape would see them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "gateway/edge/edge.h"
#include "gateway/hub/elsewhere.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/publisher.h"
#include "gateway/hub/shard_set.h"
#include "storage/presence_memory.h"
#include "tests/fakes/fake_dialect.h"
#include "tests/fakes/fake_ports.h"

namespace sluice::edge {

// Any thread.
class SharedEvents final : public hub::EventOutlet {
 public:
  void Publish(std::vector<hub::ConnectionEvent> events) override;
  // The close code of the last connection that closed, and how many did.
  uint16_t last_code() const;
  size_t closed() const;

 private:
  mutable absl::Mutex mutex_;
  uint16_t last_code_ = 0;
  size_t closed_ = 0;
};

// Until `holds`, or a test failure after some seconds.
bool Eventually(const std::function<bool()>& holds);

class EdgeWorld {
 public:
  static EdgeOptions Options();  // defaults, on a loopback port to be chosen

  explicit EdgeWorld(const EdgeOptions& options = Options(),
                     const hub::ShardOptions& hub_options = {}, uint32_t shards = 1);
  ~EdgeWorld();

  Edge& edge() { return *edge_; }
  uint16_t port() const { return port_; }
  SharedEvents& events() { return events_; }

  // Runs on a shard's thread and waits for it.
  void OnShard(const std::function<void(hub::Shard&, Now)>& task, uint32_t index = 0);
  // To everybody in `space`.
  void Send(const std::string& space, const std::string& body);
  size_t sessions();

  // "name" or "name{label}", the label's value alone; a histogram's is its count of observations.
  double Metric(const std::string& name) const;

 private:
  fakes::FakeDialect dialect_;
  storage::MemoryPresence presence_;
  SharedEvents events_;
  fakes::FakeTokens tokens_;
  hub::Nowhere nowhere_;
  hub::ShardSet set_{"local", nowhere_};
  fakes::KeptPublications tap_;  // on one shard's thread at a time
  hub::Publisher publisher_{set_, tap_};
  metrics::SharedCounter encodings_;
  std::unique_ptr<Edge> edge_;
  std::vector<std::unique_ptr<hub::ShardProbe>> probes_;
  std::vector<std::unique_ptr<hub::Shard>> shards_;
  uint16_t port_ = 0;
};

}  // namespace sluice::edge
