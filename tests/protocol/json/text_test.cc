// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/json/text.h"

#include <gtest/gtest.h>

#include "gateway/protocol/json/walk.h"

namespace sluice::protocol {
namespace {

TEST(JsonTextTest, Truthiness) {
  for (const char* json : {"", "null", "false", "0", "-0", "0.00", "0e9", "-0.0E+1", "\"\""}) {
    EXPECT_FALSE(IsTruthy(json)) << json;
  }
  for (const char* json : {"1", "0.01", "10e-5", "-3", "true", "\"0\"", "[]", "{}", "\" \""}) {
    EXPECT_TRUE(IsTruthy(json)) << json;
  }
}

TEST(JsonTextTest, QuotingThereAndBack) {
  std::string text = "a\"\\\b\f\n\r\t\x01\x1f/\u00e9\u20ac\U0001F600\x7f";
  text += '\0';
  std::string json;
  AppendQuoted(json, text);
  EXPECT_FALSE(CheckJson(json, 1));
  EXPECT_EQ(Unquote(json), text);
}

TEST(JsonTextTest, Unquote) {
  EXPECT_EQ(Unquote(R"("")"), "");
  EXPECT_EQ(Unquote(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(Unquote(R"("\u0041\u00E9\u20ac\uD83D\uDE00!")"), "A\u00e9\u20ac\U0001F600!");
  EXPECT_EQ(Unquote(R"("\u0000")"), std::string(1, '\0'));
}

TEST(JsonTextTest, WholeNumbers) {
  EXPECT_EQ(ToWhole("7"), 7);
  EXPECT_EQ(ToWhole("-7.0"), -7);
  EXPECT_EQ(ToWhole("7e2"), 700);
  EXPECT_EQ(ToWhole("9007199254740992"), 9007199254740992);
  for (const char* json : {"", "7.5", "1e300", "x", "7x", "\"7\"", "9007199254740994", "1e999"}) {
    EXPECT_EQ(ToWhole(json), std::nullopt) << json;
  }
}

TEST(JsonTextTest, NumericIds) {
  for (const char* json : {"7", "7.0", "\"7\"", "\"007\""}) EXPECT_EQ(ToNumericId(json), 7) << json;
  EXPECT_EQ(ToNumericId("\"9007199254740992\""), 9007199254740992);
  for (const char* json : {"", "0", "-7", "7.5", "\"\"", "\"0\"", "\"-7\"", "\" 7\"", "\"7.0\"",
                           "\"9007199254740994\"", "null", "true", "[7]", "{}"}) {
    EXPECT_EQ(ToNumericId(json), std::nullopt) << json;
  }
}

TEST(JsonTextTest, Base64) {
  std::string out;
  AppendBase64(out, "hi");
  EXPECT_EQ(out, R"({"base64":true,"data":"aGk="})");
}

TEST(JsonWalkTest, SoundTexts) {
  for (const char* text :
       {"0", "-0", "1.5e-3", "1E+9", "\"\"", "null", " [ ] ", "{}", "[[],{}]",
        "\t{\"a\" :\n1 , \"b\":[1, 2]}\r", R"("\ud83d\ude00\u0000")", "[true,false,null]"}) {
    EXPECT_FALSE(CheckJson(text, 8)) << text;
  }
}

TEST(JsonWalkTest, SaysWhereAndWhy) {
  EXPECT_EQ(CheckJson("", 8).ToString(), "the text ends too early at byte 0");
  EXPECT_EQ(CheckJson("[1,]", 8).ToString(), "a value is malformed at byte 3");
  EXPECT_EQ(CheckJson("[1 2]", 8).ToString(), "a comma or a closing bracket is missing at byte 3");
  EXPECT_EQ(CheckJson("{\"a\" 1}", 8).ToString(), "a colon is missing at byte 5");
  EXPECT_EQ(CheckJson("{a:1}", 8).ToString(), "a key is missing at byte 1");
  EXPECT_EQ(CheckJson("[\"\\q\"]", 8).ToString(), "a string holds a bad escape at byte 1");
  EXPECT_EQ(CheckJson("1 2", 8).ToString(), "the text goes on behind its end at byte 2");
  EXPECT_EQ(CheckJson("[[]]", 1).ToString(), "the text is nested too deeply at byte 1");
}

TEST(JsonWalkTest, NoDepthAtAll) {
  EXPECT_FALSE(CheckJson("1", 0));
  EXPECT_TRUE(CheckJson("[]", 0));
}

}  // namespace
}  // namespace sluice::protocol
