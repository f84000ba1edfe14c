// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC 2.0 as rpc-websockets speaks it: the default dialect.
#pragma once

#include <string_view>

#include "gateway/protocol/route_rule.h"
#include "gateway/protocol/rpc/json_decode.h"
#include "gateway/protocol/rpc/rpc_dialect.h"

namespace sluice::protocol {

class JsonRpc final : public RpcDialect<JsonWriter> {
 public:
  // A connection whose first frame is binary, and no JSON, speaks `binary` instead.
  JsonRpc(const hub::LivenessRule& pings, const hub::Dialect& binary)
      : RpcDialect(0, "json_rpc", pings, {}), binary_(binary) {}

  RouteRule DefaultRoute() const {
    return {.prefix = "/",
            .dialect = this,
            .from = RouteRule::Namespace::kRest,
            .codecs = {{"json", this}, {"msgpack", &binary_}}};
  }

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
