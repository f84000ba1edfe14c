// SPDX-License-Identifier: Apache-2.0
#include "text/utf8.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>
#include <string>
#include <vector>

namespace sluice::text {
namespace {

// Adjacent literals keep an escape from eating what follows it.
struct Row {
  std::string bytes;
  std::string text;
};

TEST(Utf8, ReplacesWhatIsNoText) {
  const std::string fffd = "\xef\xbf\xbd";
  const std::vector<Row> rows = {
      {"", ""},
      {"plain ASCII, longer than eight bytes", "plain ASCII, longer than eight bytes"},
      {"Caf\xc3\xa9", "Caf\xc3\xa9"},
      {"Caf\xe9", "Caf" + fffd},
      {"Caf\xe9 au lait", "Caf" + fffd + " au lait"},
      {"\xff\xfe", fffd + fffd},
      {"\xc0\xaf", fffd + fffd},                        // overlong
      {"\xe0\x80\xaf", fffd + fffd + fffd},             // overlong
      {"\xed\xa0\x80", fffd + fffd + fffd},             // a surrogate
      {"\xf4\x90\x80\x80", fffd + fffd + fffd + fffd},  // above U+10FFFF
      {"\xf0\x9f\x98", fffd},                           // begun, and the text ends
      {"\xf0\x9f\x98x", fffd + "x"},                    // begun, and something else comes
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {"\x80"
       "a\x80",
       fffd + "a" + fffd},
      {std::string("nul\0is text", 11), std::string("nul\0is text", 11)},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ToUtf8(row.bytes), row.text);
    EXPECT_EQ(IsUtf8(row.bytes), row.bytes == row.text);
  }
}

// Against an implementation of somebody else's.
TEST(Utf8, AgreesWithSimdjson) {
  constexpr std::string_view kBytes =
      "a\x80\x8f\x90\x9f\xa0\xbf\xc2\xe0\xe1\xed\xef\xf0\xf1\xf4\xf5";
  std::minstd_rand random(1);
  for (int round = 0; round < 200000; ++round) {
    std::string bytes(random() % 12, 'x');
    for (char& byte : bytes) byte = kBytes[random() % kBytes.size()];
    ASSERT_EQ(IsUtf8(bytes), simdjson::validate_utf8(bytes));
    std::string repaired = ToUtf8(bytes);
    ASSERT_TRUE(simdjson::validate_utf8(repaired));
    ASSERT_EQ(ToUtf8(repaired), repaired);
  }
}

TEST(Utf8, CutsBetweenCharacters) {
  EXPECT_EQ(CutUtf8("abc", 5), "abc");
  EXPECT_EQ(CutUtf8("abc", 2), "ab");
  EXPECT_EQ(CutUtf8("a\xc3\xa9", 2), "a");
  EXPECT_EQ(CutUtf8("a\xc3\xa9", 3), "a\xc3\xa9");
  EXPECT_EQ(CutUtf8("\xf0\x9f\x98\x80", 3), "");
  EXPECT_EQ(CutUtf8("abc", 0), "");
}

}  // namespace
}  // namespace sluice::text
