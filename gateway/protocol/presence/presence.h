// SPDX-License-Identifier: Apache-2.0
//
// Longhouse's presence protocol: whoever connects to a space is shown its members, sees them come
// and go, and is one of them for as long as it says so again and again.
//
// Where it differs from Longhouse: values of a cursor pass through as they are, and a client that
// comes back with its id while its older connection still lives does not appear twice.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "gateway/hub/dialect.h"
#include "gateway/protocol/options.h"
#include "gateway/protocol/route_rule.h"

namespace sluice::protocol {

class LonghousePresence final : public hub::Dialect {
 public:
  explicit LonghousePresence(const PresenceOptions& options);

  // Who names no space is told so by Object.
  RouteRule DefaultRoute() const {
    return {.prefix = "/presence/",
            .dialect = this,
            .from = RouteRule::Namespace::kRest,
            .otherwise = "",
            .id_parameter = "id"};
  }

  // ?identity= and a space there must be.
  std::optional<hub::Say> Object(const hub::Upgrade& upgrade,
                                 std::string_view space) const override;

  // Takes JSON in binary frames as well.
  hub::Decoded Decode(hub::DialectState& state, std::string_view bytes, bool binary_frame,
                      const hub::DecodeLimits& limits) const override;

  // {"error":"..."}, whether or not there is something to correlate it with.
  std::string EncodeError(const hub::Correlation& correlation,
                          const hub::CallError& error) const override;

  std::string DetailOf(const hub::Upgrade& upgrade, std::string_view id,
                       absl::Time connected_at) const override;
  // {"id","clients"}, and "cut":true if there are more than are listed.
  std::string EncodeMembers(std::string_view self, absl::Span<const hub::Member> members,
                            bool cut) const override;
  std::string EncodeMember(const hub::Member& member, bool came) const override;

  // The client's object, with "clientId".
  hub::Payload RelayBody(const hub::Relay& relay, std::string_view sender) const override;

  // A "cursor" is its body; any other event is {"event","data"}, which Longhouse has not.
  std::optional<std::string> EncodeEvent(std::string_view event,
                                         const hub::Payload& body) const override;
  std::optional<std::string> EncodeFarewell(hub::CloseCause cause) const override;
  hub::CloseFrame Close(hub::CloseCause cause) const override;
};

}  // namespace sluice::protocol
