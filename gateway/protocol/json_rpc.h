// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC 2.0 as rpc-websockets speaks it: the default dialect. Ids and parameters pass through as
// they were written, but the whole document is checked.
#pragma once

#include "gateway/protocol/rpc_dialect.h"

namespace sluice::protocol {

class JsonRpc final : public RpcDialect<JsonWriter> {
 public:
  // A connection whose first frame is binary speaks `binary` instead.
  JsonRpc(hub::DialectId id, const hub::LivenessRule& liveness, const hub::Dialect& binary)
      : RpcDialect(id, "json_rpc", liveness), binary_(binary) {}

  const hub::Dialect& ForFirstFrame(bool binary_frame) const override {
    if (binary_frame) return binary_;
    return *this;
  }
  // Takes JSON in binary frames as well.
  hub::Decoded Decode(hub::DialectState& state, std::string_view bytes, bool binary_frame,
                      const hub::DecodeLimits& limits) const override;

 private:
  const hub::Dialect& binary_;
};

}  // namespace sluice::protocol
