// SPDX-License-Identifier: Apache-2.0
//
// Which dialect and namespace a connection gets, decided by its upgrade request alone.
//
// Routes are rules from path prefixes to dialects; the longest prefix wins. Immutable and
// thread-safe.
//
// An operator writes a rule as PREFIX=DIALECT[:NAMESPACE][;SUBPROTOCOL]...:
//   /chat/=socketcluster      where the dialect's namespaces come from otherwise as well
//   /pool/=raw:lobby          always "lobby"
//   /pool/=raw:*              what follows the prefix, verbatim
//   /pool/=raw:/              the whole path without its first slash, verbatim
//   /pool/=raw:?room          the query parameter "room", percent-decoded
//   /pool/=raw;mqtt;stomp     agrees to these names of Sec-WebSocket-Protocol, if they are offered
//   /pool/=raw;*              agrees to whatever is offered first
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "gateway/hub/dialect.h"
#include "gateway/protocol/route_rule.h"

namespace sluice::protocol {

inline constexpr size_t kNamespaceBytesMax = 255;
inline constexpr size_t kConnectionIdBytesMax = 255;

struct Registry;

// INVALID_ARGUMENT as Routes::Configure.
absl::StatusOr<RouteRule> ParseRoute(std::string_view text, const Registry& registry);

struct Route {
  std::string space;
  std::string id;  // empty: the client did not choose one
  const hub::Dialect* dialect = nullptr;
  std::string subprotocol;  // to be echoed unless somebody chooses another; empty: none
  bool settled = false;     // it chose the dialect: nobody may choose another

  friend bool operator==(const Route&, const Route&) = default;
};

struct RouteRefusal {
  int status = 400;    // HTTP: 400 or 404
  std::string reason;  // one line for the client's author

  friend bool operator==(const RouteRefusal&, const RouteRefusal&) = default;
};

class Routes {
 public:
  // INVALID_ARGUMENT: a rule without dialect, a malformed prefix, or one that is there twice.
  static absl::StatusOr<Routes> Make(std::vector<RouteRule> rules);

  // The dialects' defaults, and what an operator lists (--routes). That wins over a default of the
  // same prefix. INVALID_ARGUMENT names the rule and what is wrong with it.
  static absl::StatusOr<Routes> Configure(absl::Span<const std::string> listed,
                                          const Registry& registry);

  // `target` is the request's path and query, `subprotocols` what the client offers, best first.
  std::variant<Route, RouteRefusal> Find(std::string_view target,
                                         absl::Span<const std::string_view> subprotocols) const;

 private:
  explicit Routes(std::vector<RouteRule> rules) : rules_(std::move(rules)) {}
  const RouteRule* RuleFor(std::string_view path) const;

  std::vector<RouteRule> rules_;  // longest prefix first
};

}  // namespace sluice::protocol
