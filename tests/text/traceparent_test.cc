// SPDX-License-Identifier: Apache-2.0
#include "text/traceparent.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::text {
namespace {

constexpr char kGood[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string With(size_t at, std::string_view text) {
  return std::string(kGood).replace(at, text.size(), text);
}

TEST(Traceparent, IsPassedOnAsItIs) {
  EXPECT_EQ(Traceparent(kGood), kGood);
  EXPECT_EQ(TraceIdOf(kGood), "0af7651916cd43dd8448eb211c80319c");
}

TEST(Traceparent, OfALaterVersionLosesWhatThatHasAdded) {
  const std::string later = With(0, "cc");
  EXPECT_EQ(Traceparent(later + "-what-the-future-brings"), later);
  EXPECT_EQ(Traceparent(later), later);
  EXPECT_EQ(Traceparent(later + ".what"), "");
}

TEST(Traceparent, WhatIsNoneIsNotPassedOn) {
  for (const std::string& bad :
       {std::string(), std::string("00"), std::string(kGood).substr(0, 54),
        kGood + std::string("-x"), kGood + std::string("x"), With(0, "ff"), With(0, "0G"),
        With(2, "_"), With(35, "_"), With(52, "_"), With(3, std::string(32, '0')),
        With(36, std::string(16, '0')), With(5, "F"), With(40, "\n"), With(53, "zz"),
        std::string(8192, '0')}) {
    EXPECT_EQ(Traceparent(bad), "") << bad;
  }
  EXPECT_EQ(TraceIdOf(""), "");
}

}  // namespace
}  // namespace sluice::text
