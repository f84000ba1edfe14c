// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/liveness.h"

#include <algorithm>
#include <utility>

namespace sluice::hub {

bool FlowsEnough(uint64_t bytes, uint64_t least, absl::Duration time) {
  double seconds = std::max(1.0, absl::ToDoubleSeconds(time));
  return static_cast<double>(bytes) >= std::max(1.0, static_cast<double>(least) * seconds);
}

void Liveness::Start(const Flow& flow, Instant now) {
  heard_ = pinged_ = renewed_ = flowed_ = looked_ = now;
  arrived_ = flow.arrived;
  allowed_ = flow.allowed;
  read_ = flow.put;
}

bool Liveness::Heard(Instant now) {
  heard_ = now;
  return std::exchange(asked_, Instant::Past()) != Instant::Past();
}

Instant Liveness::PingDue(const LivenessRule& rule) const {
  if (rule.interval == absl::ZeroDuration()) return Instant::Future();
  if (rule.steady) return pinged_ + rule.interval;
  return waiting() ? Instant::Future() : heard_ + rule.interval;
}

Instant Liveness::DeadAt(const LivenessRule& rule) const {
  if (rule.timeout == absl::ZeroDuration()) return Instant::Future();
  if (!rule.steady && !waiting()) return Instant::Future();
  return std::max(rule.steady ? heard_ : pinged_, flowed_) + rule.timeout;
}

Instant Liveness::ExpiresAt(const LivenessRule& rule) const {
  return rule.lease == absl::ZeroDuration() ? Instant::Future() : renewed_ + rule.lease;
}

// What its program reads always counts. What its system takes counts only until the ping is among
// it: a program that hangs behind a large buffer is as dead as one without.
bool Liveness::Flows(const Flow& flow, uint64_t least, Instant now) const {
  if (FlowsEnough(flow.allowed - allowed_, least, now - looked_)) return true;
  bool ping_under_way = waiting() && arrived_ < ping_end_;
  return ping_under_way && FlowsEnough(flow.arrived - arrived_, least, now - looked_);
}

// Since the ping was put, its system has taken at least as much as it must, up to the ping. How far
// its program is with that is not to be seen, since systems tell in large steps that there is room
// again. But where what is on its way does not arrive, nobody is reading.
bool Liveness::MayStillRead(const Flow& flow, uint64_t least, Instant now) const {
  if (!waiting() || (flow.in_flight > 0 && flow.arrived == arrived_)) return false;
  uint64_t taken = std::min(flow.arrived, ping_end_);
  double unread = static_cast<double>(taken - std::min(taken, read_));
  return now < asked_ + absl::Seconds(unread / static_cast<double>(least));
}

Liveness::Action Liveness::Check(const LivenessRule& rule, const Flow& flow, uint64_t least,
                                 Instant now) {
  if (now >= ExpiresAt(rule)) return Action::kExpired;
  if (Flows(flow, least, now) || MayStillRead(flow, least, now)) flowed_ = now;
  if (heard_ > looked_) read_ = std::max(read_, arrived_);
  looked_ = now;
  arrived_ = flow.arrived;
  allowed_ = flow.allowed;
  if (now >= DeadAt(rule)) return Action::kDead;
  if (now < PingDue(rule)) return Action::kNothing;
  pinged_ = now;
  if (!waiting()) {
    asked_ = now;
    ping_end_ = flow.put + rule.ping.size();
  }
  return Action::kPing;
}

Instant Liveness::Next(const LivenessRule& rule) const {
  return std::min({PingDue(rule), DeadAt(rule), ExpiresAt(rule)});
}

}  // namespace sluice::hub
