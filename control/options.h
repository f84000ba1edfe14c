// SPDX-License-Identifier: Apache-2.0
//
// The control plane's listener.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "control/port_guests.h"

namespace sluice::control {

struct ControlOptions {
  std::string listen = "127.0.0.1:50051";  // --control; port 0: any
  bool insecure = false;        // --control-insecure: neither token nor client CA off loopback
  std::string token_file;       // --control-token-file: bearer tokens, one a line
  std::string tls_cert;         // --control-tls-cert, PEM chain
  std::string tls_key;          // --control-tls-key, PEM
  std::string client_ca;        // --control-client-ca, PEM: callers need a certificate of it
  PortGuests::Limits guests;    // --control-connections-max and the like, of the listener itself
  uint32_t streams_max = 1000;  // --control-streams-max, rpcs at once on one connection
  // --control-keepalive-time, --control-keepalive-timeout: together, how long a worker that is gone
  // without a word still gets calls. Clients bear pings of servers at any pace (what they are
  // refused for is too many pings of their own), but must answer them: the timeout is above what a
  // worker's network thread may stand still.
  absl::Duration keepalive_time = absl::Seconds(3);
  absl::Duration keepalive_timeout = absl::Seconds(5);
  // --control-idle-timeout: without an rpc, then told to go; 0: never
  absl::Duration idle_timeout = absl::Minutes(10);
  // --control-ping-min: a caller that pings more often is cut off (after a few)
  absl::Duration ping_min = absl::Seconds(10);
  // --control-stop-timeout: of rpcs under way when everything else has stopped
  absl::Duration stop_timeout = absl::Seconds(1);
};

// INVALID_ARGUMENT with the option's name: an address that is none, half a key pair, a client CA
// without TLS; a listener off loopback without credentials.
absl::Status Validate(const ControlOptions& options);

// Whether "host:port" can be reached from this machine only.
bool IsLoopback(std::string_view address);

}  // namespace sluice::control
