// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/presence/presence.h"

#include <simdjson.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/hub/frame.h"
#include "gateway/hub/socket.h"
#include "gateway/protocol/json/members.h"
#include "gateway/protocol/json/text.h"
#include "gateway/protocol/json/walk.h"
#include "gateway/protocol/json/writer.h"
#include "gateway/protocol/query.h"
#include "gateway/protocol/write_payload.h"

namespace sluice::protocol {
namespace {

using hub::Payload;

constexpr std::string_view kCursor = "cursor";
constexpr std::string_view kSenderKey = "clientId";

hub::LivenessRule RuleFrom(const PresenceOptions& options) {
  return {.interval = options.ping_interval,
          .timeout = absl::ZeroDuration(),  // nobody answers
          .steady = true,
          .lease = options.lease,
          .ping = hub::MakeFrame(false, R"({"ping":true})")};
}

// {"key":"text"}
std::string OneMember(std::string_view key, std::string_view text) {
  std::string message;
  JsonWriter writer(message);
  writer.Map(1);
  writer.Key(key);
  writer.String(text);
  writer.Close();
  return message;
}

// A query parameter; empty if it is absent, nothing if it cannot be said in JSON.
std::optional<std::string> Parameter(const hub::Upgrade& upgrade, std::string_view name) {
  std::string_view target = upgrade.target;
  std::string_view query = target.substr(std::min(target.size(), target.find('?')));
  if (!query.empty()) query.remove_prefix(1);
  auto value = QueryValue(query, name);
  if (!value.ok() || !simdjson::validate_utf8(value->value_or(""))) return std::nullopt;
  return value->value_or("");
}

// What a client wants, as JSON text; empty if it does not say so. The last of equals, as in
// JavaScript.
std::string ActionOf(std::string_view message) {
  std::string action;
  ForEachMember(message, [&](std::string_view key, std::string_view value) {
    if (key == "action") action = value;
  });
  return action;
}

// As JavaScript puts a value into a text, all but the insides of arrays.
std::string TextOf(std::string_view json) {
  if (json.empty()) return "undefined";
  switch (KindOf(json)) {
    case JsonKind::kString:
      return Unquote(json);
    case JsonKind::kObject:
      return "[object Object]";
    default:
      return std::string(json);
  }
}

hub::Verb ToVerb(std::string_view bytes, size_t depth_max) {
  if (CheckJson(bytes, depth_max) || !simdjson::validate_utf8(bytes)) {
    return hub::Say{OneMember("error", "Unparsable message sent"), {}};
  }
  std::string action = ActionOf(bytes);
  std::string name = TextOf(action);
  bool known = !action.empty() && KindOf(action) == JsonKind::kString;
  if (known && name == "ping") return hub::Renew{};
  if (known && name == kCursor) {
    return hub::Relay{std::string(kCursor), Payload::Json(std::string(bytes))};
  }
  return hub::Say{OneMember("error", absl::StrCat("Unrecognized action sent: ", name)), {}};
}

bool IsObject(const Payload& payload) {
  if (payload.kind != Payload::Kind::kJson) return false;
  size_t first = payload.bytes.find_first_not_of(" \t\r\n");
  return first != std::string::npos && payload.bytes[first] == '{';
}

// "2026-11-20T11:29:10.038Z", as JavaScript's toISOString.
std::string IsoTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

}  // namespace

LonghousePresence::LonghousePresence(const PresenceOptions& options)
    : Dialect({.id = 4, .name = "presence", .liveness = RuleFrom(options), .shows_members = true}) {
}

// --- Arrivals ------------------------------------------------------------------------------------

std::optional<hub::Say> LonghousePresence::Object(const hub::Upgrade& upgrade,
                                                  std::string_view space) const {
  std::optional<std::string> identity = Parameter(upgrade, "identity");
  bool sound = identity && !identity->empty() && Parameter(upgrade, "username") && !space.empty();
  if (sound) return std::nullopt;
  return hub::Say{OneMember("error", "Error when joining new client"), {1000, {}}};
}

std::string LonghousePresence::DetailOf(const hub::Upgrade& upgrade, std::string_view id,
                                        absl::Time connected_at) const {
  std::string detail;
  JsonWriter writer(detail);
  writer.Map(4);
  writer.Key("id");
  writer.String(id);
  writer.Key("identity");
  writer.String(Parameter(upgrade, "identity").value_or(""));
  writer.Key("joinedAt");
  writer.String(IsoTime(connected_at));
  writer.Key("username");
  writer.String(Parameter(upgrade, "username").value_or(""));
  writer.Close();
  return detail;
}

std::string LonghousePresence::EncodeMembers(std::string_view self,
                                             absl::Span<const hub::Member> members,
                                             bool cut) const {
  std::string message;
  JsonWriter writer(message);
  writer.Map(cut ? 3 : 2);
  writer.Key("id");
  writer.String(self);
  writer.Key("clients");
  writer.Array(members.size());
  for (const hub::Member& member : members) writer.Raw(member.detail);
  writer.Close();
  if (cut) {
    writer.Key("cut");
    writer.Raw("true");
  }
  writer.Close();
  return message;
}

std::string LonghousePresence::EncodeMember(const hub::Member& member, bool came) const {
  std::string message;
  JsonWriter writer(message);
  writer.Map(2);
  writer.Key("event");
  writer.String(came ? "remote join" : "remote leave");
  writer.Key("client");
  writer.Raw(member.detail);
  writer.Close();
  return message;
}

// --- Messages ------------------------------------------------------------------------------------

hub::Decoded LonghousePresence::Decode(hub::DialectState&, std::string_view bytes, bool,
                                       const hub::DecodeLimits& limits) const {
  hub::Decoded decoded;
  hub::Command& command = decoded.commands.emplace_back();
  command.verb = ToVerb(bytes, limits.depth_max);  // errors are told, for all that there is no id
  return decoded;
}

std::string LonghousePresence::EncodeError(const hub::Correlation&,
                                           const hub::CallError& error) const {
  return OneMember("error", error.message);
}

// Nobody speaks for somebody else: a "clientId" of the client's own is dropped.
Payload LonghousePresence::RelayBody(const hub::Relay& relay, std::string_view sender) const {
  if (!IsObject(relay.body)) return relay.body;
  std::string body;
  body.reserve(relay.body.bytes.size() + sender.size() + 16);
  JsonWriter writer(body);
  writer.Map(0);
  ForEachMember(relay.body.bytes, [&](std::string_view key, std::string_view value) {
    if (key == kSenderKey) return;
    writer.Key(key);
    writer.Raw(value);
  });
  writer.Key(kSenderKey);
  writer.String(sender);
  writer.Close();
  return Payload::Json(std::move(body));
}

std::optional<std::string> LonghousePresence::EncodeEvent(std::string_view event,
                                                          const Payload& body) const {
  if (event == kCursor && IsObject(body)) return body.bytes;
  std::string message;
  message.reserve(event.size() + body.bytes.size() + 32);
  JsonWriter writer(message);
  writer.Map(2);
  writer.Key("event");
  writer.String(event);
  WriteMember(writer, "data", body);
  writer.Close();
  return message;
}

// --- Departures ----------------------------------------------------------------------------------

std::optional<std::string> LonghousePresence::EncodeFarewell(hub::CloseCause cause) const {
  if (cause != hub::CloseCause::kExpired) return std::nullopt;
  return OneMember("event", "expired");
}

// Longhouse itself has but one code, and no reasons. kProtocol follows an objection.
hub::CloseFrame LonghousePresence::Close(hub::CloseCause cause) const {
  bool own = cause == hub::CloseCause::kExpired || cause == hub::CloseCause::kProtocol;
  if (own) return {1000, {}};
  return Dialect::Close(cause);
}

}  // namespace sluice::protocol
