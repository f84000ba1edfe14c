// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC's messages as MessagePack, one value in a binary frame, as the msgpack-rpc-websockets
// forks speak it. "jsonrpc" is not required and is said only to who says it.
#pragma once

#include <optional>

#include "gateway/protocol/route_rule.h"
#include "gateway/protocol/rpc/rpc_dialect.h"

namespace sluice::protocol {

class MsgpackRpc final : public RpcDialect<MsgpackWriter> {
 public:
  explicit MsgpackRpc(const hub::LivenessRule& pings)
      : RpcDialect(1, "msgpack_rpc", pings,
                   {.needs_version = false, .null = MsgpackWriter::kNull}) {}

  // It is a codec of JsonRpc's.
  std::optional<RouteRule> DefaultRoute() const { return std::nullopt; }

  hub::Decoded Decode(hub::DialectState& state, std::string_view bytes, bool binary_frame,
                      const hub::DecodeLimits& limits) const override;
};

}  // namespace sluice::protocol
