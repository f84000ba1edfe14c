// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a line message: what is no JSON has no effect but an error, what has one can be said
// in JSON again, and a rejection is never taken for success.
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/protocol/registry.h"
#include "tests/fuzz/json_check.h"

namespace {

using namespace sluice;
using fuzz::Require;
using fuzz::RequireJson;

void CheckError(const hub::Dialect& line, const hub::Correlation& correlation,
                const hub::CallError& error) {
  std::string message = line.EncodeError(correlation, error);
  RequireJson(message);
  for (const char* falsy : {"\"e\":null}", "\"e\":0}", "\"e\":false}", "\"e\":\"\"}"}) {
    Require(!message.ends_with(falsy));
  }
}

void CheckCommand(const hub::Dialect& line, const hub::Command& command) {
  if (!command.correlation.id.empty()) RequireJson(command.correlation.id);
  if (auto* call = std::get_if<hub::CallMethod>(&command.verb)) {
    RequireJson(line.EncodeResult(command.correlation, call->params));
    RequireJson(*line.EncodeEvent(call->method, call->params));
    RequireJson(*line.EncodeRequest({}, 7, call->method, call->params));
  } else if (auto* greet = std::get_if<hub::Greet>(&command.verb)) {
    auto welcome = line.EncodeWelcome(command.correlation,
                                      {.id = "id", .user = "", .payload = greet->payload});
    if (welcome) RequireJson(*welcome);
  } else if (auto* say = std::get_if<hub::Say>(&command.verb)) {
    RequireJson(say->message);
  } else if (auto* malformed = std::get_if<hub::Malformed>(&command.verb)) {
    CheckError(line, command.correlation, malformed->error);
  } else if (auto* answer = std::get_if<hub::Answer>(&command.verb)) {
    auto* error = std::get_if<hub::CallError>(&answer->outcome);
    if (error != nullptr) CheckError(line, command.correlation, *error);
  }
}

void Check(const hub::Dialect& line, hub::DialectState& state, std::string_view text) {
  hub::DecodeLimits limits;
  limits.depth_max = 4096;  // deeper than an input can be
  hub::Decoded decoded = line.Decode(state, text, false, limits);
  Require(decoded.commands.size() == 1 && !decoded.batch);
  const hub::Command& command = decoded.commands[0];
  auto* answer = std::get_if<hub::Answer>(&command.verb);
  bool without_effect = std::holds_alternative<hub::Ignore>(command.verb) ||
                        std::holds_alternative<hub::Malformed>(command.verb) ||
                        (answer && std::holds_alternative<hub::CallError>(answer->outcome));
  if (!without_effect && fuzz::IsComparable(text)) RequireJson(text);
  CheckCommand(line, command);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const protocol::Registry registry;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  hub::DialectState state;
  Check(registry.line, state, text);
  registry.line.Decode(state, R"({"n":"_h"})", false, hub::DecodeLimits());
  Check(registry.line, state, text);
  registry.line.Decode(state, text, true, hub::DecodeLimits());
  return 0;
}
