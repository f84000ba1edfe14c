// SPDX-License-Identifier: Apache-2.0
//
// One table here, one in the gateway: what the gateway says must be what sluicectl explains.
#include "control/ctl/close_codes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/hub/close.h"

namespace sluice::ctl {
namespace {

TEST(CloseCodesTest, EveryCauseOfTheGatewayIsExplained) {
  for (int i = 0; i < hub::kCloseCauseCount; ++i) {
    const hub::CloseRule& rule = hub::RuleOf(static_cast<hub::CloseCause>(i));
    const auto rows = Explain(rule.code);
    const bool found = std::any_of(rows.begin(), rows.end(), [&](const CloseCode& row) {
      return row.meaning.find(rule.reason) != std::string_view::npos &&
             row.next_step.find(rule.next_step) != std::string_view::npos;
    });
    EXPECT_TRUE(found) << rule.code << " " << rule.reason << ": " << rule.next_step;
  }
}

TEST(CloseCodesTest, InOrderAndOnce) {
  const auto& codes = CloseCodes();
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end(), [](const auto& a, const auto& b) {
    return std::pair(a.code, a.dialect) < std::pair(b.code, b.dialect);
  }));
  for (size_t i = 1; i < codes.size(); ++i) {
    EXPECT_FALSE(codes[i].code == codes[i - 1].code && codes[i].dialect == codes[i - 1].dialect);
  }
}

TEST(CloseCodesTest, WhatNoRowHas) {
  EXPECT_NE(Explain(4999).front().meaning.find("application"), std::string_view::npos);
  EXPECT_NE(Explain(2500).front().meaning.find("reserved"), std::string_view::npos);
  EXPECT_TRUE(Explain(999).empty());
}

}  // namespace
}  // namespace sluice::ctl
