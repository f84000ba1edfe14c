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

std::string All(const Outbox& outbox) {
  std::string all;
  for (std::string_view piece : outbox.Front(1000)) all.append(piece);
  return all;
}

SharedFrame Shared(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

TEST(Outbox, KeepsTheOrderOfCopiesAndReferences) {
  DirtyList dirty;
  Owner owner;
  Outbox outbox(dirty, owner);
  std::string large(Outbox::kReferMin, 'L');
  outbox.Append("a");
  outbox.Append(Shared("b"));
  outbox.Append(Shared(large));
  outbox.Append("c");
  EXPECT_EQ(All(outbox), "ab" + large + "c");
  EXPECT_EQ(outbox.size(), large.size() + 3);
  EXPECT_EQ(outbox.Front(1000).size(), 3) << "small ones are gathered, large ones referred to";
}

TEST(Outbox, RefersToLargeFramesWithoutCopying) {
  DirtyList dirty;
  Owner owner;
  Outbox outbox(dirty, owner);
  SharedFrame large = Shared(std::string(5000, 'x'));
  outbox.Append(large);
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
    outbox.Append("small" + std::to_string(i));
    outbox.Append(Shared(std::string(1100, static_cast<char>('a' + i))));
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
    outbox.Append(std::string(100, 'x'));
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
  for (const SharedFrame& frame : {first, second}) a.Append(frame), b.Append(frame);
  ASSERT_EQ(a.Front(9).size(), 1);
  ASSERT_EQ(b.Front(9).size(), 1);
  EXPECT_EQ(All(a), *first + *second);
  EXPECT_EQ(a.Front(9)[0].data(), b.Front(9)[0].data());
}

TEST(Outbox, KeepsTheOrderWhateverIsBetweenBroadcasts) {
  DirtyList dirty;
  Owner owner;
  Outbox a(dirty, owner), b(dirty, owner);
  a.Append(Shared("1"));
  b.Append(Shared("2"));
  a.Append(Shared("3"));
  a.Append("own");
  a.Append(Shared("4"));
  b.Append(Shared(std::string(Outbox::kReferMin, 'L')));
  EXPECT_EQ(All(a), "13own4");
  EXPECT_EQ(All(b), "2" + std::string(Outbox::kReferMin, 'L'));
}

TEST(Outbox, SaysTheSameTwiceIfToldTwice) {
  DirtyList dirty;
  Owner owner;
  Outbox outbox(dirty, owner);
  SharedFrame frame = Shared("again ");
  for (int i = 0; i < 3; ++i) outbox.Append(frame);
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
  a.Append(frame), b.Append(frame);
  dirty.FlushAll(kNow);
  EXPECT_TRUE(b.empty());
  slow.on_flush = nullptr;
  for (const char* next : {"6", "7"}) a.Append(Shared(next)), b.Append(Shared("other"));
  EXPECT_EQ(All(a), "34567");
  dirty.FlushAll(kNow);
  EXPECT_EQ(All(a), "34567");
  EXPECT_EQ(a.size(), 5u);
}

TEST(Outbox, CopiesWhatATurnHasTooMuchOf) {
  DirtyList dirty;
  Owner owner;
  Outbox outbox(dirty, owner);
  std::string all;
  for (size_t i = 0; all.size() < TurnLog::kBytesMax + 5000; ++i) {
    SharedFrame frame = Shared(std::string(1000, static_cast<char>('a' + i % 26)));
    outbox.Append(frame);
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
      ASSERT_EQ(All(*boxes[i]), expected[i]);
      size_t taken = below(2) ? boxes[i]->size() : below(boxes[i]->size() + 1);
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
      below(10) ? boxes[i]->Append(frame) : boxes[i]->Append(std::string_view(bytes));
      expected[i] += bytes;
    }
    if (below(4) == 0) dirty.FlushAll(kNow);
  }
  for (size_t i = 0; i < kBoxes; ++i) ASSERT_EQ(All(*boxes[i]), expected[i]);
}

TEST(DirtyList, FlushesEachOnceHoweverOftenItWasWritten) {
  DirtyList dirty;
  Owner a, b;
  Outbox box_a(dirty, a), box_b(dirty, b);
  box_a.Append("1");
  box_b.Append("2");
  box_a.Append("3");
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
  owner.on_flush = [&] { outbox.Append("again"); };
  outbox.Append("1");
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
    boxes[i]->Append("x");
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
