// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/registry.h"

#include <algorithm>
#include <string>

#include "gateway/hub/frame.h"

namespace sluice::protocol {

hub::LivenessRule WebSocketPings(absl::Duration interval, absl::Duration timeout) {
  return {.interval = interval,
          .timeout = timeout,
          .steady = false,
          .lease = absl::ZeroDuration(),
          .ping = std::string(hub::kPingFrame)};
}

Registry::Registry(const DialectOptions& options)
    : options(options), pings(WebSocketPings(options.ping_interval, options.pong_timeout)) {
  std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a->id() < b->id(); });
}

const hub::Dialect* Registry::Find(std::string_view name) const {
  auto named = [name](const auto& dialect) { return dialect->traits().name == name; };
  auto found = std::find_if(all.begin(), all.end(), named);
  return found == all.end() ? nullptr : found->get();
}

std::array<std::string_view, hub::kDialectsMax> Registry::Names() const {
  std::array<std::string_view, hub::kDialectsMax> names;
  for (const auto& dialect : all) names[dialect->id()] = dialect->traits().name;
  return names;
}

}  // namespace sluice::protocol
