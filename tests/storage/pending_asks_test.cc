// SPDX-License-Identifier: Apache-2.0
#include "storage/pending_asks.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/manual_executor.h"

namespace sluice::storage {
namespace {

Instant At(int seconds) { return Instant(absl::Seconds(seconds)); }

struct PendingAsksTest : testing::Test {
  uint64_t Begin(std::set<std::string> nodes) {
    return asks.Begin(std::move(nodes), home, [this](Replies replies, Now) {
      std::string line;
      for (const auto& reply : replies.replies) line += reply.node + "=" + reply.payload + " ";
      for (const std::string& node : replies.unreachable) line += "-" + node + " ";
      ended.push_back(line + "end");
    });
  }
  std::vector<std::string> Ended(EndedAsks given) {
    Tell(std::move(given));
    EXPECT_TRUE(ended.empty()) << "told from within";
    home.RunAll({});
    return std::exchange(ended, {});
  }

  using Lines = std::vector<std::string>;
  fakes::ManualExecutor home;
  PendingAsks asks;
  Lines ended;
};

TEST_F(PendingAsksTest, EndsWithTheLastReply) {
  uint64_t id = Begin({"b", "c"});
  EXPECT_EQ(Ended(asks.Reply(id, "c", "1")), Lines{});
  EXPECT_EQ(Ended(asks.Reply(id, "c", "2")), Lines{});
  EXPECT_EQ(Ended(asks.Reply(id, "stranger", "3")), Lines{});
  EXPECT_EQ(Ended(asks.Reply(id + 1, "b", "4")), Lines{});
  EXPECT_EQ(Ended(asks.Reply(id, "b", "5")), Lines{"c=1 b=5 end"});
  EXPECT_EQ(Ended(asks.Reply(id, "b", "6")), Lines{});
  EXPECT_EQ(asks.size(), 0u);
}

TEST_F(PendingAsksTest, ExpiresWithWhoWasSilent) {
  uint64_t late = Begin({"b"});
  uint64_t soon = Begin({"b", "c"});
  Begin({"d"});  // has no deadline yet
  asks.SetDeadline(late, At(20));
  asks.SetDeadline(soon, At(10));
  asks.SetDeadline(99, At(1));
  EXPECT_EQ(Ended(asks.Reply(soon, "b", "1")), Lines{});
  EXPECT_EQ(Ended(asks.Expire(At(9))), Lines{});
  EXPECT_EQ(Ended(asks.Expire(At(10))), Lines{"b=1 -c end"});
  EXPECT_EQ(Ended(asks.Expire(At(30))), Lines{"-b end"});
  EXPECT_EQ(asks.size(), 1u);
}

TEST_F(PendingAsksTest, DoesNotWaitForTheDead) {
  Begin({"b"});
  uint64_t both = Begin({"b", "c"});
  Begin({"c"});
  EXPECT_EQ(Ended(asks.LoseAll("b")), Lines{"-b end"});
  EXPECT_EQ(Ended(asks.Reply(both, "b", "late")), Lines{});
  EXPECT_EQ(Ended(asks.Reply(both, "c", "1")), Lines{"c=1 -b end"});
  EXPECT_EQ(asks.size(), 1u);
}

TEST_F(PendingAsksTest, OneNodeIsLostForOneAskAlone) {
  uint64_t id = Begin({"b"});
  uint64_t other = Begin({"b"});
  EXPECT_EQ(Ended(asks.Lose(id, "b")), Lines{"-b end"});
  EXPECT_FALSE(asks.contains(id));
  EXPECT_TRUE(asks.contains(other));
}

TEST_F(PendingAsksTest, AFailureNamesEverybody) {
  uint64_t id = Begin({"b", "c"});
  EXPECT_EQ(Ended(asks.Fail(id)), Lines{"-b -c end"});
  EXPECT_EQ(Ended(asks.Fail(id)), Lines{});
  auto done = [this](const Replies& replies, Now) { ended = replies.unreachable; };
  EXPECT_EQ(Ended(NeverAsked({"x"}, home, done)), Lines{"x"});
}

TEST(CheckMessageBytes, AllowsTheBoundItself) {
  EXPECT_TRUE(CheckMessageBytes(10, 10).ok());
  EXPECT_EQ(CheckMessageBytes(11, 10).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::storage
