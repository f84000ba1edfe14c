// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC 2.0 as rpc-websockets speaks it: the default dialect.
#pragma once

#include <string_view>

#include "gateway/protocol/rpc_dialect.h"
#include "gateway/protocol/rpc_json.h"

namespace sluice::protocol {

class JsonRpc final : public RpcDialect<JsonWriter> {
 public:
  // A connection whose first frame is binary, and no JSON, speaks `binary` instead.
  JsonRpc(hub::DialectId id, const hub::LivenessRule& liveness, const hub::Dialect& binary)
      : RpcDialect(id, "json_rpc", liveness, {}), binary_(binary) {}

  const hub::Dialect& ForFirstFrame(bool binary_frame, std::string_view bytes) const override {
    if (binary_frame && !BeginsAsJson(bytes)) return binary_;
    return *this;
  }
  // Takes JSON in binary frames as well.
  hub::Decoded Decode(hub::DialectState&, std::string_view bytes, bool,
                      const hub::DecodeLimits& limits) const override {
    return DecodeJsonRpc(bytes, limits, rules());
  }

 private:
  const hub::Dialect& binary_;
};

}  // namespace sluice::protocol
