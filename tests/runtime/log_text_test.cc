// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/log_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace sluice::runtime {
namespace {

struct Case {
  std::string_view value;
  std::string_view plain;
};

// No byte that a terminal obeys, and nothing that begins a new line or turns the text around.
void ExpectHarmless(std::string_view shown) {
  for (size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    EXPECT_FALSE(byte < 0x20 || byte == 0x7f) << shown;
    const bool c1 =
        byte == 0xc2 && i + 1 < shown.size() && static_cast<unsigned char>(shown[i + 1]) < 0xa0;
    EXPECT_FALSE(c1) << shown;
  }
  for (std::string_view mark : {"\u2028", "\u2029", "\u202e", "\u2066", "\ufeff"}) {
    EXPECT_EQ(shown.find(mark), std::string_view::npos) << shown;
  }
}

TEST(PlainText, QuotesWhatCouldBeMistaken) {
  const Case cases[] = {
      {"plain", "plain"},
      {"", R"("")"},
      {"two words", R"("two words")"},
      {"a=b", R"("a=b")"},
      {R"(say "no")", R"("say \"no\"")"},
      {"Grüße-€-😀", "Grüße-€-😀"},
      {"a\nb", R"("a\u000ab")"},
      {"\x1b[31m", R"("\u001b[31m")"},
      {"\u0085next", R"("\u0085next")"},      // C1: next line
      {"\u009b31m", R"("\u009b31m")"},        // C1: a terminal's control sequence
      {"\u0080\u009f", R"("\u0080\u009f")"},  // the first and the last of them
      {"\u00a0", "\u00a0"},                   // the one behind
      {"\u2028forged", R"("\u2028forged")"},
      {"user\u202egnp", R"("user\u202egnp")"},
      {"\u2066x\u2069", R"("\u2066x\u2069")"},
      {"\x9b"
       "31m",
       "\"\ufffd31m\""},  // the same as a single byte: no UTF-8
      {"Caf\xe9", "\"Caf\ufffd\""},
  };
  for (const Case& one : cases) {
    ExpectHarmless(PlainText(one.value));
    ExpectHarmless(JsonText(one.value));
    EXPECT_EQ(PlainText(one.value), one.plain);
  }
}

TEST(JsonText, IsReadBackAsItWas) {
  for (std::string_view value : {"", "plain", "a\nb\\\"\x01", "\u0085\u009b\u2028\u202e", "€😀"}) {
    EXPECT_EQ(nlohmann::json::parse(JsonText(value)).get<std::string>(), value);
  }
  EXPECT_EQ(nlohmann::json::parse(JsonText("Caf\xe9")).get<std::string>(), "Caf\ufffd");
}

}  // namespace
}  // namespace sluice::runtime
