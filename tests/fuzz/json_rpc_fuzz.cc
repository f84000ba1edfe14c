// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a message of either JSON-RPC dialect: what is accepted is JSON, what is JSON is
// accepted, what is mended is JSON then, and whatever comes of it can be said in JSON again.
#include <simdjson.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/protocol/json/mend.h"
#include "gateway/protocol/json/walk.h"
#include "gateway/protocol/registry.h"
#include "tests/fuzz/json_check.h"

namespace {

using namespace sluice;
using fuzz::Require;

constexpr size_t kDepthMax = 4096;  // deeper than an input can be

bool IsParseError(const hub::Command& command) {
  auto* malformed = std::get_if<hub::Malformed>(&command.verb);
  return malformed != nullptr && malformed->error.fault == hub::Fault::kParse;
}

void Compare(std::string_view text, const hub::Decoded& decoded) {
  if (!fuzz::IsComparable(text)) return;
  bool is_json = nlohmann::json::accept(text);
  bool sound = !protocol::CheckJson(text, kDepthMax) && simdjson::validate_utf8(text);
  if (is_json) Require(sound);
  if (sound && !fuzz::MayHoldHugeNumbers(text)) Require(is_json);
  for (const hub::Command& command : decoded.commands) {
    if (is_json) Require(!IsParseError(command));
  }
}

void CheckMended(std::string_view text) {
  std::optional<protocol::MendedJson> mended = protocol::MendJson(text, 8);
  if (!mended) return;
  Require(!protocol::CheckJson(mended->text, 8) && simdjson::validate_utf8(mended->text));
  Require(!mended->flaws.empty());
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
  CheckMended(text);
  hub::DialectState state;
  hub::DecodeLimits limits;
  limits.depth_max = kDepthMax;
  for (const hub::Dialect* dialect :
       {static_cast<const hub::Dialect*>(&registry.json_rpc),
        static_cast<const hub::Dialect*>(&registry.json_rpc_strict)}) {
    hub::Decoded decoded = dialect->Decode(state, text, false, limits);
    Require(!decoded.commands.empty());
    Compare(text, decoded);
    for (const hub::Command& command : decoded.commands) CheckCommand(*dialect, command);
    dialect->Decode(state, text, true, hub::DecodeLimits());
  }
  return 0;
}
