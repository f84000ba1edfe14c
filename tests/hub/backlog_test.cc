// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/backlog.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/frame.h"

namespace sluice::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SharedFrame Frame(size_t bytes) { return std::make_shared<const std::string>(bytes, 'f'); }

std::string Taken(Backlog& backlog) { return std::string(backlog.Take().view()); }

TEST(Backlog, KnowsEachMessageWithItsSizeOnTheWireAndItsClass) {
  Backlog backlog;
  EXPECT_TRUE(backlog.empty());
  backlog.Add(MessageClass::kAnswer, /*binary=*/false, "yes");
  backlog.Add(MessageClass::kEvent, Frame(10));
  backlog.Add(MessageClass::kPublication, Frame(Backlog::kReferMin));
  const auto answer = static_cast<uint32_t>(MakeFrame(false, "yes").size());
  EXPECT_THAT(backlog.messages(),
              ElementsAre(Backlog::Message{answer, MessageClass::kAnswer},
                          Backlog::Message{10, MessageClass::kEvent},
                          Backlog::Message{Backlog::kReferMin, MessageClass::kPublication}));
  EXPECT_EQ(backlog.bytes(), answer + 10 + Backlog::kReferMin);
}

TEST(Backlog, SmallMessagesStandTogetherInOrder) {
  Backlog backlog;
  backlog.Add(MessageClass::kAnswer, /*binary=*/false, "a");
  backlog.Add(MessageClass::kAnswer, /*binary=*/true, "b");
  backlog.Add(MessageClass::kEvent, Frame(3));
  EXPECT_EQ(Taken(backlog), MakeFrame(false, "a") + MakeFrame(true, "b") + "fff");
  EXPECT_TRUE(backlog.empty());
  EXPECT_EQ(backlog.bytes(), 0);
  EXPECT_THAT(backlog.messages(), IsEmpty());
}

TEST(Backlog, ALargeFrameIsReferredToAndNothingJoinsIt) {
  Backlog backlog;
  SharedFrame large = Frame(Backlog::kReferMin);
  backlog.Add(MessageClass::kEvent, Frame(1));
  backlog.Add(MessageClass::kEvent, large);
  backlog.Add(MessageClass::kEvent, Frame(2));
  EXPECT_EQ(large.use_count(), 2) << "not copied";
  EXPECT_EQ(Taken(backlog), "f");
  EXPECT_EQ(backlog.Take().view().data(), large->data());
  EXPECT_EQ(large.use_count(), 1);
  EXPECT_EQ(backlog.bytes(), 2);
  EXPECT_EQ(backlog.messages().size(), 1);
  EXPECT_EQ(Taken(backlog), "ff");
}

TEST(Backlog, AFrameJustBelowIsCopied) {
  Backlog backlog;
  SharedFrame small = Frame(Backlog::kReferMin - 1);
  backlog.Add(MessageClass::kEvent, small);
  EXPECT_EQ(small.use_count(), 1);
}

TEST(Backlog, PiecesHaveABound) {
  Backlog backlog;
  const size_t each = Backlog::kReferMin - 1;
  size_t all = 0;
  for (; all <= 3 * Backlog::kPieceMax; all += each) {
    backlog.Add(MessageClass::kEvent, Frame(each));
  }
  size_t taken = 0;
  size_t pieces = 0;
  for (; !backlog.empty(); ++pieces) {
    const size_t piece = Taken(backlog).size();
    EXPECT_LE(piece, Backlog::kPieceMax);
    taken += piece;
    EXPECT_EQ(backlog.bytes(), all - taken);
  }
  EXPECT_EQ(taken, all);
  EXPECT_EQ(pieces, 4);
}

TEST(Backlog, ATextThatIsLargerThanAPieceIsOneByItself) {
  Backlog backlog;
  backlog.Add(MessageClass::kAnswer, /*binary=*/false, "a");
  backlog.Add(MessageClass::kAnswer, /*binary=*/false, std::string(2 * Backlog::kPieceMax, 'x'));
  EXPECT_EQ(Taken(backlog), MakeFrame(false, "a"));
  EXPECT_GT(Taken(backlog).size(), 2 * Backlog::kPieceMax);
  EXPECT_TRUE(backlog.empty());
}

}  // namespace
}  // namespace sluice::hub
