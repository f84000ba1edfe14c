// SPDX-License-Identifier: Apache-2.0
//
// No protocol at all: each message goes to a worker (role raw) as it came, and each event's body
// goes out as it is, without its name. Nobody is answered, and nobody can be asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/hub/dialect.h"
#include "gateway/protocol/route_rule.h"

namespace sluice::protocol {

class Raw final : public hub::Dialect {
 public:
  explicit Raw(const hub::LivenessRule& pings)
      : Dialect({.id = 5, .name = "raw", .liveness = pings}) {}

  RouteRule DefaultRoute() const {
    return {.prefix = "/raw/", .dialect = this, .from = RouteRule::Namespace::kRest};
  }

  hub::Decoded Decode(hub::DialectState& state, std::string_view bytes, bool binary_frame,
                      const hub::DecodeLimits& limits) const override;

  // Admission's payload, if it can be said in a text frame.
  std::optional<std::string> EncodeWelcome(const hub::Correlation& correlation,
                                           const hub::Welcome& welcome) const override;

  // An event without a body is nothing that could be sent.
  std::optional<std::string> EncodeEvent(std::string_view event,
                                         const hub::Payload& body) const override;
  bool BinaryEvent(const hub::Payload& body) const override {
    return body.kind == hub::Payload::Kind::kBinary;
  }
};

}  // namespace sluice::protocol
