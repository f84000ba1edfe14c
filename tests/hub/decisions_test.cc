// SPDX-License-Identifier: Apache-2.0
//
// Guards by themselves: when they are asked, and what their answers mean.
#include "gateway/hub/guards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/endpoints.h"
#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::ShardParts;

struct DecisionsTest : testing::Test {
  explicit DecisionsTest(ShardOptions options = {}) : parts(std::move(options)) {}
  Decision Ask() {
    return parts.guards.Ask(session, GuardAction::kSubscribe, "news", Payload::Json("1"),
                            parts.now);
  }
  ShardParts parts;
  Session& session = parts.Open("chat", "a");
};

struct OpenByDefault : DecisionsTest {
  static ShardOptions Options() {
    ShardOptions options;
    options.policy.guards.open = true;
    return options;
  }
  OpenByDefault() : DecisionsTest(Options()) {}
};

TEST_F(DecisionsTest, WhereNobodyGuardsEverythingMayHappen) { EXPECT_TRUE(Ask().allowed()); }

TEST_F(DecisionsTest, AGuardIsAskedWithWhoItIsAbout) {
  auto guard = parts.OfferGuard("chat", GuardAction::kSubscribe);
  session.who.version = 4;
  EXPECT_TRUE(Ask().asked());
  ASSERT_EQ(guard->invoked.size(), 1);
  EXPECT_EQ(guard->invoked[0].method, "news");
  EXPECT_EQ(guard->invoked[0].params.bytes, "1");
  parts.invoker.calls().Complete(guard->Next().call, Verdict{true, {}, false, {}}, parts.now,
                                 nullptr);
  EXPECT_EQ(parts.results.identities, std::vector<uint32_t>{4});
}

TEST_F(DecisionsTest, AGuardThatIsAwayBlocks) {
  auto guard = parts.OfferGuard("chat", GuardAction::kSubscribe);
  parts.methods.RemoveWorker(fakes::HubWorld::IdOf(guard), [](Endpoint&) {});
  EXPECT_TRUE(Ask().blocked());
  EXPECT_EQ(parts.probe.guards_undecided.value(), 1);
}

TEST_F(OpenByDefault, AGuardThatIsAwayLetsPass) {
  auto guard = parts.OfferGuard("chat", GuardAction::kSubscribe);
  parts.methods.RemoveWorker(fakes::HubWorld::IdOf(guard), [](Endpoint&) {});
  EXPECT_TRUE(Ask().allowed());
  EXPECT_TRUE(parts.guards.Judge(session, MakeError(Fault::kTimeout)).allowed());
  EXPECT_TRUE(parts.guards.Judge(session, MakeError(Fault::kTooLarge)).blocked())
      << "nobody passes by saying too much";
}

TEST_F(DecisionsTest, AVerdictSaysWhatTheClientHears) {
  Verdict allow{true, Payload::Json("2"), false, {}};
  EXPECT_EQ(parts.guards.Judge(session, allow).replacement.bytes, "2");
  Verdict block{false, {}, false, MakeError(Fault::kApplication)};
  block.error.message = "no";
  Decision decision = parts.guards.Judge(session, block);
  EXPECT_TRUE(decision.blocked());
  EXPECT_EQ(decision.error.message, "no");
  block.silent = true;
  EXPECT_EQ(parts.guards.Judge(session, block).error.fault, Fault::kBlocked);
  EXPECT_EQ(parts.probe.guards_blocked.value(), 2);
}

TEST_F(DecisionsTest, AnErrorOfTheGuardBlocksWithItAndATimeOutIsUndecided) {
  EXPECT_EQ(parts.guards.Judge(session, MakeError(Fault::kApplication)).error.fault,
            Fault::kApplication);
  EXPECT_EQ(parts.probe.guards_undecided.value(), 0);
  EXPECT_EQ(parts.guards.Judge(session, MakeError(Fault::kTimeout)).error.fault, Fault::kTimeout);
  EXPECT_EQ(parts.probe.guards_undecided.value(), 1);
}

TEST_F(DecisionsTest, ASessionsCallsAreOnItsBooksUntilTheyAreOver) {
  auto guard = parts.OfferGuard("chat", GuardAction::kSubscribe);
  for (int i = 0; i < 3; ++i) Ask();
  EXPECT_EQ(session.under_way.calls.size(), 3);
  parts.invoker.calls().Complete(guard->Next().call, Verdict{true, {}, false, {}}, parts.now,
                                 nullptr);
  EXPECT_THAT(parts.results.calls_left, testing::ElementsAre(2)) << "off the books before";
  parts.invoker.CancelAll(session);
  EXPECT_TRUE(session.under_way.calls.empty());
  EXPECT_EQ(guard->cancelled.size(), 2);
  EXPECT_EQ(parts.invoker.calls().size(), 0);
}

}  // namespace
}  // namespace sluice::hub
