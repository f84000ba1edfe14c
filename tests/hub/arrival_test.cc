// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/arrival.h"
#include "gateway/hub/tokens.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::hub {
namespace {

using Step = Arriving::Step;
using testing::ElementsAre;

// All steps from where it stands.
std::vector<Step> StepsOf(Arriving& arriving, bool greets) {
  std::vector<Step> steps;
  do {
    steps.push_back(arriving.Next(greets));
  } while (steps.back() != Step::kClaim);
  return steps;
}

TEST(Arriving, WhoeverHasNoHandshakeIsAskedAboutAndAdmitted) {
  Arriving arriving{Instant(absl::Seconds(1))};
  EXPECT_THAT(StepsOf(arriving, false),
              ElementsAre(Step::kConnectGuard, Step::kAdmission, Step::kClaim));
}

TEST(Arriving, AGreetingIsAwaitedBehindTheConnectGuard) {
  Arriving arriving{Instant(absl::Seconds(1))};
  EXPECT_EQ(arriving.Next(true), Step::kConnectGuard);
  EXPECT_EQ(arriving.Next(true), Step::kGreeting);
}

TEST(Arriving, WhatTheGreetingBroughtDecidesWhichGuardsAreAsked) {
  for (bool token : {false, true}) {
    Arriving arriving{Instant(absl::Seconds(1))};
    arriving.Next(true);
    arriving.Next(true);
    arriving.greeted = true;
    if (token) arriving.token = std::make_unique<Token>();
    if (token) {
      EXPECT_EQ(arriving.Next(true), Step::kAuthenticateGuard);
      arriving.token.reset();  // it was blocked
    }
    EXPECT_THAT(StepsOf(arriving, true),
                ElementsAre(Step::kHandshakeGuard, Step::kAdmission, Step::kClaim));
  }
}

TEST(Arriving, AnIdMayBeAskedForAgain) {
  Arriving arriving{Instant(absl::Seconds(1))};
  StepsOf(arriving, false);
  EXPECT_EQ(arriving.Next(false), Step::kClaim);
}

}  // namespace
}  // namespace sluice::hub
