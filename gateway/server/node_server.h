// SPDX-License-Identifier: Apache-2.0
//
// One node, put together: its members are the parts list, in the order in which they are built;
// they stop in the reverse of it (Stop, and then the destructors).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "control/client_calls.h"
#include "control/drain_book.h"
#include "control/elsewhere.h"
#include "control/node.h"
#include "control/probe.h"
#include "control/server.h"
#include "gateway/admin/admin_thread.h"
#include "gateway/admin/pages.h"
#include "gateway/config/settings.h"
#include "gateway/edge/edge.h"
#include "gateway/hub/drains.h"
#include "gateway/hub/elsewhere.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/subscribers.h"
#include "gateway/protocol/registry.h"
#include "gateway/runtime/departure.h"
#include "gateway/runtime/heartbeats.h"
#include "gateway/runtime/home_thread.h"
#include "gateway/runtime/log.h"
#include "gateway/server/addresses.h"
#include "gateway/server/descriptors.h"
#include "gateway/server/event_relay.h"
#include "gateway/server/hub_parts.h"
#include "gateway/server/node_probe.h"
#include "gateway/server/notifier.h"
#include "gateway/server/processors.h"
#include "gateway/server/refusal_log.h"
#include "gateway/server/reload_status.h"
#include "gateway/server/reloads.h"
#include "gateway/server/server.h"
#include "gateway/server/store_health.h"
#include "gateway/server/stores.h"
#include "gateway/server/watch.h"
#include "gateway/server/worker_log.h"
#include "gateway/tokens/jwt_authority.h"
#include "metrics/exporter.h"

namespace sluice::server {

class NodeServer final : public Server {
 public:
  // What may fail to be built.
  struct Parts {
    std::string epoch;
    std::unique_ptr<RefusalLog> refusals;
    std::unique_ptr<const protocol::Registry> dialects;
    std::unique_ptr<tokens::JwtAuthority> tokens;
    std::unique_ptr<edge::Edge> edge;
    std::unique_ptr<Stores> stores;
  };
  // What the process found.
  struct Grants {
    Processors processors;
    DescriptorLimits descriptors;
    Notifier::Options notified;
  };
  NodeServer(const config::Settings& settings, const runtime::Log& log, const Grants& grants,
             Parts parts);
  ~NodeServer() override;

  // Then Run.
  absl::Status Listen();
  void Run();

  const Addresses& addresses() const override { return addresses_; }
  void Leave() override;
  void Wait() override;

 private:
  void Stop();

  // Home thread.
  void Tick(Now now);
  void OnStopSignal();
  void OnLeaveSignal();
  absl::Status ReloadFiles();
  void OnReloadBegun();
  void OnReloadEnded(const absl::Status& verdict);
  void LogUnwritten(const absl::Status& status) const;
  std::vector<std::string> FilesInUse() const;
  void SayFarewell(Now now);
  void BeginLeaving(Now now);
  void BeginDrain(Now now, size_t connections);
  control::Node::Self Self() const;

  std::vector<const metrics::Source*> Sources() const;

  // The admin port's thread.
  admin::Readiness ReadyPage() const;

  const config::Settings settings_;
  const runtime::Log& log_;
  const Grants grants_;

  const std::unique_ptr<RefusalLog> refusals_;
  std::unique_ptr<const protocol::Registry> dialects_;
  std::unique_ptr<tokens::JwtAuthority> tokens_;
  std::unique_ptr<edge::Edge> edge_;
  const std::unique_ptr<Stores> stores_;
  runtime::HomeThread home_;
  control::ControlProbe control_probe_;
  const std::unique_ptr<control::ClusterElsewhere> others_;  // null: the node is alone
  hub::Nowhere nowhere_;
  hub::EventLog events_;
  hub::Subscribers subscribers_;
  EventRelay relay_;
  HubParts hub_;
  hub::Drains drains_;   // those that backends ask for
  hub::Drains leaving_;  // the one at the end
  NodeProbe probe_;
  control::DrainBook drain_book_;
  control::ClientCalls client_calls_{control_probe_};
  WorkerLog worker_log_;
  const control::Node node_;
  control::Server control_;
  runtime::Heartbeats heartbeats_;
  Watch watch_;
  Notifier notifier_;
  ReloadStatusFile reload_status_;
  Reloads reloads_;
  admin::AdminThread admin_;
  const StoreHealth store_health_;
  metrics::Exporter exporter_;

  runtime::Departure departure_;
  bool stop_signalled_ = false;
  Instant drain_again_ = Instant::Future();
  Instant farewell_at_ = Instant::Future();  // once nobody is left
  Instant left_at_ = Instant::Future();
  Addresses addresses_;
  absl::Notification left_;
};

}  // namespace sluice::server
