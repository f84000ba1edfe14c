// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/liveness.h"

#include <algorithm>

namespace sluice::hub {

void Liveness::Start(Instant now) { heard_ = pinged_ = renewed_ = now; }

void Liveness::Heard(Instant now) {
  heard_ = now;
  waiting_ = false;
}

Instant Liveness::PingDue(const LivenessRule& rule) const {
  if (rule.interval == absl::ZeroDuration()) return Instant::Future();
  if (rule.steady) return pinged_ + rule.interval;
  return waiting_ ? Instant::Future() : heard_ + rule.interval;
}

Instant Liveness::DeadAt(const LivenessRule& rule) const {
  if (rule.timeout == absl::ZeroDuration()) return Instant::Future();
  if (rule.steady) return heard_ + rule.timeout;
  return waiting_ ? pinged_ + rule.timeout : Instant::Future();
}

Instant Liveness::ExpiresAt(const LivenessRule& rule) const {
  return rule.lease == absl::ZeroDuration() ? Instant::Future() : renewed_ + rule.lease;
}

Liveness::Action Liveness::Check(const LivenessRule& rule, Instant now) {
  if (now >= ExpiresAt(rule)) return Action::kExpired;
  if (now >= DeadAt(rule)) return Action::kDead;
  if (now < PingDue(rule)) return Action::kNothing;
  pinged_ = now;
  waiting_ = true;
  return Action::kPing;
}

Instant Liveness::Next(const LivenessRule& rule) const {
  return std::min({PingDue(rule), DeadAt(rule), ExpiresAt(rule)});
}

}  // namespace sluice::hub
