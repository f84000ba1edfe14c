// SPDX-License-Identifier: Apache-2.0
//
// What goes on until somebody ends it: Ctrl-C (then sluicectl ends with 0, since nothing else could
// end it), --for, or --limit.
#pragma once

#include <cstdint>
#include <optional>

#include "control/ctl/flags.h"
#include "control/ctl/session.h"

namespace sluice::ctl {

class TailFlags {
 public:
  void Declare(Flags& flags);

  std::optional<absl::Duration> length() const { return for_; }
  // One more was shown; whether another one may be.
  bool Count() { return limit_ == 0 || ++shown_ < limit_; }

  // How a tail ends whose stream ended so.
  Exit Ended(Session& session, const absl::Status& status) const;

 private:
  std::optional<absl::Duration> for_;
  uint64_t limit_ = 0;
  uint64_t shown_ = 0;
};

// From now on Ctrl-C ends what is under way.
void EndOnInterrupt(Session& session);

}  // namespace sluice::ctl
