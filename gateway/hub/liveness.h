// SPDX-License-Identifier: Apache-2.0
//
// Whether a connection still lives, by its dialect's rule: when to ping it, when to give it up. One
// deadline a connection at any time. Reads no clock.
//
// A client that says nothing lives as well while it takes what waits for it: an answer to a ping
// cannot come before the client has read what stands in front of the ping.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "gateway/hub/flow.h"
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
  void Start(const Flow& flow, Instant now);
  // It said something, or answered a ping. True if Next may be earlier than it was.
  bool Heard(Instant now);
  void Renew(Instant now) { renewed_ = now; }

  // What is due; a ping is taken to be put into the outbox behind `flow`. Whoever takes
  // `least` bytes a second (--alive-bytes-per-second) is not dead.
  Action Check(const LivenessRule& rule, const Flow& flow, uint64_t least, Instant now);
  // When to check next; infinite: never.
  Instant Next(const LivenessRule& rule) const;

 private:
  // For a sign of life after a ping.
  bool waiting() const { return asked_ != Instant::Past(); }
  Instant PingDue(const LivenessRule& rule) const;
  Instant DeadAt(const LivenessRule& rule) const;
  Instant ExpiresAt(const LivenessRule& rule) const;
  bool Flows(const Flow& flow, uint64_t least, Instant now) const;
  bool MayStillRead(const Flow& flow, uint64_t least, Instant now) const;

  Instant heard_ = Instant::Past();
  Instant pinged_ = Instant::Past();
  Instant renewed_ = Instant::Past();
  Instant flowed_ = Instant::Past();  // bytes were last seen to flow
  Instant looked_ = Instant::Past();  // when `arrived_` and `allowed_` were so
  uint64_t arrived_ = 0;
  uint64_t allowed_ = 0;
  uint64_t read_ = 0;  // what it has read, as far as can be told from what it said since
  // The oldest ping that is not answered: when it was put (past: there is none), and where it ends.
  Instant asked_ = Instant::Past();
  uint64_t ping_end_ = 0;
};

// Whether `bytes` in `time` are at least `least` a second; less than a second counts as one.
bool FlowsEnough(uint64_t bytes, uint64_t least, absl::Duration time);

}  // namespace sluice::hub
