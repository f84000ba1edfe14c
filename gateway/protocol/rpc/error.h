// SPDX-License-Identifier: Apache-2.0
//
// The one table from faults to what a JSON-RPC client sees: of rpc-websockets, and of any other.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/hub/fault.h"

namespace sluice::protocol {

// What the error object holds.
struct RpcError {
  int32_t code = 0;
  std::string message;
  std::string data_json;  // empty: no "data"

  friend bool operator==(const RpcError&, const RpcError&) = default;
};

inline constexpr int32_t kInternalErrorCode = -32603;  // a worker's answer is no JSON

RpcError ToRpcError(const hub::CallError& error);

// For the strict dialect: the message is the sentence, the codes of the gateway's own faults are
// server errors
// (-32000 to -32099), and there are no data where none were given, but for the name of an error
// that has neither code nor data: {"name":"TypeError"}.
RpcError ToStrictError(const hub::CallError& error);

// rpc-websockets' code of a fault; kApplication: what a worker's error without a code gets.
int32_t RpcCodeOf(hub::Fault fault);

}  // namespace sluice::protocol
