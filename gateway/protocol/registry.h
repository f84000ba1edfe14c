// SPDX-License-Identifier: Apache-2.0
//
// Every dialect that the gateway speaks, and where each is served by default. One object of each:
// the root makes them once, and they outlive whatever refers to them.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gateway/hub/dialect.h"
#include "gateway/protocol/line/line.h"
#include "gateway/protocol/options.h"
#include "gateway/protocol/presence/presence.h"
#include "gateway/protocol/raw/raw.h"
#include "gateway/protocol/route_rule.h"
#include "gateway/protocol/rpc/json_rpc.h"
#include "gateway/protocol/rpc/json_rpc_strict.h"
#include "gateway/protocol/rpc/msgpack_rpc.h"
#include "gateway/protocol/socketcluster/socketcluster.h"

namespace sluice::protocol {

// Pings after a silence of `interval`, gives up after one of `timeout` behind it.
hub::LivenessRule WebSocketPings(absl::Duration interval, absl::Duration timeout);

struct Registry {
  explicit Registry(const DialectOptions& options = {});
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  const DialectOptions options;
  const hub::LivenessRule pings;

  // By id, once this is made.
  std::vector<std::unique_ptr<const hub::Dialect>> all;
  // Where dialects are served if nobody says otherwise.
  std::vector<RouteRule> default_routes;

  // A new dialect is a line here.
  const MsgpackRpc& msgpack_rpc = Add<MsgpackRpc>(pings);
  const JsonRpc& json_rpc = Add<JsonRpc>(pings, msgpack_rpc);
  const SocketCluster& socketcluster = Add<SocketCluster>(options.socketcluster);
  const Line& line = Add<Line>(options.line);
  const LonghousePresence& presence = Add<LonghousePresence>(options.presence);
  const Raw& raw = Add<Raw>(pings);
  const JsonRpcStrict& json_rpc_strict = Add<JsonRpcStrict>(pings);

  // Null if there is none of that name.
  const hub::Dialect* Find(std::string_view name) const;

  // By id, empty where there is none: labels of metrics.
  std::array<std::string_view, hub::kDialectsMax> Names() const;

 private:
  template <typename D, typename... Args>
  const D& Add(const Args&... args) {
    auto made = std::make_unique<const D>(args...);
    const D& dialect = *made;
    all.push_back(std::move(made));
    if (std::optional<RouteRule> route = dialect.DefaultRoute()) {
      default_routes.push_back(*std::move(route));
    }
    return dialect;
  }
};

}  // namespace sluice::protocol
