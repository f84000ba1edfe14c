// SPDX-License-Identifier: Apache-2.0
//
// Texts in which a value is wrong, and what is left of them.
#include "gateway/protocol/json/mend.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/protocol/json/walk.h"

namespace sluice::protocol {
namespace {

std::string Mend(std::string_view text, size_t depth_max = 3) {
  std::optional<MendedJson> mended = MendJson(text, depth_max);
  if (!mended) return "-";
  EXPECT_FALSE(CheckJson(mended->text, depth_max)) << mended->text;
  return mended->text;
}

TEST(JsonMendTest, BadStringsAreNull) {
  for (const char* value :
       {R"("\ud83d")", R"("a\udc00b")", R"("\ud800\u0041")", R"("\x")", R"("\u12")", "\"\x01\"",
        "\"\xff\"", "\"\xed\xa0\x80\"", R"("\"\ud83d")"}) {
    EXPECT_EQ(Mend("{\"id\":7,\"p\":" + std::string(value) + ",\"q\":[1]}"),
              R"({"id":7,"p":null,"q":[1]})")
        << value;
  }
}

TEST(JsonMendTest, BadNumbersAndWordsAreNull) {
  for (const char* value : {"NaN", "-Infinity", "undefined", "01", "1.", ".5", "+1", "0x1", "1e",
                            "-", "nul", "True", "falsey", "'a'", "1_000", "\x7f"}) {
    EXPECT_EQ(Mend("[" + std::string(value) + " , 2]"), "[null,2]") << value;
  }
}

TEST(JsonMendTest, WhatIsTooDeepIsNull) {
  EXPECT_EQ(Mend(R"({"a":[[[1,{"x":"]"}],2],3],"id":1})"), R"({"a":[[null,2],3],"id":1})");
  EXPECT_EQ(Mend(R"([[[{}]]])"), "[[[null]]]");
  EXPECT_EQ(Mend(std::string(1 << 20, '[') + std::string(1 << 20, ']')), "[[[null]]]");
}

TEST(JsonMendTest, BadKeysAreEmpty) {
  EXPECT_EQ(Mend(R"({"\ud83d":1,"id":7})"), R"({"":1,"id":7})");
  EXPECT_EQ(Mend("{\"a\":{\"\xff\":1},\"id\":7}"), R"({"a":{"":1},"id":7})");
}

TEST(JsonMendTest, ABadValueMayBeAll) {
  EXPECT_EQ(Mend("nonsense"), "null");
  EXPECT_EQ(Mend(" \"\\ud83d\" "), "null");
}

TEST(JsonMendTest, WhatIsWrongBetweenValuesStays) {
  for (const char* text :
       {"", "{", "[NaN", "[NaN,]", "[,NaN]", "[NaN 2]", "{NaN:1}", "{\"a\" NaN}", "[NaN}", "[NaN]]",
        "[\"\\ud83d]", "[[[[1]]", "NaN x", "{\"a\":}", "[NaN]//x"}) {
    EXPECT_EQ(Mend(text), "-") << text;
  }
}

TEST(JsonMendTest, WhatIsSoundNeedsNoMending) { EXPECT_EQ(Mend(R"({"a":[1,"b"]})"), "-"); }

TEST(JsonMendTest, TellsWhichMessagesOfABatchAreBad) {
  std::optional<MendedJson> mended =
      MendJson(R"([{"a":NaN,"b":NaN},[1],NaN,{"c":[{"\x":1}]},{}])", 3);
  ASSERT_TRUE(mended.has_value());
  ASSERT_EQ(mended->flaws.size(), 3u);
  EXPECT_EQ(mended->flaws[0].message, 0u);
  EXPECT_EQ(mended->flaws[0].what, "a value is malformed at byte 6");
  EXPECT_EQ(mended->flaws[1].message, 2u);
  EXPECT_EQ(mended->flaws[2].message, 3u);
  EXPECT_EQ(mended->flaws[2].what, "the text is nested too deeply at byte 33");
}

TEST(JsonMendTest, AMessageAloneIsTheFirst) {
  std::optional<MendedJson> mended = MendJson(R"({"a":[1,[NaN]]})", 3);
  ASSERT_TRUE(mended.has_value());
  ASSERT_EQ(mended->flaws.size(), 1u);
  EXPECT_EQ(mended->flaws[0].message, 0u);
}

}  // namespace
}  // namespace sluice::protocol
