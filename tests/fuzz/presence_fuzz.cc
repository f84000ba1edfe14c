// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a presence message, and as the target of an upgrade request: whatever others would
// be shown of it is JSON, and a cursor names who sent it, once.
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/hub/socket.h"
#include "gateway/protocol/registry.h"
#include "tests/fuzz/json_check.h"

namespace {

using namespace sluice;
using fuzz::Require;
using fuzz::RequireJson;

void CheckCursor(const hub::Dialect& presence, const hub::Relay& relay) {
  hub::Payload body = presence.RelayBody(relay, "the sender");
  std::string message = *presence.EncodeEvent(relay.event, body);
  RequireJson(message);
  if (!nlohmann::json::accept(message)) return;
  Require(nlohmann::json::parse(message)["clientId"] == "the sender");
  constexpr std::string_view kSender = R"("clientId":"the sender"})";
  Require(message.ends_with(kSender));
}

void CheckMessage(const hub::Dialect& presence, std::string_view text) {
  hub::DialectState state;
  hub::DecodeLimits limits;
  limits.depth_max = 4096;  // deeper than an input can be
  hub::Decoded decoded = presence.Decode(state, text, true, limits);
  Require(decoded.commands.size() == 1 && !decoded.batch);
  const hub::Verb& verb = decoded.commands[0].verb;
  if (auto* say = std::get_if<hub::Say>(&verb)) {
    RequireJson(say->message);
    return;
  }
  if (fuzz::IsComparable(text)) RequireJson(text);
  if (auto* relay = std::get_if<hub::Relay>(&verb)) return CheckCursor(presence, *relay);
  Require(std::holds_alternative<hub::Renew>(verb));
}

void CheckTarget(const hub::Dialect& presence, std::string_view target) {
  hub::Upgrade upgrade{std::string(target), "", {}};
  if (auto objection = presence.Object(upgrade, "space")) return RequireJson(objection->message);
  std::string detail = presence.DetailOf(upgrade, "id", absl::UnixEpoch());
  RequireJson(detail);
  RequireJson(presence.EncodeMembers("id", {{"id", detail}}, detail.size() % 2 == 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const protocol::Registry registry;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckMessage(registry.presence, text);
  CheckTarget(registry.presence, text);
  return 0;
}
