// SPDX-License-Identifier: Apache-2.0
//
// Every option of the gateway, in the rooms' own structs. Filled and checked by config.h, once;
// read by the composition root alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/limits.h"
#include "control/options.h"
#include "gateway/edge/options.h"
#include "gateway/hub/drains.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/exchange.h"
#include "gateway/hub/shard_types.h"
#include "gateway/protocol/registry.h"
#include "gateway/server/departure.h"
#include "gateway/server/heartbeats.h"
#include "gateway/server/log.h"
#include "gateway/tokens/jwt_options.h"

namespace sluice::config {

enum class Storage { kMemory };

struct Settings {
  std::string config_file;
  std::string address_file;
  Storage storage = Storage::kMemory;
  uint32_t shards = 0;  // 0: one a core
  server::LogOptions log;
  server::Departure::Options departure;
  hub::ShardOptions shard;
  hub::EventLog::Options events;
  hub::Drains::Options drains;
  hub::Exchange::Options exchange;
  protocol::DialectOptions dialects;
  std::vector<std::string> routes;
  tokens::JwtOptions jwt;
  edge::EdgeOptions edge;
  edge::AdminOptions admin;
  server::Heartbeats::Options heartbeats;
  control::ControlOptions control;
  control::Limits limits;
};

}  // namespace sluice::config
