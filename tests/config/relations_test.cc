// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/relations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gateway/config/config.h"
#include "gateway/config/table.h"

namespace sluice::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RelationsTest : public testing::Test {
 protected:
  const Option& Get(std::string_view name) const {
    auto found = std::find_if(options_.begin(), options_.end(),
                              [&](const Option& option) { return option.name == name; });
    EXPECT_NE(found, options_.end()) << name;
    return *found;
  }
  // As the option writes it.
  std::string TextOf(std::string_view name, double number) const {
    if (Get(name).type == "DURATION") return absl::FormatDuration(absl::Seconds(number));
    return absl::StrCat(static_cast<uint64_t>(number));
  }
  bool Set(std::string_view name, double number) const {
    return Get(name).set(TextOf(name, number));
  }

  Settings settings_;
  std::vector<Option> options_ = BindOptions(settings_);
};

TEST_F(RelationsTest, TheDefaultsHold) {
  for (const Relation& relation : Relations()) {
    EXPECT_TRUE(Holds(relation, options_)) << relation.lesser << " " << relation.greater;
  }
}

TEST_F(RelationsTest, EveryPairHoldsUpToItsBoundAndNotBeyond) {
  for (const Relation& relation : Relations()) {
    SCOPED_TRACE(std::string(relation.lesser) + " " + std::string(relation.greater));
    const double unit = Get(relation.lesser).type == "DURATION" ? 0.001 : 1;
    // Where both may be: the greater's default, or else the lesser's with what comes on top.
    double bound = Room(relation, options_);
    if (bound <= 0 || !Set(relation.lesser, bound + unit)) {
      bound = Get(relation.lesser).number();
      ASSERT_TRUE(Set(relation.greater, bound + relation.plus));
    }
    ASSERT_TRUE(Set(relation.lesser, bound));
    EXPECT_TRUE(Holds(relation, options_));
    ASSERT_TRUE(Set(relation.lesser, bound + unit));
    EXPECT_FALSE(Holds(relation, options_));
  }
}

// Asked for both, it does not start; and the line names both.
TEST_F(RelationsTest, EveryPairThatIsAskedForIsRefused) {
  for (const Relation& relation : Relations()) {
    SCOPED_TRACE(std::string(relation.lesser) + " " + std::string(relation.greater));
    const double lesser = std::max(Get(relation.lesser).number(), relation.plus);
    const double greater = Get(relation.greater).type == "DURATION" ? lesser / 2 : lesser - 1;
    if (!Set(relation.greater, greater)) continue;  // its least is more than the other's default
    auto flag = [](std::string_view name, const std::string& value) {
      return "--" + std::string(name) + "=" + value;
    };
    auto config = Config::Load({flag(relation.lesser, TextOf(relation.lesser, lesser)),
                                flag(relation.greater, TextOf(relation.greater, greater))},
                               {});
    EXPECT_THAT(std::string(config.status().message()),
                AllOf(StartsWith("--" + std::string(relation.lesser) + ": "),
                      HasSubstr(std::string(relation.greater) + " (")));
  }
}

TEST_F(RelationsTest, WhatIsNoLimitContradictsNothing) {
  EXPECT_TRUE(Config::Load({"--batch-max=100", "--commands-burst=10"}, {}).status().message() !=
              "");
  EXPECT_TRUE(
      Config::Load({"--batch-max=100", "--commands-burst=10", "--commands-per-second=0"}, {}).ok());
  EXPECT_TRUE(Config::Load({"--longhouse-ping-interval=2m", "--longhouse-lease=0"}, {}).ok());
}

TEST_F(RelationsTest, AMessageCanArriveBeforeItsDeadline) {
  auto refused = Config::Load(
      {"--message-bytes=1MiB", "--bytes-per-second=64KiB", "--message-timeout=15s"}, {});
  EXPECT_EQ(refused.status().message(),
            "--message-bytes: 1MiB does not fit into message-timeout (15s) at bytes-per-second "
            "(64KiB): no such message could arrive in time; lower the one or raise the other");
  EXPECT_TRUE(Config::Load(
                  {"--message-bytes=1MiB", "--bytes-per-second=64KiB", "--message-timeout=16s"}, {})
                  .ok());
  EXPECT_TRUE(
      Config::Load({"--message-bytes=1MiB", "--bytes-per-second=0", "--message-timeout=1s"}, {})
          .ok());
  auto lowered = Config::Load({"--bytes-per-second=1KiB"}, {});
  ASSERT_TRUE(lowered.ok()) << lowered.status();
  EXPECT_EQ((*lowered)->settings().edge.message_bytes, 60u << 10);
}

TEST_F(RelationsTest, ADefaultYields) {
  auto config = Config::Load({"--outbox-bytes=64KiB", "--method-time-limit-max=2s"}, {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ((*config)->settings().limits.send_bytes_max, 64u << 10);
  EXPECT_EQ((*config)->settings().shard.policy.calls.timeout, absl::Seconds(2));
  EXPECT_THAT((*config)->ToYaml(),
              HasSubstr("send-bytes-max: 64KiB  # default, so that it fits into outbox-bytes\n"));
  auto refused = Config::Load({"--send-bytes-max=8MiB"}, {});
  EXPECT_THAT(std::string(refused.status().message()),
              AllOf(StartsWith("--send-bytes-max: 8MiB does not fit into control-message-bytes"),
                    HasSubstr("(4MiB)")))
      << "a default is not raised";
}

// An option that is added is held against the others: put it into the table, or say that it meets
// none.
TEST_F(RelationsTest, EveryOptionThatCountsIsThere) {
  std::set<std::string> known(Unrelated().begin(), Unrelated().end());
  EXPECT_EQ(known.size(), Unrelated().size()) << "one is there twice";
  for (const Relation& relation : Relations()) {
    for (std::string_view name : {relation.lesser, relation.greater, relation.pace}) {
      if (name.empty()) continue;
      EXPECT_FALSE(std::count(Unrelated().begin(), Unrelated().end(), name)) << name;
      known.insert(std::string(name));
    }
  }
  std::set<std::string> counting;
  for (const Option& option : options_) {
    if (option.number) counting.insert(option.name);
  }
  EXPECT_EQ(known, counting);
}

}  // namespace
}  // namespace sluice::config
