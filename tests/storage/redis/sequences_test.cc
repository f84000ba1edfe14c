// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/sequences.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::storage::redis {
namespace {

using Verdict = IncomingSequences::Verdict;

const Incarnation kA = {"a", "1"};
const Incarnation kLaterA = {"a", "2"};
const Incarnation kB = {"b", "1"};

TEST(OutgoingSequences, RiseOverAllChannelsAndNameTheOneBefore) {
  OutgoingSequences sequences;
  auto expect = [&](const std::string& channel, uint64_t sequence, uint64_t previous) {
    Place place = sequences.Next(channel);
    EXPECT_EQ(place.sequence, sequence);
    EXPECT_EQ(place.previous, previous);
  };
  expect("x", 1, 0);
  expect("y", 2, 0);
  expect("x", 3, 1);
  expect("x", 4, 3);
  expect("y", 5, 2);
}

TEST(OutgoingSequences, ForgetWhatWasNotUsedForLong) {
  OutgoingSequences sequences(2);
  sequences.Next("old");
  sequences.Next("used");
  sequences.Next("x");  // `old` and `used` are of before
  EXPECT_EQ(sequences.Next("used").previous, 2u);
  sequences.Next("y");
  EXPECT_EQ(sequences.Next("old").previous, 0u);
  EXPECT_EQ(sequences.Next("used").previous, 4u);
}

TEST(IncomingSequences, TakeEachOnce) {
  IncomingSequences sequences;
  EXPECT_EQ(sequences.Take("x", kA, {5, 2}), Verdict::kNext);  // before it we did not listen
  EXPECT_EQ(sequences.Take("x", kA, {5, 2}), Verdict::kReplayed);
  EXPECT_EQ(sequences.Take("x", kA, {9, 5}), Verdict::kNext);
  EXPECT_EQ(sequences.Take("x", kA, {5, 2}), Verdict::kReplayed);
  EXPECT_EQ(sequences.Take("x", kA, {9, 5}), Verdict::kReplayed);
}

TEST(IncomingSequences, SeeWhatIsMissing) {
  IncomingSequences sequences;
  sequences.Take("x", kA, {1, 0});
  EXPECT_EQ(sequences.Take("x", kA, {7, 4}), Verdict::kAfterGap);
  EXPECT_EQ(sequences.Take("x", kA, {4, 1}), Verdict::kReplayed) << "late is as bad as twice";
  EXPECT_EQ(sequences.Take("x", kA, {8, 7}), Verdict::kNext);
  EXPECT_EQ(sequences.Take("x", kA, {20, 0}), Verdict::kNext) << "the sender has forgotten";
}

TEST(IncomingSequences, ChannelsAndSendersAreApart) {
  IncomingSequences sequences;
  sequences.Take("x", kA, {10, 0});
  EXPECT_EQ(sequences.Take("y", kA, {5, 0}), Verdict::kNext);
  EXPECT_EQ(sequences.Take("x", kB, {1, 0}), Verdict::kNext);
  EXPECT_EQ(sequences.Take("x", kLaterA, {1, 0}), Verdict::kNext);
  sequences.Forget("x");
  EXPECT_EQ(sequences.Take("x", kA, {20, 15}), Verdict::kNext);
}

TEST(IncomingSequences, WhoIsNoMoreIsNotHeard) {
  IncomingSequences sequences;
  sequences.Take("x", kA, {1, 0});
  sequences.Retire(kA);
  EXPECT_EQ(sequences.Take("x", kA, {2, 1}), Verdict::kOld);
  EXPECT_EQ(sequences.Take("x", kLaterA, {1, 0}), Verdict::kNext);
  sequences.Restore(kA);
  EXPECT_EQ(sequences.Take("x", kA, {3, 2}), Verdict::kNext);
}

TEST(IncomingSequences, RemembersABoundedPast) {
  IncomingSequences sequences;
  sequences.Retire(kA);
  sequences.Restore(kA);
  sequences.Retire(kA);
  for (size_t i = 0; i + 1 < IncomingSequences::kSendersMax; ++i) {
    sequences.Retire({"n", std::to_string(i)});
  }
  EXPECT_EQ(sequences.Take("x", kA, {2, 1}), Verdict::kOld);
  sequences.Retire(kB);
  EXPECT_EQ(sequences.Take("x", kA, {2, 1}), Verdict::kNext);
  EXPECT_EQ(sequences.Take("x", kB, {2, 1}), Verdict::kOld);
}

}  // namespace
}  // namespace sluice::storage::redis
