// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a MessagePack-RPC message: what is read from them is JSON, and whatever comes of it
// can be said in MessagePack again.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "gateway/protocol/msgpack/reader.h"
#include "gateway/protocol/registry.h"

namespace {

using namespace sluice;

void Require(bool condition) {
  if (!condition) std::abort();
}

// One sound value and nothing behind it.
void CheckMsgpack(std::string_view bytes) {
  protocol::MsgpackReader reader(bytes);
  std::string json;
  Require(reader.ReadJson(json, 100) && reader.at_end());
  Require(nlohmann::json::accept(json));
}

void CheckCommand(const hub::Dialect& dialect, const hub::Command& command) {
  CheckMsgpack(command.correlation.id);
  if (auto* call = std::get_if<hub::CallMethod>(&command.verb)) {
    if (call->params.kind == hub::Payload::Kind::kJson) {
      Require(nlohmann::json::accept(call->params.bytes));
    }
    CheckMsgpack(dialect.EncodeResult(command.correlation, call->params));
    CheckMsgpack(dialect.EncodeEvent(call->method, call->params).value());
  } else if (auto* malformed = std::get_if<hub::Malformed>(&command.verb)) {
    CheckMsgpack(dialect.EncodeError(command.correlation, malformed->error));
  } else if (auto* answer = std::get_if<hub::Answer>(&command.verb)) {
    if (auto* error = std::get_if<hub::CallError>(&answer->outcome)) {
      CheckMsgpack(dialect.EncodeError(command.correlation, *error));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const protocol::Registry registry;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  hub::DialectState state;
  hub::Decoded decoded = registry.msgpack_rpc.Decode(state, bytes, true, hub::DecodeLimits());
  Require(!decoded.commands.empty());
  for (const hub::Command& command : decoded.commands) CheckCommand(registry.msgpack_rpc, command);
  return 0;
}
