// SPDX-License-Identifier: Apache-2.0
//
// Line, as line-socket speaks it: one JSON object in a text frame, {"n": name, "p": payload, "i":
// correlation id, "e": error}, and a handshake of its own behind WebSocket's.
//
// Where it differs from line's own server: a call of a method that nobody serves is rejected
// instead of left to time out, and what is said while the handshake is being decided waits instead
// of being lost.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "gateway/hub/dialect.h"
#include "gateway/protocol/options.h"
#include "gateway/protocol/route_rule.h"

namespace sluice::protocol {

// One message's members: their values as JSON text, empty if they are not there. `flaw`: why the
// message cannot be taken as it is; empty if it can.
struct LineMessage {
  std::string name, payload, id, error, flaw;
};

class Line final : public hub::Dialect {
 public:
  explicit Line(const LineOptions& options);

  // Only admission gives ids.
  RouteRule DefaultRoute() const {
    return {.prefix = "/line/",
            .dialect = this,
            .from = RouteRule::Namespace::kRest,
            .id_parameter = ""};
  }

  // Takes JSON in binary frames as well.
  hub::Decoded Decode(hub::DialectState& state, std::string_view bytes, bool binary_frame,
                      const hub::DecodeLimits& limits) const override;

  std::string EncodeResult(const hub::Correlation& correlation,
                           const hub::Payload& result) const override;
  std::string EncodeError(const hub::Correlation& correlation,
                          const hub::CallError& error) const override;
  std::optional<std::string> EncodeWelcome(const hub::Correlation& correlation,
                                           const hub::Welcome& welcome) const override;
  std::optional<std::string> EncodeEvent(std::string_view event,
                                         const hub::Payload& body) const override;
  std::optional<std::string> EncodeRequest(const hub::DialectState& state, uint64_t call,
                                           std::string_view method,
                                           const hub::Payload& params) const override;
  hub::CloseFrame Close(hub::CloseCause cause) const override;

 private:
  hub::Verb ToVerb(hub::DialectState& state, const hub::Correlation& correlation,
                   LineMessage message, size_t name_max) const;
};

}  // namespace sluice::protocol
