// SPDX-License-Identifier: Apache-2.0
//
// The tables of faults and of closes: every row is there, and no two say the same.
#include <gtest/gtest.h>

#include <set>

#include "gateway/hub/close.h"
#include "gateway/hub/fault.h"

namespace sluice::hub {
namespace {

TEST(CodesTest, EveryFaultHasALabelAndASentence) {
  std::set<std::string_view> labels;
  for (int i = 0; i < kFaultCount; ++i) {
    CallError error = MakeError(static_cast<Fault>(i));
    EXPECT_EQ(error.fault, static_cast<Fault>(i));
    EXPECT_EQ(error.name, FaultLabel(error.fault));
    EXPECT_NE(error.message, "");
    EXPECT_TRUE(labels.insert(FaultLabel(error.fault)).second) << error.name;
  }
}

TEST(CodesTest, EveryCloseHasItsOwnCode) {
  std::set<uint16_t> codes;
  for (int i = 0; i < kCloseCauseCount; ++i) {
    const CloseRule& rule = RuleOf(static_cast<CloseCause>(i));
    // To a client the end of its lifetime is a drain: come back elsewhere.
    const bool new_code = codes.insert(rule.code).second;
    EXPECT_EQ(new_code, static_cast<CloseCause>(i) != CloseCause::kLifetime) << rule.label;
    EXPECT_TRUE(IsSendableCloseCode(rule.code)) << rule.label;
    EXPECT_LE(rule.reason.size(), kCloseReasonMax);
    EXPECT_NE(rule.next_step, "");
  }
}

TEST(CodesTest, SendableCodes) {
  for (uint32_t code : {1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999}) {
    EXPECT_TRUE(IsSendableCloseCode(code)) << code;
  }
  for (uint32_t code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 66536}) {
    EXPECT_FALSE(IsSendableCloseCode(code)) << code;
  }
}

}  // namespace
}  // namespace sluice::hub
