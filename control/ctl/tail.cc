// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/tail.h"

namespace sluice::ctl {

void TailFlags::Declare(Flags& flags) {
  flags.Duration("--for", "ends after so long", &for_);
  flags.Whole("--limit", "COUNT", "ends after so many (0: never)", 0, UINT32_MAX, &limit_);
}

Exit TailFlags::Ended(Session& session, const absl::Status& status) const {
  if (session.interrupts.came()) return session.Conclude(Exit::kOk);
  if (status.ok()) return session.Conclude(Exit::kOk);
  if (for_ && absl::IsDeadlineExceeded(status)) return session.Conclude(Exit::kOk);
  return session.Fail(status);
}

void EndOnInterrupt(Session& session) {
  session.interrupts.Expect([&session] { session.client().Cancel(); });
}

}  // namespace sluice::ctl
