// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/arrival.h"

namespace sluice::hub {

Arriving::Step Arriving::Next(bool greets) {
  for (;;) {
    Step step = next_;
    if (step != Step::kClaim) next_ = static_cast<Step>(static_cast<int>(step) + 1);
    if (Applies(step, greets)) return step;
  }
}

bool Arriving::Applies(Step step, bool greets) const {
  switch (step) {
    case Step::kGreeting:
      return greets;
    case Step::kAuthenticateGuard:
      return token != nullptr;
    case Step::kHandshakeGuard:
      return greeted;
    case Step::kConnectGuard:
    case Step::kAdmission:
    case Step::kClaim:
      return true;
  }
  return true;
}

}  // namespace sluice::hub
