// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/liveness.h"

#include <algorithm>

namespace sluice::hub {

void Liveness::Start(absl::Time now) { heard_ = pinged_ = renewed_ = now; }

void Liveness::Heard(absl::Time now) {
  heard_ = now;
  waiting_ = false;
}

absl::Time Liveness::PingDue(const LivenessRule& rule) const {
  if (rule.interval == absl::ZeroDuration()) return absl::InfiniteFuture();
  if (rule.steady) return pinged_ + rule.interval;
  return waiting_ ? absl::InfiniteFuture() : heard_ + rule.interval;
}

absl::Time Liveness::DeadAt(const LivenessRule& rule) const {
  if (rule.timeout == absl::ZeroDuration()) return absl::InfiniteFuture();
  if (rule.steady) return heard_ + rule.timeout;
  return waiting_ ? pinged_ + rule.timeout : absl::InfiniteFuture();
}

absl::Time Liveness::ExpiresAt(const LivenessRule& rule) const {
  return rule.lease == absl::ZeroDuration() ? absl::InfiniteFuture() : renewed_ + rule.lease;
}

Liveness::Action Liveness::Check(const LivenessRule& rule, absl::Time now) {
  if (now >= ExpiresAt(rule)) return Action::kExpired;
  if (now >= DeadAt(rule)) return Action::kDead;
  if (now < PingDue(rule)) return Action::kNothing;
  pinged_ = now;
  waiting_ = true;
  return Action::kPing;
}

absl::Time Liveness::Next(const LivenessRule& rule) const {
  return std::min({PingDue(rule), DeadAt(rule), ExpiresAt(rule)});
}

}  // namespace sluice::hub
