// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/outbox.h"

#include <functional>
#include <memory>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "gateway/hub/frame.h"

namespace sluice::hub {
namespace {

constexpr Instant kNow;

struct Owner final : Flushable {
  void Relieve() override {}
  void Flush(Instant) override {
    ++flushed;
    if (on_flush) on_flush();
  }
  int flushed = 0;
  std::function<void()> on_flush;
};

// All that it writes, as a socket would take it.
std::string Drain(Outbox& outbox) {
  std::string all;
  while (!outbox.empty()) {
    const size_t before = all.size();
    for (std::string_view piece : outbox.Front(64)) all.append(piece);
    outbox.Consume(all.size() - before);
  }
  return all;
}

std::string All(const Outbox& outbox) {
  std::string all;
  for (std::string_view piece : outbox.Front(1000)) all.append(piece);
  return all;
}

SharedFrame Shared(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

constexpr MessageClass kEvent = MessageClass::kEvent;

TEST(Outbox, KeepsTheOrderOfCopiesAndReferences) {
  DirtyList dirty;
  Owner owner;
  Outbox outbox(dirty, owner);
  std::string large(Outbox::kReferMin, 'L');
  outbox.AppendControl("a");
  outbox.Append(kEvent, Shared("b"));
  outbox.Append(kEvent, Shared(large));
  outbox.AppendControl("c");
  EXPECT_EQ(All(outbox), "ab" + large + "c");
  EXPECT_EQ(outbox.size(), large.size() + 3);
  EXPECT_EQ(outbox.Front(1000).size(), 3) << "small ones are gathered, large ones referred to";
}

TEST(Outbox, RefersToLargeFramesWithoutCopying) {
  DirtyList dirty;
  Owner owner;
  Outbox outbox(dirty, owner);
  SharedFrame large = Shared(std::string(5000, 'x'));
  outbox.Append(kEvent, large);
  EXPECT_EQ(outbox.Front(1)[0].data(), large->data());
  outbox.Consume(5000);
  EXPECT_EQ(large.use_count(), 1);
}

TEST(Outbox, ConsumesAcrossPiecesByteByByte) {
  DirtyList dirty;
  Owner owner;
  Outbox outbox(dirty, owner);
  std::string all;
  for (int i = 0; i < 5; ++i) {
    outbox.AppendControl("small" + std::to_string(i));
    outbox.Append(kEvent, Shared(std::string(1100, static_cast<char>('a' + i))));
  }
  all = All(outbox);
  while (!outbox.empty()) {
    ASSERT_EQ(All(outbox), all);
    size_t step = std::min<size_t>(7, outbox.size());
    outbox.Consume(step);
    all.erase(0, step);
  }
  EXPECT_EQ(outbox.Front(8).size(), 0);
}

TEST(Outbox, FreesWhatWasWrittenOfAStreamThatNeverEnds) {
  DirtyList dirty;
  Owner owner;
  Outbox outbox(dirty, owner);
  for (int i = 0; i < 10000; ++i) {
    outbox.AppendControl(std::string(100, 'x'));
    if (outbox.size() > 1000) outbox.Consume(100);
  }
  EXPECT_LE(outbox.Front(1000)[0].size(), Outbox::kPieceMax);
  EXPECT_LE(outbox.Front(1000).size(), 2);
}

// What two outboxes get is in memory once, and what they get in a row leaves as one piece.
TEST(Outbox, KeepsABroadcastOnceForTheShard) {
  DirtyList dirty;
  Owner owner;
  Outbox a(dirty, owner), b(dirty, owner);
  SharedFrame first = Shared(
                  "\x81\x01"
                  "1"),
              second = Shared(
                  "\x81\x01"
                  "2");
  for (const SharedFrame& frame : {first, second}) a.Append(kEvent, frame), b.Append(kEvent, frame);
  ASSERT_EQ(a.Front(9).size(), 1);
  ASSERT_EQ(b.Front(9).size(), 1);
  EXPECT_EQ(All(a), *first + *second);
  EXPECT_EQ(a.Front(9)[0].data(), b.Front(9)[0].data());
}

TEST(Outbox, KeepsTheOrderWhateverIsBetweenBroadcasts) {
  DirtyList dirty;
  Owner owner;
  Outbox a(dirty, owner), b(dirty, owner);
  a.Append(kEvent, Shared("1"));
  b.Append(kEvent, Shared("2"));
  a.Append(kEvent, Shared("3"));
  a.AppendControl("own");
  a.Append(kEvent, Shared("4"));
  b.Append(kEvent, Shared(std::string(Outbox::kReferMin, 'L')));
  EXPECT_EQ(All(a), "13own4");
  EXPECT_EQ(All(b), "2" + std::string(Outbox::kReferMin, 'L'));
}

TEST(Outbox, SaysTheSameTwiceIfToldTwice) {
  DirtyList dirty;
  Owner owner;
  Outbox outbox(dirty, owner);
  SharedFrame frame = Shared("again ");
  for (int i = 0; i < 3; ++i) outbox.Append(kEvent, frame);
  EXPECT_EQ(All(outbox), "again again again ");
}

// The walk ends what outboxes have in common; a socket that took only a part finds the rest later.
TEST(Outbox, KeepsWhatTheWalkDidNotWrite) {
  DirtyList dirty;
  Owner slow, quick;
  Outbox a(dirty, slow), b(dirty, quick);
  slow.on_flush = [&] { a.Consume(2); };
  quick.on_flush = [&] { b.Consume(b.size()); };
  SharedFrame frame = Shared("12345");
  a.Append(kEvent, frame), b.Append(kEvent, frame);
  dirty.FlushAll(kNow);
  EXPECT_TRUE(b.empty());
  slow.on_flush = nullptr;
  for (const char* next : {"6", "7"})
    a.Append(kEvent, Shared(next)), b.Append(kEvent, Shared("other"));
  EXPECT_EQ(All(a), "345");
  EXPECT_EQ(a.size(), 5u);
  dirty.FlushAll(kNow);
  EXPECT_EQ(Drain(a), "34567");
}

TEST(Outbox, CopiesWhatATurnHasTooMuchOf) {
  DirtyList dirty;
  Owner owner;
  Outbox outbox(dirty, owner);
  std::string all;
  for (size_t i = 0; all.size() < TurnLog::kBytesMax + 5000; ++i) {
    SharedFrame frame = Shared(std::string(1000, static_cast<char>('a' + i % 26)));
    outbox.Append(kEvent, frame);
    all += *frame;
  }
  EXPECT_EQ(outbox.size(), all.size());
  EXPECT_TRUE(All(outbox) == all);
}

// Any mixture, against strings.
TEST(Outbox, AgreesWithAPlainStringWhateverHappens) {
  std::mt19937 random(7);
  auto below = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
  constexpr size_t kBoxes = 5;
  DirtyList dirty;
  Owner owners[kBoxes];
  std::unique_ptr<Outbox> boxes[kBoxes];
  std::string expected[kBoxes];
  for (size_t i = 0; i < kBoxes; ++i) {
    boxes[i] = std::make_unique<Outbox>(dirty, owners[i]);
    owners[i].on_flush = [&, i] {
      const std::string on_their_way = All(*boxes[i]);
      ASSERT_EQ(on_their_way, expected[i].substr(0, on_their_way.size()));
      ASSERT_EQ(boxes[i]->size(), expected[i].size());
      size_t taken = below(2) ? on_their_way.size() : below(on_their_way.size() + 1);
      boxes[i]->Consume(taken);
      expected[i].erase(0, taken);
    };
  }
  for (int step = 0; step < 20000; ++step) {
    size_t size = below(20) ? 1 + below(60) : Outbox::kReferMin;
    std::string bytes(size, static_cast<char>('a' + step % 26));
    if (below(4) == 0) bytes[0] = '\x82';
    SharedFrame frame = Shared(bytes);
    for (size_t i = 0; i < kBoxes; ++i) {
      if (below(5) == 0) continue;
      if (below(10) > 0) {
        boxes[i]->Append(kEvent, frame);
        expected[i] += bytes;
      } else {
        boxes[i]->AppendFrame(MessageClass::kAnswer, false, bytes);
        expected[i] += MakeFrame(false, bytes);
      }
    }
    if (below(4) == 0) dirty.FlushAll(kNow);
  }
  for (size_t i = 0; i < kBoxes; ++i) ASSERT_EQ(Drain(*boxes[i]), expected[i]);
}

// A socket that has refused bytes by the end of a turn.
class BlockedOutbox : public testing::Test {
 protected:
  BlockedOutbox() {
    outbox.AppendControl("first");
    dirty.FlushAll(kNow);
  }
  DirtyList dirty;
  Owner owner;
  Outbox outbox{dirty, owner};
};

TEST_F(BlockedOutbox, KeepsMessagesWithTheirClassAndSizeUntilTheyAreMerged) {
  outbox.AppendFrame(MessageClass::kAnswer, false, "yes");
  outbox.Append(kEvent, Shared(std::string(Outbox::kReferMin, 'L')));
  outbox.Append(MessageClass::kPublication, Shared("news"));
  ASSERT_NE(outbox.backlog(), nullptr);
  using Message = Backlog::Message;
  EXPECT_EQ(outbox.backlog()->messages(), (std::vector<Message>{{5, MessageClass::kAnswer},
                                                                {Outbox::kReferMin, kEvent},
                                                                {4, MessageClass::kPublication}}));
  EXPECT_EQ(outbox.size(), 5 + 5 + Outbox::kReferMin + 4);
  EXPECT_EQ(outbox.put(), 5) << "what waits is not on its way";
  EXPECT_EQ(Drain(outbox),
            "first" + MakeFrame(false, "yes") + std::string(Outbox::kReferMin, 'L') + "news");
  EXPECT_EQ(outbox.backlog(), nullptr);
  EXPECT_EQ(outbox.size(), 0);
}

TEST_F(BlockedOutbox, LetsControlFramesPassWhatWaits) {
  outbox.Append(kEvent, Shared("slow"));
  outbox.AppendControl(kPingFrame);
  EXPECT_EQ(Drain(outbox), "first" + std::string(kPingFrame) + "slow");
}

TEST_F(BlockedOutbox, PutsACloseFrameBehindEverything) {
  const std::string close("\x88\x00", 2);
  outbox.Append(kEvent, Shared("slow"));
  outbox.AppendControl(close);
  EXPECT_EQ(Drain(outbox), "firstslow" + close);
}

TEST_F(BlockedOutbox, MergesNoMoreThanTheSocketIsAboutToTake) {
  const SharedFrame frame = Shared(std::string(16 << 10, 'x'));
  for (int i = 0; i < 20; ++i) outbox.Append(kEvent, frame);
  outbox.Consume(1);
  ASSERT_NE(outbox.backlog(), nullptr);
  EXPECT_EQ(outbox.backlog()->messages().size(), 16);
  EXPECT_EQ(outbox.size(), 4 + 20 * (16 << 10));
}

TEST_F(BlockedOutbox, IsItselfAgainOnceTheSocketHasTakenAll) {
  outbox.Append(kEvent, Shared("slow"));
  Drain(outbox);
  outbox.Append(kEvent, Shared("next"));
  EXPECT_EQ(outbox.backlog(), nullptr);
  EXPECT_EQ(All(outbox), "next");
}

TEST(DirtyList, FlushesEachOnceHoweverOftenItWasWritten) {
  DirtyList dirty;
  Owner a, b;
  Outbox box_a(dirty, a), box_b(dirty, b);
  box_a.AppendControl("1");
  box_b.AppendControl("2");
  box_a.AppendControl("3");
  dirty.FlushAll(kNow);
  EXPECT_EQ(a.flushed, 1);
  EXPECT_EQ(b.flushed, 1);
  dirty.FlushAll(kNow);
  EXPECT_EQ(a.flushed, 1);
}

TEST(DirtyList, WaitsForTheNextWalkWithWhatAFlushMakesDirty) {
  DirtyList dirty;
  Owner owner;
  Outbox outbox(dirty, owner);
  owner.on_flush = [&] { outbox.AppendControl("again"); };
  outbox.AppendControl("1");
  dirty.FlushAll(kNow);
  EXPECT_EQ(owner.flushed, 1);
  EXPECT_FALSE(dirty.empty());
}

TEST(DirtyList, SurvivesTheDeathOfAnyOutboxAtAnyTime) {
  DirtyList dirty;
  Owner owners[4];
  std::unique_ptr<Outbox> boxes[4];
  for (int i = 0; i < 4; ++i) {
    boxes[i] = std::make_unique<Outbox>(dirty, owners[i]);
    boxes[i]->AppendControl("x");
  }
  boxes[1].reset();
  owners[0].on_flush = [&] { boxes[3].reset(), boxes[0].reset(); };
  dirty.FlushAll(kNow);
  EXPECT_EQ(owners[0].flushed, 1);
  EXPECT_EQ(owners[2].flushed, 1);
  EXPECT_EQ(owners[1].flushed + owners[3].flushed, 0);
  EXPECT_TRUE(dirty.empty());
}

// RFC 6455 5.2, the three forms of the length.
TEST(Frame, HasTheShortestLength) {
  EXPECT_EQ(MakeFrame(false, "hi"), "\x81\x02hi");
  EXPECT_EQ(MakeFrame(true, std::string(125, 'x')).substr(0, 2), "\x82\x7d");
  EXPECT_EQ(MakeFrame(false, std::string(126, 'x')).substr(0, 4),
            std::string("\x81\x7e\x00\x7e", 4));
  EXPECT_EQ(MakeFrame(false, std::string(65535, 'x')).substr(0, 4), "\x81\x7e\xff\xff");
  EXPECT_EQ(MakeFrame(false, std::string(65536, 'x')).substr(0, 10),
            std::string("\x81\x7f\0\0\0\0\0\x01\0\0", 10));
}

}  // namespace
}  // namespace sluice::hub
