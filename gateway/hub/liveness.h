// SPDX-License-Identifier: Apache-2.0
//
// Whether a connection still lives, by its dialect's rule: when to ping it, when to give it up. One
// deadline a connection at any time. Reads no clock.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "storage/time.h"

namespace sluice::hub {

// A dialect's rule. Zero durations switch a part off.
struct LivenessRule {
  absl::Duration interval = absl::ZeroDuration();  // between pings
  // With `steady`: silence after which it is dead. Else: silence after a ping.
  absl::Duration timeout = absl::ZeroDuration();
  // Pings go out at every interval, whatever the client says; else only after an interval of
  // silence.
  bool steady = false;
  // How long it is present without renewing its lease by a command of its own.
  absl::Duration lease = absl::ZeroDuration();
  std::string ping;  // the whole WebSocket frame
};

class Liveness {
 public:
  enum class Action { kNothing, kPing, kDead, kExpired };

  // The connection opened.
  void Start(Instant now);
  // It said something, or answered a ping.
  void Heard(Instant now);
  void Renew(Instant now) { renewed_ = now; }

  // What is due; a ping is taken to be sent.
  Action Check(const LivenessRule& rule, Instant now);
  // When to check next; infinite: never.
  Instant Next(const LivenessRule& rule) const;

 private:
  Instant PingDue(const LivenessRule& rule) const;
  Instant DeadAt(const LivenessRule& rule) const;
  Instant ExpiresAt(const LivenessRule& rule) const;

  Instant heard_ = Instant::Past();
  Instant pinged_ = Instant::Past();
  Instant renewed_ = Instant::Past();
  bool waiting_ = false;  // for a sign of life after a ping
};

}  // namespace sluice::hub
