// SPDX-License-Identifier: Apache-2.0
//
// Reads what clients write in JSON-RPC's dialects of text. Ids and parameters pass through as they
// were written, but the whole document is checked.
#pragma once

#include <string_view>

#include "gateway/hub/command.h"
#include "gateway/hub/dialect.h"
#include "gateway/protocol/rpc/envelope.h"

namespace sluice::protocol {

// A message in which only a value is wrong keeps its id, and in a batch the other messages are
// carried out.
hub::Decoded DecodeJsonRpc(std::string_view bytes, const hub::DecodeLimits& limits,
                           const RpcRules& rules);

// Whether a message in a binary frame is JSON. In MessagePack `{` and `[` are numbers, and white
// space is, too: no message of MessagePack-RPC begins with one.
bool BeginsAsJson(std::string_view bytes);

}  // namespace sluice::protocol
