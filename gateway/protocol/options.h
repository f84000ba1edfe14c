// SPDX-License-Identifier: Apache-2.0
//
// What the dialects are told at their start. Apart from them, so that whoever only sets it knows
// nothing of them.
#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::protocol {

// The defaults are SocketCluster's own.
struct SocketClusterOptions {
  absl::Duration ping_interval = absl::Seconds(8);       // --socketcluster-ping-interval; 0: none
  absl::Duration ping_timeout = absl::Seconds(30);       // --socketcluster-ping-timeout; 0: none
  absl::Duration handshake_timeout = absl::Seconds(10);  // --socketcluster-handshake-timeout
  size_t batch_max = 1000;                               // --socketcluster-batch-max, packets
  bool client_publish = true;                            // --socketcluster-client-publish
  // Whoever says something before its #handshake is closed (4009); else that is only refused.
  bool strict_handshake = true;  // --socketcluster-strict-handshake
};

// The defaults are line's own.
struct LineOptions {
  absl::Duration handshake_timeout = absl::Seconds(60);  // --line-handshake-timeout; positive
  absl::Duration ping_interval = absl::Seconds(15);      // --line-ping-interval; 0: no pings
  absl::Duration response_timeout = absl::Seconds(10);   // --line-response-timeout, to a ping; 0:
                                                         // no limit
};

// The defaults are Longhouse's own.
struct PresenceOptions {
  absl::Duration ping_interval = absl::Seconds(30);  // --longhouse-ping-interval; 0: no pings
  absl::Duration lease = absl::Seconds(60);          // --longhouse-lease; 0: for ever
};

struct DialectOptions {
  // Where WebSocket's own pings show whether a client lives.
  absl::Duration ping_interval = absl::Seconds(25);  // --ping-interval; zero: no pings
  absl::Duration pong_timeout = absl::Seconds(10);   // --pong-timeout
  SocketClusterOptions socketcluster;
  LineOptions line;
  PresenceOptions presence;
};

// INVALID_ARGUMENT names the option. A client that is pinged less often than it must be closes.
absl::Status Validate(const SocketClusterOptions& options);

}  // namespace sluice::protocol
