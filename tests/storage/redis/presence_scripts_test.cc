// SPDX-License-Identifier: Apache-2.0
//
// Commands that come too late, since others have overtaken them: what the scripts make of them.
#include "storage/redis/presence_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/redis/presence_codec.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {
namespace {

using ::testing::StartsWith;

constexpr char kEpoch[] = "0123456789abcdef-000001.";
constexpr char kOld[] = "0123456789abcdef-000001.000001";
constexpr char kNew[] = "0123456789abcdef-000001.000002";
constexpr char kEvicted[] = "0123456789abcdef-000002.000003";
constexpr char kNextProcess[] = "0003456789abcdef-000001.000001";  // names are in no order

class PresenceScripts : public testing::Test {
 protected:
  static std::string Member(std::string_view mark, uint64_t session = 1,
                            const std::string& detail = "") {
    return MemberOf({{"chat", "a"}, "", "n1", session, absl::FromUnixSeconds(100), detail}, mark);
  }
  std::string Run(const Script& script, const std::vector<std::string>& args) {
    std::vector<std::string> command = {"EVAL",           script.text(), "1",
                                        SpaceKey("chat"), "PUBLISH",     "life"};
    command.insert(command.end(), args.begin(), args.end());
    return server_.Do(command);
  }
  bool Holds(const std::string& member) {
    return server_.Do({"ZSCORE", SpaceKey("chat"), member}) == "0";
  }

  RedisServer server_;
};

TEST_F(PresenceScripts, AnOlderGenerationThatClaimsAgainChangesNothing) {
  Run(ReclaimScript(), {"0", Member(kNew)});
  Run(ReclaimScript(), {"0", Member(kOld)});
  EXPECT_TRUE(Holds(Member(kNew)));
  EXPECT_FALSE(Holds(Member(kOld)));
  EXPECT_THAT(Run(BuryRecordsScript(), {"n1", kEpoch, kNew}), StartsWith("0"))
      << "nothing is swept";
}

TEST_F(PresenceScripts, NorDoesOneOfBeforeAnEviction) {
  Run(ReclaimScript(), {"0", Member(kEvicted)});
  Run(ReclaimScript(), {"0", Member(kNew)});
  EXPECT_TRUE(Holds(Member(kEvicted)));
}

TEST_F(PresenceScripts, NorDoesAnOlderUpdate) {
  Run(ReclaimScript(), {"0", Member(kNew, 1, "newer")});
  EXPECT_THAT(Run(UpdateScript(), {Member(kOld, 1, "older")}), StartsWith("1"));
  EXPECT_TRUE(Holds(Member(kNew, 1, "newer")));
}

TEST_F(PresenceScripts, NorDoesAnOlderClaim) {
  Run(ReclaimScript(), {"0", Member(kNew)});
  EXPECT_THAT(Run(ClaimScript(), {"0", Member(kOld)}), StartsWith("0")) << "it has it";
  EXPECT_TRUE(Holds(Member(kNew)));
  EXPECT_THAT(Run(ClaimScript(), {"0", Member(kOld, 2)}), StartsWith("2"))
      << "another session has it";
  EXPECT_TRUE(Holds(Member(kNew)));
}

TEST_F(PresenceScripts, NorDoesASessionWhoseIdAYoungerOneHas) {
  const auto member = [](uint64_t session, int connected) {
    return MemberOf({{"chat", "a"}, "", "n1", session, absl::FromUnixSeconds(connected), ""}, kNew);
  };
  Run(ClaimScript(), {"2", member(7, 200)});
  Run(ReclaimScript(), {"2", member(8, 100)});
  EXPECT_TRUE(Holds(member(7, 200)));
  Run(ReclaimScript(), {"2", member(9, 300)});
  EXPECT_TRUE(Holds(member(9, 300)));
}

TEST_F(PresenceScripts, TheNextProcessOfANodeIsNotLate) {
  Run(ReclaimScript(), {"0", Member(kNew)});
  EXPECT_THAT(Run(ClaimScript(), {"0", Member(kNextProcess, 2)}), StartsWith("0"));
  EXPECT_TRUE(Holds(Member(kNextProcess, 2)));
}

}  // namespace
}  // namespace sluice::storage::redis
