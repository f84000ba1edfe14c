// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/channels.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/directory.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::FakeSocket;
using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;
using Type = ConnectionEvent::Type;

ShardOptions Narrow() {
  ShardOptions options;
  options.policy.channels.per_connection = 2;
  options.policy.lists.bytes = 3 * 64 + 10;
  options.policy.delivery.outbox_bytes = 1000;
  return options;
}

struct ChannelsTest : testing::Test {
  ShardParts parts{Narrow()};
  Channels channels{parts.answers, parts.delivery, parts.events, parts.probe};
  Session& session = parts.Open("chat", "a");
  FakeSocket& socket = ShardParts::SocketOf(session);

  // What a command is answered: 0 ok, and so on (ChannelStatus).
  std::vector<std::string> Subscribe(std::vector<std::string> names) {
    channels.OnSubscribe(session, {{"1"}}, {std::move(names)}, parts.now);
    return socket.Take();
  }
  std::vector<std::string> Unsubscribe(std::vector<std::string> names) {
    channels.OnUnsubscribe(session, {{"1"}}, {std::move(names)}, parts.now);
    return socket.Take();
  }
  static std::string Said(const std::string& channel, ChannelStatus status) {
    return "chan 1 " + channel + "=" + std::to_string(static_cast<int>(status));
  }
  std::vector<Type> Told() {
    std::vector<Type> types;
    for (const ConnectionEvent& event : parts.Events()) types.push_back(event.type);
    return types;
  }
};

TEST_F(ChannelsTest, EntersWhatIsDeclaredAndSaysWhatBecameOfEach) {
  parts.OfferEvent("chat", "x");
  EXPECT_THAT(Subscribe({"x"}), ElementsAre(Said("x", ChannelStatus::kOk)));
  EXPECT_THAT(Subscribe({"x"}), ElementsAre(Said("x", ChannelStatus::kAlready)));
  EXPECT_THAT(Subscribe({"y"}), ElementsAre(Said("y", ChannelStatus::kUnknown)));
  EXPECT_THAT(Told(), ElementsAre(Type::kJoined));
  EXPECT_EQ(session.places.channels[0].entry, Entry::kStranger);
}

TEST_F(ChannelsTest, SomeDialectsEnterWhatNobodyDeclared) {
  parts.dialect.open = true;
  session.who.authenticated = true;
  EXPECT_THAT(Subscribe({"y"}), ElementsAre(Said("y", ChannelStatus::kOk)));
  EXPECT_EQ(session.places.channels[0].entry, Entry::kUser);
}

TEST_F(ChannelsTest, TheFirstThatIsForbiddenFailsTheCommandAndThoseBeforeItStay) {
  parts.OfferEvent("chat", "x");
  parts.OfferEvent("chat", "secret", /*is_protected=*/true);
  parts.OfferEvent("chat", "y");
  EXPECT_THAT(Subscribe({"x", "secret", "y"}), ElementsAre("err 1 event_forbidden"));
  EXPECT_TRUE(IsMember(session, "x"));
  EXPECT_FALSE(IsMember(session, "y"));
  session.who.authenticated = true;
  EXPECT_THAT(Subscribe({"secret"}), ElementsAre(Said("secret", ChannelStatus::kOk)));
}

TEST_F(ChannelsTest, AConnectionIsInSoManyAtMost) {
  parts.dialect.open = true;
  Subscribe({"x", "y"});
  EXPECT_THAT(Subscribe({"z"}), ElementsAre(Said("z", ChannelStatus::kLimit)));
  EXPECT_FALSE(channels.Join(session, "z", Entry::kBackend, parts.now)) << "whoever says so";
  EXPECT_EQ(parts.probe.channel_limit_hits.value(), 2);
  EXPECT_FALSE(channels.Join(session, "x", Entry::kBackend, parts.now)) << "it is one already";
  EXPECT_EQ(parts.probe.channel_limit_hits.value(), 2);
}

TEST_F(ChannelsTest, OfMoreThanCanBeAnsweredNothingIsDone) {
  parts.dialect.open = true;
  EXPECT_THAT(Subscribe({"xxxx", "yyyy", "zzzz"}), ElementsAre("err 1 invalid_request"));
  EXPECT_THAT(session.places.channels, IsEmpty());
  EXPECT_THAT(Unsubscribe({"xxxx", "yyyy", "zzzz"}), ElementsAre("err 1 invalid_request"));
  const std::string name(300, 'x');
  EXPECT_THAT(Subscribe({name}), ElementsAre(Said(name, ChannelStatus::kOk)))
      << "of one there is no half";
}

TEST_F(ChannelsTest, LeavesAndSaysWhatBecameOfEach) {
  parts.OfferEvent("chat", "x");
  Subscribe({"x"});
  EXPECT_THAT(Unsubscribe({"x"}), ElementsAre(Said("x", ChannelStatus::kOk)));
  EXPECT_THAT(Unsubscribe({"x"}), ElementsAre(Said("x", ChannelStatus::kNotMember)));
  EXPECT_THAT(Unsubscribe({"y"}), ElementsAre(Said("y", ChannelStatus::kUnknown)));
  EXPECT_THAT(Told(), ElementsAre(Type::kJoined, Type::kLeft));
}

TEST_F(ChannelsTest, WhatADialectTogglesIsNoChannel) {
  EXPECT_THAT(Subscribe({"switch"}), ElementsAre(Said("switch", ChannelStatus::kOk)));
  EXPECT_EQ(session.dialect_state.flags, 1);
  EXPECT_THAT(Unsubscribe({"switch"}), ElementsAre(Said("switch", ChannelStatus::kOk)));
  EXPECT_EQ(session.dialect_state.flags, 0);
  EXPECT_THAT(session.places.channels, IsEmpty());
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(ChannelsTest, WhoWantsNoAnswerGetsNone) {
  parts.dialect.open = true;
  channels.OnSubscribe(session, {{"1", 0, false}}, {{"x"}}, parts.now);
  EXPECT_THAT(socket.Take(), IsEmpty());
  EXPECT_TRUE(IsMember(session, "x"));
}

TEST_F(ChannelsTest, WhoIsOutOnlyWhileAGuardIsAskedHasNeverLeftForOthers) {
  session.places.rechecks.push_back({"first", Entry::kUser, /*inside=*/false});
  session.places.rechecks.push_back({"x", Entry::kUser, /*inside=*/false});
  session.places.rechecks.push_back({"y", Entry::kUser, /*inside=*/false});
  EXPECT_TRUE(channels.Join(session, "x", Entry::kBackend, parts.now));
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_TRUE(channels.Leave(session, "y", parts.now));
  EXPECT_THAT(Told(), ElementsAre(Type::kLeft));
  EXPECT_EQ(session.places.rechecks.size(), 1);
}

TEST_F(ChannelsTest, WhoIsKickedOutIsToldFirst) {
  channels.Join(session, "x", Entry::kBackend, parts.now);
  EXPECT_EQ(channels.KickOut(session, "x", "enough", parts.now), std::nullopt);
  EXPECT_THAT(socket.Take(), ElementsAre("kicked x enough"));
  EXPECT_FALSE(IsMember(session, "x"));
}

TEST_F(ChannelsTest, WhoCannotBeToldStaysIn) {
  channels.Join(session, "x", Entry::kBackend, parts.now);
  EXPECT_EQ(channels.KickOut(session, "x", std::string(2000, '!'), parts.now),
            DropReason::kTooLarge);
  EXPECT_TRUE(IsMember(session, "x"));
  EXPECT_THAT(parts.closer.closed, IsEmpty());
}

}  // namespace
}  // namespace sluice::hub
