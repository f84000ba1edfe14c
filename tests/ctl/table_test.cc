// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/table.h"

#include <gtest/gtest.h>

#include <clocale>

#include "control/ctl/printable.h"

namespace sluice::ctl {
namespace {

TEST(TableTest, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({"ID", "USER"}, 0);
  table.Add({"c1", "ann"});
  table.Add({"c-1000", ""});
  EXPECT_EQ(table.Take(),
            "ID      USER\n"
            "c1      ann\n"
            "c-1000\n");
}

TEST(TableTest, OnAPipeNothingIsCut) {
  Table table({"ID", "USER"}, 0);
  const std::string id(200, 'x');
  table.Add({id, "ann"});
  EXPECT_EQ(table.Take(), "ID" + std::string(200, ' ') + "USER\n" + id + "  ann\n");
}

TEST(TableTest, OnATerminalTheWidestColumnGivesWay) {
  Table table({"ID", "USER"}, 20);
  table.Add({std::string(30, 'x'), "ann"});
  EXPECT_EQ(table.Take(),
            "ID              USER\n"
            "xxxxxxxxxxxxx\u2026  ann\n");
}

TEST(TableTest, WhenAllAreNarrowTheLineIsCut) {
  Table table({"A", "B", "C"}, 12);
  table.Add({"aaaaaaaaaaaa", "bbbbbbbbbbbb", "c"});
  EXPECT_EQ(table.Take(),
            "A         B\u2026\n"
            "aaaaaaa\u2026  b\u2026\n");
}

TEST(TableTest, PageByPageUnderOneHeader) {
  Table table({"ID", "N"}, 0);
  table.Add({"long-id", "1"});
  EXPECT_EQ(table.Take(), "ID       N\nlong-id  1\n");
  EXPECT_EQ(table.Take(), "");
  table.Add({"b", "2"});
  EXPECT_EQ(table.Take(), "b        2\n");
  EXPECT_EQ(table.Take(true), "");
}

TEST(TableTest, TheHeaderAloneOnlyIfItIsAskedFor) {
  Table table({"ID"}, 0);
  EXPECT_EQ(table.Take(), "");
  EXPECT_EQ(table.Take(true), "ID\n");
}

TEST(PrintableTest, WhatControlsATerminalIsShownAsBytes) {
  EXPECT_EQ(Printable("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(Printable("tab\tline\nend\r"), "tab\\x09line\\x0aend\\x0d");
  EXPECT_EQ(Printable(std::string("nul\0", 4)), "nul\\x00");
  EXPECT_EQ(Printable("\x7f"), "\\x7f");
  EXPECT_EQ(Printable("csi \u009b1m"), "csi \\xc2\\x9b1m");
  EXPECT_EQ(Printable("\u202eturned"), "\\xe2\\x80\\xaeturned");
  EXPECT_EQ(Printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(Printable("caf\u00e9 \u4f60"), "caf\u00e9 \u4f60");
}

TEST(PrintableTest, JsonStaysTheSameValue) {
  EXPECT_EQ(PrintableJson("{\"a\":\"\u009b\u202e\x7f\"}\n"), "{\"a\":\"\\u009b\\u202e\\u007f\"}\n");
}

TEST(PrintableTest, WidthsAndCuts) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_EQ(WidthOf("abc"), 3);
  EXPECT_EQ(WidthOf("\u4f60\u597d"), 4);
  EXPECT_EQ(WidthOf("e\u0301"), 1);
  EXPECT_EQ(CutToWidth("abc", 3), "abc");
  EXPECT_EQ(CutToWidth("abcd", 3), "ab\u2026");
  EXPECT_EQ(CutToWidth("\u4f60\u597d\u5417", 4), "\u4f60\u2026");
  EXPECT_EQ(CutToWidth("abc", 0), "");
}

}  // namespace
}  // namespace sluice::ctl
