// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/authentication.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/deadlines.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/session.h"
#include "gateway/hub/tokens.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::FakeSocket;
using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;
using Type = ConnectionEvent::Type;

struct AuthenticationTest : testing::Test {
  ShardParts parts;
  Authentication authentication{parts.tokens,   parts.rights,    parts.records,
                                parts.delivery, parts.answers,   parts.progress,
                                parts.events,   parts.deadlines, parts.probe};
  Session& session = parts.Open("chat", "a");
  FakeSocket& socket = ShardParts::SocketOf(session);

  std::vector<std::string> Show(const std::string& token) {
    authentication.OnShown(session, {{"1"}}, {token}, parts.now);
    return socket.Take();
  }
  std::vector<Type> Told() {
    std::vector<Type> types;
    for (const ConnectionEvent& event : parts.Events()) types.push_back(event.type);
    return types;
  }
  // Deadlines of it alone come to their end.
  int Pass(absl::Duration time) {
    int due = 0;
    parts.Pass(time, [&](Deadlines::Kind kind, Key key) {
      EXPECT_EQ(kind, Deadlines::Kind::kExpiry);
      EXPECT_EQ(key, session.key);
      ++due;
      authentication.OnDeadline(session, parts.now);
    });
    return due;
  }
  Token Made(const std::string& user) {
    return std::get<Token>(authentication.Verify("good:" + user, parts.now));
  }
};

TEST_F(AuthenticationTest, AGoodTokenSaysWhoItIs) {
  EXPECT_THAT(Show("good:ann"), ElementsAre("auth 1 ok"));
  EXPECT_TRUE(session.who.authenticated);
  EXPECT_EQ(session.who.user, "ann");
  EXPECT_TRUE(session.space->users.contains("ann"));
  const auto events = parts.Events();
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(events[0].type, Type::kUserChanged);
  EXPECT_EQ(events[1].type, Type::kAuthenticated);
  EXPECT_EQ(events[1].more->claims_json, R"({"user":"ann"})");
}

TEST_F(AuthenticationTest, ATokenThatNamesNobodyMakesItNobodyByName) {
  Show("good:ann");
  Show("good:");
  EXPECT_TRUE(session.who.authenticated);
  EXPECT_EQ(session.who.user, "");
}

TEST_F(AuthenticationTest, ABadTokenEndsWhatItWasAndIsToBeForgotten) {
  Show("good:ann");
  Told();
  EXPECT_THAT(Show("bad"), ElementsAre("auth 1 bad", "untoken"));
  EXPECT_FALSE(session.who.authenticated);
  EXPECT_EQ(session.who.user, "");
  EXPECT_THAT(Told(), ElementsAre(Type::kBadToken, Type::kUserChanged, Type::kDeauthenticated));
}

TEST_F(AuthenticationTest, ATokenThatIsNotGoodYetEndsNothing) {
  Show("good:ann");
  Told();
  EXPECT_THAT(Show("early"), ElementsAre("auth 1 early"));
  EXPECT_EQ(session.who.user, "ann");
  EXPECT_THAT(Told(), ElementsAre(Type::kBadToken));
}

TEST_F(AuthenticationTest, WhateverChangesWhoItIsItsRightsAreJudgedAgain) {
  uint32_t version = session.who.version;
  Show("good:ann");
  EXPECT_EQ(session.who.version, ++version);
  authentication.Identify(session, "bob", parts.now);
  EXPECT_EQ(session.who.version, ++version);
  authentication.BecomeNobody(session, parts.now);
  EXPECT_EQ(session.who.version, ++version);
  authentication.BecomeNobody(session, parts.now);
  EXPECT_EQ(session.who.version, version) << "nobody is nobody still";
}

TEST_F(AuthenticationTest, ATokenThatIsHandedOutIsTakenForTheSession) {
  EXPECT_TRUE(authentication.HandToken(session, Made("ann"), parts.now));
  EXPECT_THAT(socket.Take(), ElementsAre("token good:ann 0"));
  EXPECT_EQ(session.who.user, "ann");
}

TEST_F(AuthenticationTest, ATokenThatADialectCannotSayIsCountedAndNotTaken) {
  fakes::FakeDialect mute(0, /*mute=*/true);
  session.dialect = &mute;
  EXPECT_TRUE(authentication.HandToken(session, Made("ann"), parts.now));
  EXPECT_FALSE(session.who.authenticated);
  EXPECT_EQ(parts.probe.tokens_unsupported.value(), 1);
}

TEST_F(AuthenticationTest, ALoginVoidsATokenOfSomebodyElse) {
  Show("good:ann");
  authentication.Identify(session, "ann", parts.now);
  EXPECT_TRUE(session.who.token);
  EXPECT_THAT(socket.Take(), IsEmpty());
  authentication.Identify(session, "bob", parts.now);
  EXPECT_FALSE(session.who.token);
  EXPECT_EQ(session.who.user, "bob");
  EXPECT_THAT(socket.Take(), ElementsAre("untoken"));
}

TEST_F(AuthenticationTest, OnlyWhoHasATokenIsToldToForgetIt) {
  authentication.Identify(session, "ann", parts.now);
  authentication.Dismiss(session, parts.now);
  EXPECT_THAT(socket.Take(), IsEmpty());
  EXPECT_FALSE(session.who.authenticated);
  Show("good:ann");
  authentication.Dismiss(session, parts.now);
  EXPECT_THAT(socket.Take(), ElementsAre("untoken"));
}

TEST_F(AuthenticationTest, ATokenHoldsUntilItExpires) {
  Show("good:ann");
  Pass(absl::Minutes(59));
  EXPECT_TRUE(session.who.authenticated);
  EXPECT_THAT(parts.progress.went_on, IsEmpty());
  EXPECT_EQ(Pass(absl::Minutes(2)), 1);
  EXPECT_FALSE(session.who.authenticated);
  EXPECT_THAT(socket.Take(), ElementsAre("untoken"));
  EXPECT_THAT(parts.progress.went_on, ElementsAre("a"));
  EXPECT_EQ(Pass(absl::Minutes(5)), 0) << "nothing is left to expire";
}

// The world's clock may be set forward, which no timer shows.
TEST_F(AuthenticationTest, ItsExpiryIsADateAndLookedAtEachMinute) {
  Show("good:ann");
  parts.now.date += absl::Hours(2);
  EXPECT_EQ(Pass(absl::Seconds(61)), 1);
  EXPECT_FALSE(session.who.authenticated);
}

TEST_F(AuthenticationTest, ItExpiresAsSoonAsTheClientSaysSomething) {
  Show("good:ann");
  parts.now.date += absl::Hours(1);
  authentication.Expire(session, parts.now);
  EXPECT_FALSE(session.who.authenticated);
}

TEST_F(AuthenticationTest, ANewerTokenHasItsOwnTime) {
  Show("good:ann");
  parts.now += absl::Minutes(30);
  Show("good:ann");
  Pass(absl::Minutes(45));
  EXPECT_TRUE(session.who.authenticated);
  Pass(absl::Minutes(16));
  EXPECT_FALSE(session.who.authenticated);
}

}  // namespace
}  // namespace sluice::hub
