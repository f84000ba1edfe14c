// SPDX-License-Identifier: Apache-2.0
//
// Every dialect that the gateway speaks. One object of each; built once, by the root, and outlives
// whatever refers to it. A new dialect is a folder entry and a line here.
#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "absl/time/time.h"
#include "gateway/hub/dialect.h"
#include "gateway/protocol/json_rpc.h"
#include "gateway/protocol/json_rpc_strict.h"
#include "gateway/protocol/line.h"
#include "gateway/protocol/msgpack_rpc.h"
#include "gateway/protocol/presence.h"
#include "gateway/protocol/raw.h"
#include "gateway/protocol/socketcluster.h"

namespace sluice::protocol {

struct DialectOptions {
  // Where WebSocket's own pings show whether a client lives.
  absl::Duration ping_interval = absl::Seconds(25);  // --ping-interval; zero: no pings
  absl::Duration pong_timeout = absl::Seconds(10);   // --pong-timeout
  SocketClusterOptions socketcluster;
  LineOptions line;
  PresenceOptions presence;
};

// Pings after a silence of `interval`, gives up after one of `timeout` behind it.
hub::LivenessRule WebSocketPings(absl::Duration interval, absl::Duration timeout);

struct Registry {
  explicit Registry(const DialectOptions& options = {});
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  const hub::LivenessRule pings;

  // The ids are those of sluice.v1.Dialect, less one; they never change.
  const MsgpackRpc msgpack_rpc{1, pings};
  const JsonRpc json_rpc{0, pings, msgpack_rpc};
  const SocketCluster socketcluster;
  const Line line;
  const LonghousePresence presence;
  const Raw raw{5, pings};
  const JsonRpcStrict json_rpc_strict{6, pings};
  const std::array<const hub::Dialect*, 7> all = {&json_rpc, &msgpack_rpc, &socketcluster,  &line,
                                                  &presence, &raw,         &json_rpc_strict};
  static_assert(std::tuple_size_v<decltype(all)> <= hub::kDialectsMax);

  // Null if there is none of that name.
  const hub::Dialect* Find(std::string_view name) const;

  // By id, empty where there is none: labels of metrics.
  std::array<std::string_view, hub::kDialectsMax> Names() const;
};

}  // namespace sluice::protocol
