// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a SocketCluster message, before and behind the handshake, in text and binary frames:
// it always means something, and whatever is answered is JSON.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/protocol/registry.h"
#include "tests/fuzz/json_check.h"

namespace {

using namespace sluice;
using fuzz::Require;
using fuzz::RequireJson;

void CheckText(const std::string& text) {
  if (!text.empty()) RequireJson(text);
}

void CheckPayload(const hub::Dialect& dialect, const hub::Command& command, std::string_view name,
                  const hub::Payload& payload) {
  CheckText(dialect.EncodeResult(command.correlation, payload));
  CheckText(dialect.EncodeEvent(name, payload).value());
  CheckText(dialect.EncodePublication(name, payload).value());
  CheckText(dialect.EncodeRequest({}, 1, name, payload).value());
}

void CheckCommand(const hub::Dialect& dialect, const hub::Command& command) {
  Require(command.correlation.answer != command.correlation.id.empty());
  CheckText(command.correlation.id);
  CheckText(dialect.EncodeError(command.correlation, hub::MakeError(hub::Fault::kBlocked)));
  if (auto* call = std::get_if<hub::CallMethod>(&command.verb)) {
    CheckPayload(dialect, command, call->method, call->params);
  } else if (auto* publish = std::get_if<hub::Publish>(&command.verb)) {
    CheckPayload(dialect, command, publish->channel, publish->data);
  } else if (auto* greet = std::get_if<hub::Greet>(&command.verb)) {
    CheckPayload(dialect, command, greet->token, greet->payload);
  } else if (auto* malformed = std::get_if<hub::Malformed>(&command.verb)) {
    CheckText(dialect.EncodeError(command.correlation, malformed->error));
  } else if (auto* subscribe = std::get_if<hub::Subscribe>(&command.verb)) {
    hub::ChannelResult result{subscribe->channels.at(0), hub::ChannelStatus::kLimit};
    CheckText(dialect.EncodeChannels(command.correlation, {result}));
    CheckText(dialect.EncodeKickOut(subscribe->channels[0], "bye").value());
  } else if (auto* answer = std::get_if<hub::Answer>(&command.verb)) {
    auto* error = std::get_if<hub::CallError>(&answer->outcome);
    if (error != nullptr) CheckText(dialect.EncodeError({.id = "1"}, *error));
  }
}

void Check(const hub::Dialect& dialect, hub::DialectState state, std::string_view text,
           bool binary) {
  hub::DecodeLimits limits;
  bool greeted = state.flags != 0;
  hub::Decoded decoded = dialect.Decode(state, text, binary, limits);
  Require(!decoded.commands.empty() && !decoded.batch);
  for (const hub::Command& command : decoded.commands) CheckCommand(dialect, command);
  // Before its handshake a client can do nothing else.
  const hub::Verb& first = decoded.commands[0].verb;
  Require(greeted || std::holds_alternative<hub::Greet>(first) ||
          std::holds_alternative<hub::Hopeless>(first) ||
          std::holds_alternative<hub::Malformed>(first) ||
          std::holds_alternative<hub::Ignore>(first));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const protocol::Registry registry;
  static const protocol::SocketCluster lax({.batch_max = 5, .strict_handshake = false});
  std::string_view text(reinterpret_cast<const char*>(data), size);
  hub::DialectState greeted;
  registry.socketcluster.Decode(greeted, R"({"event":"#handshake","cid":1})", false, {});
  Check(registry.socketcluster, greeted, text, false);
  Check(registry.socketcluster, {}, text, true);
  Check(lax, {}, text, false);
  return 0;
}
