// SPDX-License-Identifier: Apache-2.0
//
// How presence is written down, and what a message or a reading makes of what is known.
#include "storage/redis/member_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/redis/presence_codec.h"

namespace sluice::storage::redis {
namespace {

using Fit = MemberSet::Fit;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

PresenceRecord Record(const std::string& id, uint64_t session = 1) {
  return {{"chat", id}, "ann", "n1", session, absl::FromUnixSeconds(5), "detail"};
}
std::string Member(const std::string& id, uint64_t session = 1) {
  return MemberOf(Record(id, session), "e.000001");
}
SetChange Came(const std::string& id) { return {SetChange::Kind::kCame, Member(id)}; }
SetChange Left(const std::string& id) { return {SetChange::Kind::kLeft, Escape(id)}; }

Reply Text(std::string text) { return {.type = Reply::Type::kString, .text = std::move(text)}; }
Reply Page(const std::string& life, int64_t number, const std::vector<std::string>& ids) {
  Reply members{.type = Reply::Type::kArray};
  for (const std::string& id : ids) members.elements.push_back(Text(Member(id)));
  Reply page{.type = Reply::Type::kArray};
  page.elements = {Text(life), Text(absl::StrCat(number)), std::move(members)};
  return page;
}

TEST(PresenceCodec, EscapesKeepBytesAndOrder) {
  const std::vector<std::string> ids = {"",
                                        std::string(1, '\0'),
                                        std::string("\0\1", 2),
                                        "\1",
                                        "\1\2",
                                        "\2",
                                        "a",
                                        std::string("a\0", 2),
                                        "a\1",
                                        "ab"};
  for (const std::string& id : ids) {
    EXPECT_EQ(Unescape(Escape(id)), id);
    EXPECT_EQ(Escape(id).find('\0'), std::string::npos);
  }
  for (size_t i = 1; i < ids.size(); ++i) EXPECT_LT(Escape(ids[i - 1]), Escape(ids[i])) << i;
}

TEST(PresenceCodec, ARecordComesBackWhole) {
  PresenceRecord record = Record(std::string("\0\1x", 3), 1ULL << 63);
  record.user = std::string("\0", 1);
  record.detail = std::string("{\0}", 3);
  auto back = RecordOf("chat", MemberOf(record, "e"));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->key, record.key);
  EXPECT_EQ(back->user, record.user);
  EXPECT_EQ(back->node, record.node);
  EXPECT_EQ(back->session, record.session);
  EXPECT_EQ(back->connected_at, record.connected_at);
  EXPECT_EQ(back->detail, record.detail);
  for (const char* none : {"", "i", "ia", "n1"}) EXPECT_FALSE(RecordOf("chat", none).ok()) << none;
}

TEST(PresenceCodec, WhatIsNoMessageIsRefused) {
  auto changes = ParseChanges("l 7 +3:abc-1:x");
  ASSERT_TRUE(changes.has_value());
  EXPECT_EQ(changes->version, (Version{"l", 7}));
  ASSERT_EQ(changes->changes.size(), 2);
  EXPECT_EQ(changes->changes[0].text, "abc");
  EXPECT_EQ(changes->changes[1].kind, SetChange::Kind::kLeft);
  for (const char* none :
       {"", "l", "l 7", "l x ", "l 7 ?1:x", "l 7 +4:abc", "l 7 +a", "l 7 +-1:x"}) {
    EXPECT_FALSE(ParseChanges(none).has_value()) << none;
  }
}

struct MemberSetTest : testing::Test {
  // Reads a whole set in one page.
  Fit Read(const std::string& life, int64_t number, const std::vector<std::string>& ids,
           bool keep_missing = false, std::vector<SetChanges> heard = {}) {
    MemberReading reading;
    EXPECT_TRUE(reading.Take("chat", Page(life, number, ids), 100).ok());
    EXPECT_TRUE(reading.done());
    for (SetChanges& changes : heard) reading.Hear(std::move(changes));
    told.clear();
    return set.Replace(std::move(reading), keep_missing, told);
  }
  Fit Hear(const std::string& life, int64_t number, std::vector<SetChange> changes) {
    told.clear();
    return set.Apply({{life, number}, std::move(changes)}, told);
  }
  std::vector<std::string> Told() const {
    std::vector<std::string> ids;
    for (const PresenceChange& c : told) ids.push_back((c.came ? "+" : "-") + c.record.key.id);
    return ids;
  }
  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const PresenceRecord& record : set.Page("", 100)) ids.push_back(record.key.id);
    return ids;
  }

  MemberSet set{"chat"};
  std::vector<PresenceChange> told;
};

TEST_F(MemberSetTest, ChangesAreCarriedOutOnceAndInOrder) {
  EXPECT_EQ(Read("l", 3, {"a"}), Fit::kFits);
  EXPECT_EQ(Hear("l", 3, {Left("a")}), Fit::kFits) << "is in the list";
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_EQ(Hear("l", 4, {Came("b"), Left("a")}), Fit::kFits);
  EXPECT_THAT(Told(), ElementsAre("+b", "-a"));
  EXPECT_EQ(told[1].record.detail, "detail");
  EXPECT_EQ(Hear("l", 6, {Came("c")}), Fit::kMissed);
  EXPECT_THAT(Ids(), ElementsAre("b"));
}

TEST_F(MemberSetTest, ASetThatWasEmptyIsMadeAnew) {
  EXPECT_EQ(Hear("l", 1, {Came("a")}), Fit::kFits);
  EXPECT_EQ(Hear("l", 2, {Left("a")}), Fit::kFits);
  EXPECT_EQ(Hear("m", 1, {Came("b")}), Fit::kFits);
  EXPECT_EQ(Hear("n", 1, {Came("c")}), Fit::kLost) << "b did not leave";
  EXPECT_THAT(Ids(), ElementsAre("b"));
}

TEST_F(MemberSetTest, WhatWasHeardWhileItWasReadComesOnTop) {
  EXPECT_EQ(Read("l", 2, {"a"}, false, {{{"l", 2}, {Came("z")}}, {{"l", 3}, {Came("b")}}}),
            Fit::kFits);
  EXPECT_THAT(Ids(), ElementsAre("a", "b"));
  EXPECT_EQ(Read("l", 4, {"a"}, false, {{{"l", 6}, {Came("b")}}}), Fit::kMissed);
}

TEST_F(MemberSetTest, ALaterPageMayBeNewerThanAChange) {
  MemberReading reading;
  ASSERT_TRUE(reading.Take("chat", Page("l", 1, {"a", "b"}), 2).ok());
  EXPECT_FALSE(reading.done());
  EXPECT_EQ(reading.after(), "b");
  ASSERT_TRUE(reading.Take("chat", Page("l", 3, {"c"}), 2).ok());
  EXPECT_EQ(set.Replace(std::move(reading), false, told), Fit::kFits);
  EXPECT_FALSE(set.Has({"l", 3}));
  EXPECT_EQ(Hear("l", 2, {Left("a"), Left("c")}), Fit::kFits);  // c came again with 3
  EXPECT_THAT(Told(), ElementsAre("-a"));
  EXPECT_EQ(Hear("l", 3, {Came("c"), Came("aa")}), Fit::kFits);
  EXPECT_THAT(Told(), ElementsAre("+aa"));
  EXPECT_TRUE(set.Has({"l", 3}));
}

TEST_F(MemberSetTest, ASetThatBecomesAnotherOneIsReadAnew) {
  MemberReading reading;
  ASSERT_TRUE(reading.Take("chat", Page("l", 1, {"a"}), 1).ok());
  EXPECT_EQ(reading.Take("chat", Page("m", 1, {"b"}), 1).code(), absl::StatusCode::kAborted);
}

TEST_F(MemberSetTest, WhoIsMissingIsDoubtfulUntilItIsSure) {
  Read("l", 2, {"a", "b", "c"});
  MemberReading reading;
  ASSERT_TRUE(reading.Take("chat", Page("m", 1, {"a"}), 100).ok());
  EXPECT_TRUE(set.IsAnother(reading));
  EXPECT_EQ(Read("m", 1, {"a"}, /*keep_missing=*/true), Fit::kFits);
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_TRUE(set.any_doubtful());
  EXPECT_THAT(Ids(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(Hear("m", 2, {Came("b")}), Fit::kFits);
  EXPECT_THAT(Told(), IsEmpty()) << "it never left";
  EXPECT_EQ(Read("m", 2, {"a", "b"}), Fit::kFits);
  EXPECT_THAT(Told(), ElementsAre("-c"));
  EXPECT_FALSE(set.any_doubtful());
}

}  // namespace
}  // namespace sluice::storage::redis
