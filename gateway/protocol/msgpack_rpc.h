// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC's messages as MessagePack, one value in a binary frame, as the msgpack-rpc-websockets
// forks speak it. "jsonrpc" is not required and is said only to who says it.
#pragma once

#include "gateway/protocol/rpc_dialect.h"

namespace sluice::protocol {

class MsgpackRpc final : public RpcDialect<MsgpackWriter> {
 public:
  MsgpackRpc(hub::DialectId id, const hub::LivenessRule& liveness)
      : RpcDialect(id, "msgpack_rpc", liveness,
                   {.needs_version = false, .null = MsgpackWriter::kNull}) {}

  hub::Decoded Decode(hub::DialectState& state, std::string_view bytes, bool binary_frame,
                      const hub::DecodeLimits& limits) const override;
};

}  // namespace sluice::protocol
