// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/line/line.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/hub/frame.h"
#include "gateway/protocol/json/js_error.h"
#include "gateway/protocol/json/members.h"
#include "gateway/protocol/json/mend.h"
#include "gateway/protocol/json/text.h"
#include "gateway/protocol/json/walk.h"

namespace sluice::protocol {
namespace {

using hub::CallError;
using hub::Correlation;
using hub::Fault;
using hub::Payload;

// DialectState.flags
constexpr uint32_t kGreeted = 1;  // it has sent its _h

constexpr std::string_view kHandshake = "_h";
constexpr std::string_view kResponse = "_r";
constexpr std::string_view kPing = "_p";

// The gateway's calls have numbers for ids, so that this one is free.
constexpr std::string_view kPingMessage = R"({"n":"_p","i":"ping"})";

hub::LivenessRule RuleFrom(const LineOptions& options) {
  return {.interval = options.ping_interval,
          .timeout = options.response_timeout,
          .steady = false,
          .lease = absl::ZeroDuration(),
          .ping = hub::MakeFrame(false, kPingMessage)};
}

std::string* MemberNamed(std::string_view key, LineMessage& message) {
  if (key == "n") return &message.name;
  if (key == "p") return &message.payload;
  if (key == "i") return &message.id;
  return key == "e" ? &message.error : nullptr;
}

// Nothing if `json`, whose grammar was checked, is no object.
std::optional<LineMessage> Split(std::string_view json) {
  LineMessage message;
  bool sound = ForEachMember(json, [&](std::string_view key, std::string_view value) {
    std::string* member = MemberNamed(key, message);
    if (member == nullptr) return;
    if (!member->empty()) {
      message.flaw = absl::StrCat("the key ", std::string(key), " is there twice");
    } else {
      *member = value;
    }
  });
  if (!sound) return std::nullopt;
  return message;
}

// Nothing if it is no message of the dialect.
std::optional<LineMessage> Read(std::string_view bytes, size_t depth_max) {
  std::optional<LineMessage> message;
  if (!CheckJson(bytes, depth_max)) message = Split(bytes);
  if (!message) {
    // Perhaps only a value is wrong, and it can be told by its id.
    std::optional<MendedJson> mended = MendJson(bytes, depth_max);
    if (mended) message = Split(mended->text);
    if (message) message->flaw = mended->flaws.front().what;
  }
  if (!message) return std::nullopt;
  bool named = !message->name.empty() && KindOf(message->name) == JsonKind::kString;
  if (!named && message->flaw.empty()) return std::nullopt;
  return message;
}

Payload ToPayload(std::string json) {
  return json.empty() ? Payload::None() : Payload::Json(std::move(json));
}

hub::Verb ToAnswer(LineMessage message) {
  std::optional<uint64_t> call = ToNumericId(message.id);
  if (!call) return hub::Ignore{};  // above all, the answer to a ping
  if (!message.flaw.empty()) return hub::Answer{*call, hub::UnreadableAnswer(message.flaw)};
  if (IsTruthy(message.error)) return hub::Answer{*call, FromJsError(message.error)};
  return hub::Answer{*call, ToPayload(std::move(message.payload))};
}

hub::Verb Refusal(Fault fault, std::string what) {
  CallError error = hub::MakeError(fault);
  error.message = std::move(what);
  return hub::Malformed{std::move(error)};
}

hub::Verb ToCall(std::string name, LineMessage message, size_t name_max) {
  if (name.size() > name_max) {
    return Refusal(Fault::kInvalidRequest,
                   absl::StrCat("The name is longer than ", name_max, " bytes"));
  }
  return hub::CallMethod{std::move(name), ToPayload(std::move(message.payload))};
}

CallError AlreadyGreeted() {
  return {.fault = Fault::kApplication,
          .name = "Error",
          .code = 0,
          .message = "Handshake is already resolved",
          .data_json = {}};
}

// Corrects what the envelope's id alone says of it.
void SettleAnswer(const hub::Verb& verb, Correlation& correlation) {
  if (std::holds_alternative<hub::Answer>(verb)) correlation.answer = false;
  // Whoever greets is told so for any id, true or not.
  if (std::holds_alternative<hub::Greet>(verb)) correlation.answer = !correlation.id.empty();
}

}  // namespace

Line::Line(const LineOptions& options)
    : Dialect({.id = 3,
               .name = "line",
               .liveness = RuleFrom(options),
               .handshake_timeout = options.handshake_timeout}) {}

hub::Decoded Line::Decode(hub::DialectState& state, std::string_view bytes, bool,
                          const hub::DecodeLimits& limits) const {
  hub::Decoded decoded;
  hub::Command& command = decoded.commands.emplace_back();
  command.correlation.answer = false;
  std::optional<LineMessage> message = Read(bytes, limits.depth_max);
  if (!message) return decoded;
  command.correlation = {.id = message->id, .flags = 0, .answer = IsTruthy(message->id)};
  command.verb = ToVerb(state, command.correlation, *std::move(message), limits.name_max);
  SettleAnswer(command.verb, command.correlation);
  return decoded;
}

hub::Verb Line::ToVerb(hub::DialectState& state, const Correlation& correlation,
                       LineMessage message, size_t name_max) const {
  bool greeted = (state.flags & kGreeted) != 0;
  bool named = !message.name.empty() && KindOf(message.name) == JsonKind::kString;
  std::string name = named ? Unquote(message.name) : std::string();
  bool heard = greeted || name == kHandshake || name == kPing;
  if (!message.flaw.empty() && name != kResponse && heard) {
    return Refusal(Fault::kParse, "The message cannot be read: " + message.flaw);
  }
  if (name == kHandshake) {
    if (greeted) return hub::Say{EncodeError(correlation, AlreadyGreeted()), {}};
    state.flags |= kGreeted;
    return hub::Greet{ToPayload(std::move(message.payload)), {}};
  }
  if (name == kPing) return hub::Say{EncodeResult(correlation, Payload::Text("pong")), {}};
  if (!greeted) return hub::Ignore{};
  if (name == kResponse) return ToAnswer(std::move(message));
  return ToCall(std::move(name), std::move(message), name_max);
}

}  // namespace sluice::protocol
