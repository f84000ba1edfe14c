// SPDX-License-Identifier: Apache-2.0
//
// A connection on its way in, as a machine: asked for the next step, it names it, and passes over
// those that nothing is known for. Whoever takes the steps (arrivals.h) tells what came of them.
#pragma once

#include <cstdint>
#include <memory>

#include "gateway/hub/command.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker.h"
#include "storage/time.h"

namespace sluice::hub {

class Arriving {
 public:
  enum class Step : uint8_t {
    kConnectGuard,
    kGreeting,           // wait for the client's own handshake
    kAuthenticateGuard,  // only if it showed a good token
    kHandshakeGuard,     // only if it greeted
    kAdmission,
    kClaim,  // the last: its id is asked for
  };

  // `since`: the upgrade.
  explicit Arriving(Instant since) : since(since) {}

  // `greets`: whether the dialect has a handshake of its own.
  Step Next(bool greets);

  // What the steps left.
  const Instant since;
  bool agreed = false;  // the upgrade is answered
  bool greeted = false;
  uint8_t conflicts = 0;  // how often its id was found in use
  Correlation greeting;
  Payload payload;               // the greeting's
  std::unique_ptr<Token> token;  // good so far
  std::unique_ptr<TokenFlaw> flaw;
  std::unique_ptr<Accept> accepted;

 private:
  bool Applies(Step step, bool greets) const;

  Step next_ = Step::kConnectGuard;
};

}  // namespace sluice::hub
