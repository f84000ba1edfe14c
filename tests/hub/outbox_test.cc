// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/outbox.h"

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "gateway/hub/frame.h"

namespace sluice::hub {
namespace {

constexpr absl::Time kNow = absl::UnixEpoch();

struct Owner final : Flushable {
  void Flush(absl::Time) override {
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
