// SPDX-License-Identifier: Apache-2.0
//
// The one table from faults to what a JSON-RPC client sees.
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

// The code of a fault; kApplication: what a worker's error without a code gets.
int32_t RpcCodeOf(hub::Fault fault);

// Faults in what the client said are answered even if it gave no id.
bool IsAnsweredWithoutId(hub::Fault fault);

}  // namespace sluice::protocol
