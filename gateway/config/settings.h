// SPDX-License-Identifier: Apache-2.0
//
// Every option of the gateway, in the rooms' own structs. Filled and checked by config.h, once;
// read by the composition root alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "control/limits.h"
#include "control/options.h"
#include "gateway/admin/options.h"
#include "gateway/edge/options.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/options.h"
#include "gateway/protocol/options.h"
#include "gateway/runtime/departure.h"
#include "gateway/runtime/heartbeats.h"
#include "gateway/runtime/log.h"
#include "gateway/tokens/jwt_options.h"
#include "storage/redis/options.h"

namespace sluice::config {

enum class Storage { kMemory, kRedis };

// What nodes say to one another.
struct ClusterOptions {
  std::string advertise;           // --advertise
  std::string keys;                // --cluster-keys, a file
  size_t message_bytes = 5 << 20;  // --cluster-message-bytes
  size_t queue_bytes = 8 << 20;    // --cluster-queue-bytes
  size_t asks_max = 10'000;        // --cluster-asks-max
};

struct Settings {
  std::string config_file;
  std::string address_file;
  absl::Duration reload_interval = absl::Seconds(30);  // --reload-interval; zero: never
  std::string reload_status_file{};                    // --reload-status-file
  absl::Duration reload_timeout = absl::Seconds(10);   // --reload-timeout, of --reload
  Storage storage = Storage::kMemory;
  storage::redis::Options redis;                      // kRedis
  std::string sentinel_password_file;                 // --redis-sentinel-password-file
  ClusterOptions cluster;                             // kRedis
  absl::Duration presence_lease = absl::Seconds(60);  // --presence-lease, of the node
  uint32_t shards = 0;                                // 0: one a core
  runtime::LogOptions log;
  runtime::Departure::Options departure;
  hub::ShardOptions shard;
  hub::EventLog::Options events;
  hub::SubscribersOptions subscribers;
  protocol::DialectOptions dialects;
  std::vector<std::string> routes;
  tokens::JwtOptions jwt;
  edge::EdgeOptions edge;
  admin::Options admin;
  runtime::Heartbeats::Options heartbeats;
  control::ControlOptions control;
  control::Limits limits;
};

}  // namespace sluice::config
