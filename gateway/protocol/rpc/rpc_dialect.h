// SPDX-License-Identifier: Apache-2.0
//
// What the gateway says in the JSON-RPC dialects: every frame is described once, and `Writer` gives
// it its bytes. What clients say is read by the codecs (json_rpc.h, msgpack_rpc.h) into
// RpcEnvelopes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/hub/dialect.h"
#include "gateway/protocol/json/writer.h"
#include "gateway/protocol/msgpack/writer.h"
#include "gateway/protocol/rpc/envelope.h"
#include "gateway/protocol/rpc/error.h"

namespace sluice::protocol {

template <typename Writer>
class RpcDialect : public hub::Dialect {
 public:
  RpcDialect(hub::DialectId id, std::string_view name, const hub::LivenessRule& pings,
             const RpcRules& rules)
      : Dialect({.id = id, .name = name, .binary = Writer::kBinary, .liveness = pings}),
        rules_(rules) {}

  bool Toggle(hub::DialectState& state, std::string_view channel, bool on) const override;

  std::string EncodeResult(const hub::Correlation& correlation,
                           const hub::Payload& result) const override;
  std::string EncodeError(const hub::Correlation& correlation,
                          const hub::CallError& error) const override;
  std::string EncodeChannels(const hub::Correlation& correlation,
                             absl::Span<const hub::ChannelResult> results) const override;
  std::string EncodeMethodList(absl::Span<const std::string_view> methods,
                               bool login) const override;
  // A list that is cut is told by the response's member "cut": true.
  std::string EncodeMethods(const hub::Correlation& correlation, std::string_view list,
                            bool cut) const override;
  std::string EncodeBatch(absl::Span<const std::string> answered) const override;
  std::optional<std::string> EncodeEvent(std::string_view event,
                                         const hub::Payload& body) const override;
  // The event "rpc.off" with [channel, message]; without a message the channel alone.
  std::optional<std::string> EncodeKickOut(std::string_view channel,
                                           std::string_view message) const override;
  std::optional<std::string> EncodeRequest(const hub::DialectState& state, uint64_t call,
                                           std::string_view method,
                                           const hub::Payload& params) const override;
  hub::CloseFrame Close(hub::CloseCause cause) const override;

 protected:
  const RpcRules& rules() const { return rules_; }

 private:
  RpcError ToError(const hub::CallError& error) const {
    return rules_.strict ? ToStrictError(error) : ToRpcError(error);
  }

  const RpcRules rules_;
};

extern template class RpcDialect<JsonWriter>;
extern template class RpcDialect<MsgpackWriter>;

}  // namespace sluice::protocol
