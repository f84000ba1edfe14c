// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC 2.0 by the letter (https://www.jsonrpc.org/specification), for every client that is not
// rpc-websockets: ethers, OpenRPC's, language servers' and whatever else. An event is a
// notification, the gateway's call a request, and no name is reserved but those that begin with
// "rpc.": rpc.on, rpc.off, rpc.login, rpc.listMethods. Any other rpc. name is a worker's, such as
// OpenRPC's rpc.discover.
#pragma once

#include "gateway/protocol/route_rule.h"
#include "gateway/protocol/rpc/json_decode.h"
#include "gateway/protocol/rpc/rpc_dialect.h"

namespace sluice::protocol {

class JsonRpcStrict final : public RpcDialect<JsonWriter> {
 public:
  explicit JsonRpcStrict(const hub::LivenessRule& pings)
      : RpcDialect(6, "json_rpc_strict", pings,
                   {.strict = true, .list_method = "rpc.listMethods"}) {}

  RouteRule DefaultRoute() const {
    return {.prefix = "/rpc/", .dialect = this, .from = RouteRule::Namespace::kRest};
  }

  // Takes JSON in binary frames as well.
  hub::Decoded Decode(hub::DialectState&, std::string_view bytes, bool,
                      const hub::DecodeLimits& limits) const override {
    return DecodeJsonRpc(bytes, limits, rules());
  }
};

}  // namespace sluice::protocol
