// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/lifetimes.h"

#include <memory>

#include "gateway/hub/deadlines.h"
#include "gateway/hub/evictions.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/session.h"

namespace sluice::hub {

void Lifetimes::Start(Session& session, Now now) {
  const NamespacePolicy::Lifetime& policy = session.space->policy.lifetime;
  if (policy.max == absl::ZeroDuration()) return;
  const double less = absl::Uniform(random_, 0.0, 1.0) * policy.jitter_percent / 100;
  session.life.end = deadlines_.Schedule(Deadlines::Kind::kLifetime, session.key,
                                         now.steady + policy.max * (1 - less));
}

void Lifetimes::OnDeadline(Session& session, Now now) {
  auto order = std::make_shared<const DrainOrder>(DrainOrder{
      .cause = CloseCause::kLifetime,
      .grace = session.space->policy.lifetime.grace,
      .parted = [](const DrainParted&) {},
  });
  const SessionKey key = session.key;
  evictions_.Drain({&key, 1}, order, now);
}

}  // namespace sluice::hub
