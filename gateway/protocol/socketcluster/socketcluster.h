// SPDX-License-Identifier: Apache-2.0
//
// SocketCluster, protocol version 2, as socketcluster-client speaks it: JSON packets in text
// frames, an empty text frame as ping and pong, and a handshake of its own behind WebSocket's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/hub/dialect.h"
#include "gateway/protocol/options.h"
#include "gateway/protocol/route_rule.h"

namespace sluice::protocol {

class SocketCluster final : public hub::Dialect {
 public:
  explicit SocketCluster(const SocketClusterOptions& options);

  RouteRule DefaultRoute() const {
    return {.prefix = "/socketcluster/",
            .exact = true,
            .dialect = this,
            .from = RouteRule::Namespace::kQuery,
            .parameter = "namespace",
            .id_parameter = ""};
  }

  // Takes JSON in binary frames as well.
  hub::Decoded Decode(hub::DialectState& state, std::string_view bytes, bool binary_frame,
                      const hub::DecodeLimits& limits) const override;

  std::string EncodeResult(const hub::Correlation& correlation,
                           const hub::Payload& result) const override;
  std::string EncodeError(const hub::Correlation& correlation,
                          const hub::CallError& error) const override;
  std::string EncodeChannels(const hub::Correlation& correlation,
                             absl::Span<const hub::ChannelResult> results) const override;
  std::string EncodeBatch(absl::Span<const std::string> answered) const override;

  std::optional<std::string> EncodeWelcome(const hub::Correlation& correlation,
                                           const hub::Welcome& welcome) const override;
  std::optional<std::string> EncodeAuthenticated(const hub::Correlation& correlation,
                                                 const hub::TokenFlaw* flaw) const override;
  std::optional<std::string> EncodeToken(std::string_view token,
                                         std::optional<uint64_t> call) const override;
  std::optional<std::string> EncodeTokenRemoved() const override;
  std::optional<std::string> EncodeKickOut(std::string_view channel,
                                           std::string_view message) const override;

  std::optional<std::string> EncodeEvent(std::string_view event,
                                         const hub::Payload& body) const override;
  std::optional<std::string> EncodePublication(std::string_view channel,
                                               const hub::Payload& body) const override;
  std::optional<std::string> EncodeRequest(const hub::DialectState& state, uint64_t call,
                                           std::string_view method,
                                           const hub::Payload& params) const override;

  hub::CloseFrame Close(hub::CloseCause cause) const override;

 private:
  const SocketClusterOptions options_;
};

}  // namespace sluice::protocol
