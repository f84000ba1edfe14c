// SPDX-License-Identifier: Apache-2.0
//
// Errors as SocketCluster tells them: {"message","name", and whatever else the error has}.
#pragma once

#include "gateway/hub/fault.h"
#include "gateway/protocol/json/writer.h"
#include "gateway/protocol/socketcluster/packet.h"

namespace sluice::protocol {

// Writes one value. What was asked decides how a silent block is told, and that a refused
// handshake says its close code.
void WriteSocketClusterError(JsonWriter& writer, const hub::CallError& error, RequestKind kind);

}  // namespace sluice::protocol
