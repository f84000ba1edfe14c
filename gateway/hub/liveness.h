// SPDX-License-Identifier: Apache-2.0
//
// Whether a connection still lives, by its dialect's rule: when to ping it, when to give it up. One
// deadline a connection at any time. Reads no clock.
#pragma once

#include <string>

#include "absl/time/time.h"

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
  void Start(absl::Time now);
  // It said something, or answered a ping.
  void Heard(absl::Time now);
  void Renew(absl::Time now) { renewed_ = now; }

  // What is due; a ping is taken to be sent.
  Action Check(const LivenessRule& rule, absl::Time now);
  // When to check next; infinite: never.
  absl::Time Next(const LivenessRule& rule) const;

 private:
  absl::Time PingDue(const LivenessRule& rule) const;
  absl::Time DeadAt(const LivenessRule& rule) const;
  absl::Time ExpiresAt(const LivenessRule& rule) const;

  absl::Time heard_ = absl::InfinitePast();
  absl::Time pinged_ = absl::InfinitePast();
  absl::Time renewed_ = absl::InfinitePast();
  bool waiting_ = false;  // for a sign of life after a ping
};

}  // namespace sluice::hub
