// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a JSON-RPC message: what is accepted is JSON, what is JSON is accepted, and whatever
// comes of it can be said in JSON again.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "gateway/protocol/registry.h"
#include "tests/fuzz/json_check.h"

namespace {

using namespace sluice;
using fuzz::Require;

bool IsParseError(const hub::Decoded& decoded) {
  auto* malformed = std::get_if<hub::Malformed>(&decoded.commands[0].verb);
  return malformed != nullptr && malformed->error.fault == hub::Fault::kParse;
}

void Compare(std::string_view text, bool refused) {
  if (!fuzz::IsComparable(text)) return;
  bool is_json = nlohmann::json::accept(text);
  if (is_json) Require(!refused);
  if (!refused && !fuzz::MayHoldHugeNumbers(text)) Require(is_json);
}

void CheckCommand(const hub::Dialect& dialect, const hub::Command& command) {
  fuzz::RequireJson(command.correlation.id);
  if (auto* call = std::get_if<hub::CallMethod>(&command.verb)) {
    if (call->params.kind == hub::Payload::Kind::kJson) fuzz::RequireJson(call->params.bytes);
    fuzz::RequireJson(dialect.EncodeResult(command.correlation, call->params));
    fuzz::RequireJson(dialect.EncodeEvent(call->method, call->params).value());
  } else if (auto* malformed = std::get_if<hub::Malformed>(&command.verb)) {
    fuzz::RequireJson(dialect.EncodeError(command.correlation, malformed->error));
  } else if (auto* subscribe = std::get_if<hub::Subscribe>(&command.verb)) {
    std::vector<hub::ChannelResult> results;
    for (const auto& name : subscribe->channels) results.push_back({name, {}});
    fuzz::RequireJson(dialect.EncodeChannels(command.correlation, results));
  } else if (auto* answer = std::get_if<hub::Answer>(&command.verb)) {
    if (auto* error = std::get_if<hub::CallError>(&answer->outcome)) {
      fuzz::RequireJson(dialect.EncodeError(command.correlation, *error));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const protocol::Registry registry;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  hub::DialectState state;
  hub::DecodeLimits limits;
  limits.depth_max = 4096;  // deeper than an input can be
  hub::Decoded decoded = registry.json_rpc.Decode(state, text, false, limits);
  Require(!decoded.commands.empty());
  Compare(text, IsParseError(decoded));
  for (const hub::Command& command : decoded.commands) CheckCommand(registry.json_rpc, command);
  registry.json_rpc.Decode(state, text, true, hub::DecodeLimits());
  return 0;
}
