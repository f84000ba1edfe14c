// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "gateway/config/table.h"

namespace sluice::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using Words = std::vector<std::string>;

class ConfigTest : public testing::Test {
 protected:
  // A file under the test's own folder.
  std::string File(const std::string& text) {
    std::string path = testing::TempDir() + "/sluice.yaml";
    std::ofstream(path) << text;
    return path;
  }

  static std::unique_ptr<Config> Load(const Words& args, const Words& environment = {}) {
    auto config = Config::Load(args, environment);
    EXPECT_TRUE(config.ok()) << config.status();
    return config.ok() ? *std::move(config) : nullptr;
  }

  static std::string Error(const Words& args, const Words& environment = {}) {
    auto config = Config::Load(args, environment);
    EXPECT_FALSE(config.ok());
    std::string message(config.status().message());
    EXPECT_THAT(message, Not(HasSubstr("\n"))) << "one line";
    return message;
  }
};

TEST_F(ConfigTest, DefaultsStand) {
  auto config = Load({});
  EXPECT_EQ(config->settings().edge.listen, "0.0.0.0:8080");
  EXPECT_EQ(config->settings().control.listen, "127.0.0.1:50051");
  EXPECT_EQ(config->settings().admin.listen, "127.0.0.1:8081");
  EXPECT_EQ(config->settings().departure.drain_timeout, absl::Seconds(30));
}

TEST_F(ConfigTest, FlagsTakeBothSpellings) {
  EXPECT_EQ(Load({"--outbox-bytes", "64KiB"})->settings().shard.policy.delivery.outbox_bytes,
            65536u);
  EXPECT_EQ(Load({"--outbox-bytes=64KiB"})->settings().shard.policy.delivery.outbox_bytes, 65536u);
}

TEST_F(ConfigTest, TheLastFlagCounts) {
  EXPECT_EQ(Load({"--shards=1", "--shards=2"})->settings().shards, 2u);
}

TEST_F(ConfigTest, AListTakesEveryFlag) {
  auto config =
      Load({"--origins", "http://a.example,http://b.example", "--origins=http://c.example"});
  EXPECT_EQ(config->settings().edge.origins,
            (Words{"http://a.example", "http://b.example", "http://c.example"}));
}

TEST_F(ConfigTest, ASwitchNeedsNoValue) {
  EXPECT_TRUE(Load({"--control-insecure"})->settings().control.insecure);
  EXPECT_FALSE(Load({"--allow-no-origin=false"})->settings().edge.allow_no_origin);
}

TEST_F(ConfigTest, ASwitchTakesItsValueInBothSpellings) {
  EXPECT_FALSE(Load({"--allow-no-origin", "false"})->settings().edge.allow_no_origin);
  EXPECT_TRUE(Load({"--control-insecure", "on"})->settings().control.insecure);
  auto config = Load({"--control-insecure", "--allow-no-origin", "no", "--shards", "1"});
  EXPECT_TRUE(config->settings().control.insecure);
  EXPECT_FALSE(config->settings().edge.allow_no_origin);
  EXPECT_EQ(config->settings().shards, 1u);
  EXPECT_THAT(Error({"--allow-no-origin", "perhaps"}), HasSubstr("\"perhaps\""));
  // A value of another option, which happens to be a word of a switch.
  EXPECT_EQ(Load({"--node", "--allow-no-origin", "--shards=1"})->settings().shard.node,
            "--allow-no-origin");
}

TEST_F(ConfigTest, TextIsUtf8) {
  EXPECT_EQ(Load({"--node=caf\xc3\xa9"})->settings().shard.node, "caf\xc3\xa9");
  EXPECT_THAT(Error({"--node=caf\xe9"}), StartsWith("--node"));
  EXPECT_THAT(Error({"--origins=http://caf\xe9.example"}), StartsWith("--origins"));
}

TEST_F(ConfigTest, OneOptionMaySetTwoRooms) {
  auto config = Load({"--depth-max=7"});
  EXPECT_EQ(config->settings().shard.policy.decode.depth_max, 7u);
  EXPECT_EQ(config->settings().limits.depth_max, 7u);
}

TEST_F(ConfigTest, FlagsWinOverEnvironmentOverFile) {
  std::string path = File("shards: 1\nping-interval: 1s\nnode: file\n");
  auto config =
      Load({"--config", path, "--shards=3"}, {"SLUICE_SHARDS=2", "SLUICE_PING_INTERVAL=2s"});
  EXPECT_EQ(config->settings().shards, 3u);
  EXPECT_EQ(config->settings().dialects.ping_interval, absl::Seconds(2));
  EXPECT_EQ(config->settings().shard.node, "file");
}

TEST_F(ConfigTest, TheEnvironmentMayNameTheFile) {
  std::string path = File("node: file\n");
  EXPECT_EQ(Load({}, {"SLUICE_CONFIG=" + path})->settings().shard.node, "file");
}

TEST_F(ConfigTest, OtherVariablesAreNotOurs) { Load({}, {"PATH=/bin", "SLUICEGATE=1", "NOVALUE"}); }

TEST_F(ConfigTest, ServiceLinksAreNotOurs) {
  Load({}, {"SLUICE_SERVICE_HOST=10.0.0.1", "SLUICE_SERVICE_PORT=8080",
            "SLUICE_SERVICE_PORT_HTTP=8080", "SLUICE_PORT=tcp://10.0.0.1:8080",
            "SLUICE_PORT_8080_TCP=tcp://10.0.0.1:8080", "SLUICE_PORT_8080_TCP_ADDR=10.0.0.1",
            "SLUICE_CONTROL_SERVICE_HOST=10.0.0.1", "SLUICE_CONTROL_PORT=tcp://10.0.0.1:1"});
}

TEST_F(ConfigTest, AFileMayHoldLists) {
  std::string path = File("origins: [\"http://a.example\", http://b.example]\n");
  EXPECT_EQ(Load({"--config", path})->settings().edge.origins,
            (Words{"http://a.example", "http://b.example"}));
}

TEST_F(ConfigTest, AnEmptyFileIsFine) { Load({"--config", File("# nothing yet\n")}); }

TEST_F(ConfigTest, UnknownFlag) {
  EXPECT_EQ(Error({"--outbox-byte=1"}),
            "--outbox-byte: unknown option; did you mean --outbox-bytes?; --help lists them all");
  EXPECT_EQ(Error({"--zzzzzzzzzzzzz"}), "--zzzzzzzzzzzzz: unknown option; --help lists them all");
  EXPECT_THAT(Error({"serve"}), StartsWith("\"serve\": not an option"));
}

TEST_F(ConfigTest, APasswordInAUrlIsNeverShown) {
  EXPECT_THAT(Error({"--storage=redis://ann:secret@host:nowhere"}), Not(HasSubstr("secret")));
  Settings settings;
  for (const Option& option : BindOptions(settings)) {
    if (option.name != "storage") continue;
    ASSERT_TRUE(option.set("redis://ann:secret@192.0.2.1:7000/2"));
    EXPECT_EQ(settings.redis.url.password, "secret");
    EXPECT_EQ(settings.storage, Storage::kRedis);
    EXPECT_THAT(option.text(), HasSubstr("192.0.2.1:7000"));
    EXPECT_THAT(option.text(), Not(HasSubstr("secret")));
    EXPECT_EQ(option.yaml(), option.text());
  }
}

TEST_F(ConfigTest, TheUserOfSentinelsIsNeverShown) {
  EXPECT_THAT(Error({std::string("--redis-sentinel-user=a\nsecret")}), Not(HasSubstr("secret")));
  Settings settings;
  for (const Option& option : BindOptions(settings)) {
    if (option.name != "redis-sentinel-user") continue;
    EXPECT_EQ(option.yaml(), "\"\"");
    ASSERT_TRUE(option.set("ann"));
    EXPECT_EQ(settings.redis.sentinel_user, "ann");
    EXPECT_EQ(option.text(), "***");
    EXPECT_EQ(option.yaml(), "\"***\"");
  }
}

TEST_F(ConfigTest, MissingValue) {
  EXPECT_THAT(Error({"--shards"}), StartsWith("--shards: needs a value: use a whole number"));
}

TEST_F(ConfigTest, InvalidFlag) {
  EXPECT_EQ(Error({"--shards=many"}),
            "--shards: \"many\" is not allowed; use a whole number from 0 to 255");
  EXPECT_EQ(Error({"--outbox-bytes=1"}),
            "--outbox-bytes: \"1\" is not allowed; use a size from 1KiB to 1GiB, such as 64KiB");
  EXPECT_EQ(Error({"--storage=disk"}),
            "--storage: what is there is not allowed; use memory, redis://, rediss://, "
            "redis+sentinel:// or redis+cluster://");
  EXPECT_THAT(Error({"--drain-timeout=10"}), HasSubstr("such as 10s, 500ms or 2m"));
  EXPECT_THAT(Error({"--listen=8080"}),
              StartsWith("--listen: \"8080\" is not allowed; use ADDRESS"));
  EXPECT_THAT(Error({"--node=a\nb"}), HasSubstr("\"a\\x0ab\" is not allowed"));
}

TEST_F(ConfigTest, UnknownVariable) {
  EXPECT_EQ(Error({}, {"SLUICE_OUTBOX_BYTE=1"}),
            "SLUICE_OUTBOX_BYTE: unknown option; did you mean SLUICE_OUTBOX_BYTES?; --help lists "
            "them all");
  EXPECT_THAT(Error({}, {"SLUICE_CHECK_CONFIG=1"}), HasSubstr("unknown option"));
  EXPECT_THAT(Error({}, {"SLUICE_shards=1"}), HasSubstr("unknown option"));
}

TEST_F(ConfigTest, InvalidVariable) {
  EXPECT_THAT(Error({}, {"SLUICE_SHARDS=-1"}), StartsWith("SLUICE_SHARDS: \"-1\" is not allowed"));
}

TEST_F(ConfigTest, AnOverriddenMistakeIsAMistake) {
  EXPECT_THAT(Error({"--shards=1"}, {"SLUICE_SHARDS=x"}), StartsWith("SLUICE_SHARDS"));
}

TEST_F(ConfigTest, UnknownKeyHasItsLine) {
  std::string path = File("shards: 1\n\noutbox-bites: 1\n");
  EXPECT_EQ(Error({"--config", path}), path +
                                           ":3: outbox-bites: unknown option; did you mean "
                                           "outbox-bytes?; --help lists them all");
}

TEST_F(ConfigTest, InvalidKeyHasItsLine) {
  std::string path = File("shards: 1\nping-interval: soon\n");
  EXPECT_THAT(Error({"--config", path}),
              StartsWith(path + ":2: ping-interval: \"soon\" is not allowed; use a duration"));
}

TEST_F(ConfigTest, FilesOfAnotherShape) {
  EXPECT_THAT(Error({"--config", File("shards: [1]\n")}),
              HasSubstr(":1: shards: this value is not"));
  EXPECT_THAT(Error({"--config", File("origins: [\"a,b\"]\n")}), HasSubstr("this value is not"));
  EXPECT_THAT(Error({"--config", File("shards:\n")}), HasSubstr("this value is not"));
  EXPECT_THAT(Error({"--config", File("- shards\n")}), HasSubstr("must be one map"));
  EXPECT_THAT(Error({"--config", File("shards: 1\nshards: 2\n")}),
              HasSubstr(":2: shards: is there"));
  EXPECT_THAT(Error({"--config", File("a: b: c\n")}), HasSubstr(":1: not YAML"));
  EXPECT_THAT(Error({"--config", File("config: other.yaml\n")}), HasSubstr("unknown option"));
  EXPECT_THAT(Error({"--config", "/nonexistent.yaml"}), HasSubstr("cannot read /nonexistent.yaml"));
  EXPECT_THAT(Error({"--config", testing::TempDir()}), StartsWith("--config: cannot read"));
}

TEST_F(ConfigTest, WhatMustHoldBetweenOptionsNamesTheOrigin) {
  EXPECT_THAT(Error({}, {"SLUICE_TLS_CERT=/cert.pem"}), HasSubstr("tls-key"));
  EXPECT_EQ(Error({}, {"SLUICE_CLIENT_CALL_TIMEOUT=10m"}),
            "SLUICE_CLIENT_CALL_TIMEOUT: 10m does not fit into client-call-timeout-max (5m): it is "
            "what holds for a Call that states none; lower the one or raise the other");
  EXPECT_THAT(Error({"--origins=not an origin"}), StartsWith("--origins: "));
}

TEST_F(ConfigTest, PrintedConfigMakesTheSameConfig) {
  auto config = Load(
      {"--shards=3", "--origins=http://a.example", "--node=a \"b\" \\c", "--ping-interval=1m30s",
       "--commands-per-second=0.5", "--trust-forwarded-for=10.0.0.0/8,::1", "--control-insecure"},
      {"SLUICE_OUTBOX_BYTES=96KiB"});
  std::string yaml = config->ToYaml();
  EXPECT_THAT(yaml, HasSubstr("\nshards: 3  # --shards\n"));
  EXPECT_THAT(yaml, HasSubstr("\noutbox-bytes: 96KiB  # SLUICE_OUTBOX_BYTES\n"));
  EXPECT_THAT(yaml, HasSubstr("\nmessage-bytes: 64KiB  # default\n"));
  EXPECT_THAT(yaml, HasSubstr("\norigins: [\"http://a.example\"]  # --origins\n"));

  auto again = Load({"--config", File(yaml)});
  auto without_comments = [](const Config& shown) {
    std::string text;
    std::istringstream lines(shown.ToYaml());
    for (std::string line; std::getline(lines, line);)
      text += line.substr(0, line.find("  #")) + "\n";
    return text;
  };
  EXPECT_EQ(without_comments(*again), without_comments(*config));
}

TEST_F(ConfigTest, HelpListsEveryOption) {
  auto config = Load({"--help"}, {"SLUICE_NONSENSE=1"});
  EXPECT_TRUE(config->actions().help);
  Settings settings;
  for (const Option& option : BindOptions(settings)) {
    EXPECT_THAT(config->help(), HasSubstr("--" + option.name + " ")) << option.name;
  }
}

TEST(Table, IsSound) {
  Settings settings;
  std::set<std::string> names;
  for (const Option& option : BindOptions(settings)) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name << " is there twice";
    EXPECT_FALSE(option.help.empty()) << option.name;
    EXPECT_FALSE(option.group.empty()) << option.name;
    EXPECT_FALSE(option.allowed.empty()) << option.name;
    EXPECT_TRUE(option.set(option.text())) << option.name << ": its own default is not allowed";
  }
}

}  // namespace
}  // namespace sluice::config
