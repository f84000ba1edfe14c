// SPDX-License-Identifier: Apache-2.0
//
// The dialects that speak JSON or MessagePack, and short ways to say what goes in and what should
// come out.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "gateway/hub/command.h"
#include "gateway/protocol/registry.h"

namespace sluice::protocol {

// "83 a6 6d": bytes.
inline std::string Bytes(const std::string& hex) {
  return absl::HexStringToBytes(absl::StrReplaceAll(hex, {{" ", ""}}));
}
inline std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

class DialectTest : public testing::Test {
 protected:
  hub::Decoded Decode(const hub::Dialect& dialect, std::string_view bytes) {
    return dialect.Decode(state_, bytes, dialect.traits().binary, limits_);
  }
  // The only command of a message that is no batch.
  hub::Command One(const hub::Dialect& dialect, std::string_view bytes) {
    hub::Decoded decoded = Decode(dialect, bytes);
    EXPECT_EQ(decoded.commands.size(), 1u);
    EXPECT_FALSE(decoded.batch);
    return decoded.commands.empty() ? hub::Command() : decoded.commands[0];
  }
  // What the client sees if its message is refused by the dialect itself; "-" if it is not, "" if
  // nothing is said.
  std::string Refusal(const hub::Dialect& dialect, std::string_view bytes) {
    hub::Command command = One(dialect, bytes);
    auto* malformed = std::get_if<hub::Malformed>(&command.verb);
    if (malformed == nullptr) return "-";
    if (!command.correlation.answer) return "";
    return dialect.EncodeError(command.correlation, malformed->error);
  }

  Registry registry_;
  const hub::Dialect& json_ = registry_.json_rpc;
  const hub::Dialect& strict_ = registry_.json_rpc_strict;
  const hub::Dialect& msgpack_ = registry_.msgpack_rpc;
  const hub::Dialect& socketcluster_ = registry_.socketcluster;
  hub::DialectState state_;
  hub::DecodeLimits limits_;
};

inline hub::Verb Call(std::string method, hub::Payload params = {}) {
  return hub::CallMethod{std::move(method), std::move(params)};
}
inline hub::Correlation Id(std::string id, uint8_t flags = kSaysVersion) {
  return {.id = std::move(id), .flags = flags, .answer = true};
}
inline hub::Correlation NoId(uint8_t flags = kSaysVersion) {
  return {.id = "null", .flags = flags, .answer = false};
}

}  // namespace sluice::protocol
