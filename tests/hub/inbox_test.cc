// SPDX-License-Identifier: Apache-2.0
//
// What clients say, in its order: with whoever carries it out noting only what he is given.
#include "gateway/hub/inbox.h"

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/authentication.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/evictions.h"
#include "gateway/hub/guards.h"
#include "gateway/hub/keepalive.h"
#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::FakeSocket;
using fakes::FakeWorker;
using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;

struct NotedRunner final : CommandRunner {
  void Execute(Session&, Command&& command, Key batch, Now) override {
    ids.push_back(command.correlation.id);
    batches.push_back(batch);
    commands.push_back(std::move(command));
    if (meanwhile) meanwhile();
  }
  std::vector<std::string> Take() { return std::exchange(ids, {}); }
  std::vector<std::string> ids;
  std::vector<Key> batches;
  std::vector<Command> commands;
  std::function<void()> meanwhile;
};

ShardOptions OneASecond() {
  ShardOptions options;
  options.policy.rates.commands_per_second = 1;
  options.policy.rates.commands_burst = 1;
  options.policy.calls.per_connection = 1;
  return options;
}

struct InboxTest : testing::Test {
  ShardParts parts{OneASecond()};
  NotedRunner runner;
  Keepalive keepalive{parts.conflicts, parts.closer, parts.deadlines};
  Evictions evictions{parts.sessions, keepalive,       parts.closer,
                      parts.self,     parts.deadlines, parts.probe};
  Authentication authentication{parts.tokens,   parts.rights,    parts.records,
                                parts.delivery, parts.answers,   parts.progress,
                                parts.events,   parts.deadlines, parts.probe};
  Inboxes inboxes{runner,        parts.guards, parts.rights,    authentication,
                  parts.answers, evictions,    parts.deadlines, parts.probe};
  Session& session = parts.Open("chat", "a");
  FakeSocket& socket = ShardParts::SocketOf(session);

  bool Say(const std::string& text) { return inboxes.Receive(session, text, false, parts.now); }
  // It has spent its share of the rate.
  void Spend() { ASSERT_TRUE(session.inbox.rate.Take(1, 1, parts.now)); }
  void Decide(Decision decision, bool stale = false) {
    inboxes.OnVerdict(session, std::move(decision), stale, parts.now);
  }
  static std::vector<std::string> Asked(const FakeWorker& guard) {
    std::vector<std::string> subjects;
    for (const auto& one : guard.invoked) subjects.push_back(one.method);
    return subjects;
  }
};

TEST_F(InboxTest, WhatNeedNotWaitIsCarriedOutAtOnce) {
  EXPECT_TRUE(Say("list 1"));
  EXPECT_TRUE(Say("pub 2 news 0"));
  EXPECT_THAT(runner.ids, ElementsAre("1", "2"));
  EXPECT_FALSE(runner.batches[0]);
  EXPECT_EQ(parts.probe.messages_in[0].value(), 2);
}

TEST_F(InboxTest, ABatchIsBegunAndNotCarriedOutHere) {
  Say("list 1\nlist 2");
  EXPECT_THAT(runner.ids, IsEmpty());
  ASSERT_EQ(parts.commands.questions.size(), 1);
  EXPECT_TRUE(parts.commands.questions[0].batch);
  inboxes.Process(session, {{"1"}, ListMethods{}}, parts.commands.questions[0].batch, parts.now);
  EXPECT_THAT(runner.batches, ElementsAre(parts.commands.questions[0].batch));
}

TEST_F(InboxTest, TheFirstFrameChoosesTheDialect) {
  fakes::FakeDialect twin(1);
  parts.dialect.set_binary_twin(&twin);
  inboxes.Receive(session, "list 1", /*binary=*/true, parts.now);
  EXPECT_EQ(session.dialect, &twin);
  EXPECT_EQ(parts.probe.connections[1].value(), 1);
  EXPECT_EQ(parts.probe.connections[0].value(), -1);
  inboxes.Receive(session, "list 2", /*binary=*/false, parts.now);
  EXPECT_EQ(session.dialect, &twin) << "once";
  EXPECT_EQ(parts.probe.messages_in[1].value(), 2);
}

TEST_F(InboxTest, WhatCannotBeSaidAgainWaitsForItsShareAndAllBehindIt) {
  Spend();
  EXPECT_FALSE(Say("pub - news 0"));
  EXPECT_FALSE(Say("list 2"));
  EXPECT_THAT(runner.ids, IsEmpty());
  EXPECT_EQ(parts.probe.waits.value(), 1);
  std::vector<Deadlines::Kind> due;
  auto go_on = [&](Deadlines::Kind kind, Key) {
    due.push_back(kind);
    inboxes.OnDeadline(session, parts.now);
  };
  parts.Pass(absl::Milliseconds(900), go_on);
  EXPECT_THAT(due, IsEmpty());
  parts.Pass(absl::Milliseconds(120), go_on);
  EXPECT_THAT(due, ElementsAre(Deadlines::Kind::kTurn));
  EXPECT_THAT(runner.ids, ElementsAre("-", "2"));
  EXPECT_EQ(socket.resumed(), 1);
}

TEST_F(InboxTest, WhatCanBeSaidAgainIsNotHeldBack) {
  Spend();
  EXPECT_TRUE(Say("pub 1 news 0"));
  EXPECT_TRUE(Say("call 2 m 0"));
  session.inbox.free_channels = 2;
  EXPECT_TRUE(Say("sub 3 x,y")) << "within what it may have for nothing";
  EXPECT_FALSE(Say("sub 4 x,y,z"));
  EXPECT_THAT(runner.ids, ElementsAre("1", "2", "3"));
}

TEST_F(InboxTest, AMessageThatNobodyAnswersForWaitsForAPlaceAmongTheCalls) {
  auto worker = parts.OfferMethod("chat", "m");
  parts.invoker.Begin(session, *session.space->offers.Find(Role::kMethod, "m"), {},
                      absl::Seconds(5), parts.now);
  EXPECT_TRUE(Say("call 1 m 0")) << "a call hears that there are too many";
  EXPECT_FALSE(Say("raw - hello"));
  EXPECT_THAT(runner.Take(), ElementsAre("1"));
  parts.invoker.CancelAll(session);
  inboxes.OnFinished(session, parts.now);
  EXPECT_THAT(runner.Take(), ElementsAre("-"));
  EXPECT_EQ(socket.resumed(), 1);
  inboxes.OnFinished(session, parts.now);
  EXPECT_EQ(socket.resumed(), 1) << "nothing has waited";
}

TEST_F(InboxTest, AGuardIsAskedAboutTheFrontAndEverythingElseWaits) {
  auto guard = parts.OfferGuard("chat", GuardAction::kPublishIn);
  EXPECT_FALSE(Say("pub 1 news old"));
  EXPECT_FALSE(Say("list 2"));
  EXPECT_THAT(runner.ids, IsEmpty());
  EXPECT_THAT(Asked(*guard), ElementsAre("news"));
  Decide({.replacement = Payload::Json("new")});
  EXPECT_THAT(runner.ids, ElementsAre("1", "2"));
  EXPECT_EQ(std::get<Publish>(runner.commands[0].verb).data.bytes, "new");
  EXPECT_EQ(socket.resumed(), 1);
}

TEST_F(InboxTest, WhatAGuardBlocksIsAnsweredAndNotCarriedOut) {
  auto guard = parts.OfferGuard("chat", GuardAction::kPublishIn);
  Say("pub 1 news 0");
  Decide({.state = Decision::kBlocked, .error = MakeError(Fault::kBlocked)});
  EXPECT_THAT(socket.Take(), ElementsAre("err 1 blocked"));
  EXPECT_THAT(runner.ids, IsEmpty());
  EXPECT_TRUE(session.Reading());
}

TEST_F(InboxTest, ADecisionAboutSomebodyElseIsAskedForAgain) {
  auto guard = parts.OfferGuard("chat", GuardAction::kPublishIn);
  Say("pub 1 news 0");
  Decide({}, /*stale=*/true);
  EXPECT_THAT(runner.ids, IsEmpty());
  EXPECT_THAT(Asked(*guard), ElementsAre("news", "news"));
  Decide({});
  EXPECT_THAT(runner.ids, ElementsAre("1"));
}

TEST_F(InboxTest, EachChannelOfASubscriptionIsDecidedForItself) {
  auto guard = parts.OfferGuard("chat", GuardAction::kSubscribe);
  Say("sub 1 x,y");
  EXPECT_THAT(Asked(*guard), ElementsAre("x"));
  Decide({});
  EXPECT_THAT(Asked(*guard), ElementsAre("x", "y"));
  EXPECT_THAT(runner.ids, IsEmpty());
  Decide({});
  EXPECT_THAT(runner.ids, ElementsAre("1"));
}

TEST_F(InboxTest, WhoGuardsOneWayOfAMethodGuardsBoth) {
  auto guard = parts.OfferGuard("chat", GuardAction::kTransmit);
  Say("call 1 m 0");
  ASSERT_EQ(guard->invoked.size(), 1);
  EXPECT_EQ(guard->invoked[0].action, GuardAction::kTransmit);
  EXPECT_EQ(guard->invoked[0].method, "m");
}

TEST_F(InboxTest, OnlyATokenThatIsGoodIsShownToItsGuard) {
  auto guard = parts.OfferGuard("chat", GuardAction::kAuthenticate);
  Say("auth 1 bad");
  EXPECT_THAT(runner.Take(), ElementsAre("1"));
  Say("auth 2 good:ann");
  EXPECT_EQ(guard->invoked.size(), 1);
  CallError no = MakeError(Fault::kApplication);
  no.name = "no";
  Decide({.state = Decision::kBlocked, .error = no});
  EXPECT_THAT(socket.Take(), ElementsAre("auth 2 no"));
  EXPECT_THAT(runner.Take(), IsEmpty());
}

TEST_F(InboxTest, ItsRightsComeBeforeWhatItSays) {
  auto guard = parts.OfferGuard("chat", GuardAction::kSubscribe);
  session.places.rechecks.push_back({"x", Entry::kUser, /*inside=*/false});
  EXPECT_FALSE(Say("list 1"));
  EXPECT_THAT(Asked(*guard), ElementsAre("x"));
  EXPECT_THAT(runner.ids, IsEmpty());
  Decide({});
  EXPECT_TRUE(IsMember(session, "x"));
  EXPECT_THAT(runner.ids, ElementsAre("1"));
}

TEST_F(InboxTest, NothingMoreIsCarriedOutOnceItCloses) {
  runner.meanwhile = [&] { session.state = Session::State::kClosing; };
  inboxes.Receive(session, "list 1", false, parts.now);
  EXPECT_FALSE(Say("list 2"));
  inboxes.GoOn(session, parts.now);
  EXPECT_THAT(runner.ids, ElementsAre("1"));
  EXPECT_EQ(socket.resumed(), 0);
}

// Carrying a command out may lead back here, as an answer to a batch does.
TEST_F(InboxTest, WhatIsCarriedOutMayLeadToMore) {
  runner.meanwhile = [&] {
    runner.meanwhile = nullptr;
    inboxes.Process(session, {{"2"}, ListMethods{}}, {}, parts.now);
  };
  Say("list 1");
  EXPECT_THAT(runner.ids, ElementsAre("1", "2"));
  EXPECT_TRUE(session.inbox.commands.empty());
}

}  // namespace
}  // namespace sluice::hub
