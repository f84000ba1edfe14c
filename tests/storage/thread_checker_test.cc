// SPDX-License-Identifier: Apache-2.0
#include "storage/thread_checker.h"

#include <gtest/gtest.h>

#include <thread>

namespace sluice {
namespace {

bool IsCurrentElsewhere(const ThreadChecker& checker) {
  bool current = false;
  std::thread([&] { current = checker.IsCurrent(); }).join();
  return current;
}

TEST(ThreadChecker, BelongsToWhoUsesItFirst) {
  const ThreadChecker checker;
  EXPECT_TRUE(checker.IsCurrent());
  EXPECT_TRUE(checker.IsCurrent());
}

#ifndef NDEBUG
TEST(ThreadChecker, NoticesAnotherThread) {
  const ThreadChecker checker;
  EXPECT_TRUE(checker.IsCurrent());
  EXPECT_FALSE(IsCurrentElsewhere(checker));
  EXPECT_TRUE(checker.IsCurrent()) << "whoever asks does not take it over";
}

TEST(ThreadChecker, MayBeBuiltOnOneThreadAndUsedOnAnother) {
  const ThreadChecker checker;
  EXPECT_TRUE(IsCurrentElsewhere(checker));
  EXPECT_FALSE(checker.IsCurrent());
}

TEST(ThreadChecker, AThreadThatEndedIsNotTakenForALaterOne) {
  const ThreadChecker checker;
  EXPECT_TRUE(IsCurrentElsewhere(checker));
  EXPECT_FALSE(IsCurrentElsewhere(checker));
}
#else
TEST(ThreadChecker, CostsNothingInRelease) {
  const ThreadChecker checker;
  EXPECT_TRUE(checker.IsCurrent());
  EXPECT_TRUE(IsCurrentElsewhere(checker));
}
#endif

}  // namespace
}  // namespace sluice
