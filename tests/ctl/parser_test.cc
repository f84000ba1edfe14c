// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/ctl/body_flags.h"
#include "control/ctl/commands.h"
#include "control/ctl/selector_flags.h"

namespace sluice::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Keeps what it is told.
class Probe : public Command {
 public:
  Probe() : Command("drain probe", "Keeps what it is told.") {}
  void Declare(Flags& flags) override {
    selector.Declare(flags);
    flags.Arguments("NAME", "names", &names);
  }
  Exit Run(Session&) override { return Exit::kOk; }

  SelectorFlags selector;
  std::vector<std::string> names;
};

class Told : public Command {
 public:
  Told() : Command("told", "Takes a body.") {}
  void Declare(Flags& flags) override { body.Declare(flags, "BODY"); }
  Exit Run(Session&) override { return Exit::kOk; }

  BodyFlags body;
};

class ParserTest : public ::testing::Test {
 protected:
  ParserTest() {
    auto owned = std::make_unique<Probe>();
    probe = owned.get();
    commands.push_back(std::move(owned));
    auto other = std::make_unique<Told>();
    told = other.get();
    commands.push_back(std::move(other));
  }
  absl::StatusOr<Parsed> Parse(const std::vector<std::string>& words) {
    return ParseCommandLine(words, commands, &given);
  }
  std::string Refused(const std::vector<std::string>& words) {
    return std::string(Parse(words).status().message());
  }
  std::string SelectorOf(std::vector<std::string> words) {
    words.insert(words.begin(), {"drain", "probe", "x"});
    auto parsed = Parse(words);
    if (!parsed.ok()) return std::string(parsed.status().message());
    auto built = probe->selector.Build("chat", absl::FromUnixSeconds(1'000'000'000));
    return built.ok() ? built->ShortDebugString() : std::string(built.status().message());
  }

  Commands commands;
  Probe* probe = nullptr;
  Told* told = nullptr;
  Given given;
};

TEST_F(ParserTest, FlagsStandAnywhereBehindTheCommand) {
  auto parsed = Parse(
      {"-n", "chat", "drain", "probe", "a", "--id", "1", "b", "-o", "json", "--id=2", "--local"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->command, probe);
  EXPECT_THAT(probe->names, ElementsAre("a", "b"));
  EXPECT_EQ(given.values["namespace"], "chat");
  EXPECT_EQ(given.values["output"], "json");
  EXPECT_TRUE(given.local);
}

TEST_F(ParserTest, WordsAreTakenAsTheyAre) {
  auto parsed = Parse({"drain", "probe", "[a,b]", "drain", "\x01x", "--", "--all", "-"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(probe->names, ElementsAre("[a,b]", "drain", "\x01x", "--all", "-"));
  parsed = Parse({"told", "[1, 2]"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(told->body.Read()->json(), "[1, 2]");
}

TEST_F(ParserTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(Refused({}), HasSubstr("no command"));
  EXPECT_THAT(Refused({"drain"}), HasSubstr("subcommand is required"));
  EXPECT_THAT(Refused({"bogus"}), HasSubstr("bogus"));
  EXPECT_THAT(Refused({"drain", "probe"}), HasSubstr("NAME is required"));
  EXPECT_THAT(Refused({"drain", "probe", "x", "--bogus"}), HasSubstr("--bogus"));
  EXPECT_THAT(Refused({"drain", "probe", "x", "--share", "101"}),
              HasSubstr("--share: use a whole number from 1 to 100"));
  EXPECT_THAT(Refused({"drain", "probe", "x", "--share", "1", "--share", "2"}),
              HasSubstr("--share: given more than once"));
  EXPECT_THAT(Refused({"drain", "probe", "\xff"}), HasSubstr("no UTF-8"));
  EXPECT_THAT(Refused({"drain", "probe", "x", "-n", ""}), HasSubstr("--namespace: is empty"));
}

TEST_F(ParserTest, Help) {
  auto parsed = Parse({"--help"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->command, nullptr);
  EXPECT_THAT(parsed->text, HasSubstr("--token-file"));
  EXPECT_THAT(Parse({"drain", "probe", "--help"})->text, HasSubstr("--except-user"));
}

TEST_F(ParserTest, AWholeNamespaceIsAskedForByName) {
  EXPECT_EQ(SelectorOf({"--all"}), "namespace: \"chat\"");
}

TEST_F(ParserTest, SelectorsHaveWhatTheContractHas) {
  EXPECT_EQ(SelectorOf({"--id", "a", "--id", "b", "--user", "u", "--channel", "c", "--node", "n",
                        "--dialect", "json-rpc-strict", "--share", "20"}),
            "namespace: \"chat\" connection_ids: \"a\" connection_ids: \"b\" user_ids: \"u\" "
            "channels: \"c\" dialects: DIALECT_JSON_RPC_STRICT nodes: \"n\" sample_percent: 20");
}

TEST_F(ParserTest, SelectorsByLabelAndException) {
  EXPECT_EQ(SelectorOf({"--label", "k=v=w", "--except-id", "a", "--except-user", "u"}),
            "namespace: \"chat\" labels { key: \"k\" value: \"v=w\" } except { connection_ids: "
            "\"a\" user_ids: \"u\" }");
}

TEST_F(ParserTest, SelectorsByTime) {
  EXPECT_EQ(
      SelectorOf({"--older-than", "100s", "--opened-after", "2001-09-09T01:00:00+00:00"}),
      "namespace: \"chat\" connected_before { seconds: 999999900 } connected_after { seconds: "
      "999997200 }");
}

TEST_F(ParserTest, ALabelIsAKeyAndAValue) {
  EXPECT_EQ(SelectorOf({"--label", "k"}), "--label: use KEY=VALUE");
}

TEST_F(ParserTest, SelectorsThatAreWrong) {
  EXPECT_EQ(SelectorOf({"--opened-before", "yesterday"}),
            "--opened-before: use a time such as 2026-01-31T12:00:00Z");
}

TEST_F(ParserTest, SelectorsThatContradictThemselves) {
  EXPECT_EQ(SelectorOf({"--all", "--id", "a"}), "--all: contradicts the flags that restrict it");
  EXPECT_THAT(SelectorOf({"--dialect", "morse"}), HasSubstr("--dialect: no such dialect"));
}

TEST_F(ParserTest, ALabelHasOneValue) {
  EXPECT_EQ(SelectorOf({"--label", "k=1", "--label", "k=2"}),
            "--label: one key cannot have two values");
}

TEST_F(ParserTest, AWholeNamespaceIsOneWithExceptionsToo) {
  v1::Selector selector;
  selector.set_namespace_("chat");
  selector.mutable_except()->add_connection_ids("a");
  EXPECT_TRUE(IsWholeNamespace(selector));
  selector.add_nodes("n");
  EXPECT_FALSE(IsWholeNamespace(selector));
}

TEST_F(ParserTest, ABodyThatIsNoJsonIsRefusedHere) {
  ASSERT_TRUE(Parse({"told", "{nope"}).ok());
  EXPECT_EQ(told->body.Read().status().message(), "BODY: is no JSON; use --as text for text");
}

TEST_F(ParserTest, ABodyAsText) {
  ASSERT_TRUE(Parse({"told", "@@home", "--as", "text"}).ok());
  EXPECT_EQ(told->body.Read()->text(), "@home");
}

TEST(CommandsTest, EachHasAPathOfItsOwn) {
  std::set<std::string> paths;
  for (const auto& command : AllCommands()) {
    EXPECT_TRUE(paths.insert(command->path()).second) << command->path();
    EXPECT_EQ(command->summary().back(), '.') << command->path();
  }
  EXPECT_GT(paths.size(), 30);
}

}  // namespace
}  // namespace sluice::ctl
