// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/slots.h"

#include <gtest/gtest.h>

namespace sluice::storage::redis {
namespace {

TEST(SlotsTest, AreThoseOfRedis) {
  EXPECT_EQ(SlotOf("123456789"), 0x31C3);
  EXPECT_EQ(SlotOf("foo"), 12182);
  EXPECT_EQ(SlotOf("bar"), 5061);
  EXPECT_EQ(SlotOf(""), 0);
}

TEST(SlotsTest, ATagDecidesAlone) {
  EXPECT_EQ(SlotOf("{foo}.a"), SlotOf("foo"));
  EXPECT_EQ(SlotOf("x{foo}{bar}"), SlotOf("foo"));
  EXPECT_EQ(SlotOf("{{foo}}"), SlotOf("{foo"));
  EXPECT_NE(SlotOf("{}foo"), SlotOf("foo"));
  EXPECT_NE(SlotOf("{foo"), SlotOf("foo"));
}

std::optional<Redirection> Parse(std::string text) {
  return ParseRedirection(Reply{.type = Reply::Type::kError, .text = std::move(text)});
}

TEST(SlotsTest, RedirectionsNameSlotAndServer) {
  std::optional<Redirection> moved = Parse("MOVED 3999 127.0.0.1:6381");
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->slot, 3999);
  EXPECT_EQ(moved->to, (Address{"127.0.0.1", 6381}));
  EXPECT_EQ(Parse("ASK 1 ::1:7000")->to, (Address{"::1", 7000}));
  EXPECT_EQ(Parse("MOVED 1 :7000")->to, (Address{"", 7000}));
}

TEST(SlotsTest, NonsenseIsNoRedirection) {
  for (const char* text : {"MOVED", "MOVED 1", "MOVED x h:1", "MOVED 16384 h:1", "MOVED 1 h",
                           "MOVED 1 h:0", "MOVED 1 h:65536", "ERR 1 h:1"}) {
    EXPECT_FALSE(Parse(text)) << text;
  }
}

Reply Number(int64_t value) { return {.type = Reply::Type::kInteger, .integer = value}; }
Reply Text(std::string text) { return {.type = Reply::Type::kString, .text = std::move(text)}; }
Reply Array(std::vector<Reply> elements) {
  return {.type = Reply::Type::kArray, .elements = std::move(elements)};
}

TEST(SlotsTest, RangesNameTheirMaster) {
  Reply master = Array({Text("10.0.0.1"), Number(6379), Text("id"), Array({})});
  Reply nameless = Array({Reply(), Number(7000), Text("id")});
  absl::StatusOr<std::vector<SlotRange>> ranges =
      ParseSlots(Array({Array({Number(0), Number(99), master, nameless}),
                        Array({Number(100), Number(16383), nameless})}),
                 "asked");
  ASSERT_TRUE(ranges.ok()) << ranges.status();
  ASSERT_EQ(ranges->size(), 2u);
  EXPECT_EQ((*ranges)[0].last, 99);
  EXPECT_EQ((*ranges)[0].owner, (Address{"10.0.0.1", 6379}));
  EXPECT_EQ((*ranges)[1].owner, (Address{"asked", 7000}));
}

TEST(SlotsTest, RangesOfNonsenseAreRefused) {
  Reply master = Array({Text("h"), Number(1)});
  for (const Reply& entry :
       {Reply(), Array({}), Array({Number(0), Number(1)}), Array({Number(-1), Number(1), master}),
        Array({Number(2), Number(1), master}), Array({Number(0), Number(16384), master}),
        Array({Text("0"), Number(1), master}), Array({Number(0), Number(1), Array({Text("h")})}),
        Array({Number(0), Number(1), Array({Text("h"), Number(70000)})})}) {
    EXPECT_TRUE(absl::IsInternal(ParseSlots(Array({entry}), "h").status()));
  }
  EXPECT_FALSE(ParseSlots(Number(1), "h").ok());
}

}  // namespace
}  // namespace sluice::storage::redis
