// SPDX-License-Identifier: Apache-2.0
//
// One shard's share of what is said to many.
#include "gateway/hub/publications.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/directory.h"
#include "gateway/hub/publisher.h"
#include "gateway/hub/session.h"
#include "gateway/hub/shard_set.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::ShardParts;
using testing::ElementsAre;
using testing::IsEmpty;

ShardOptions Narrow() {
  ShardOptions options;
  options.policy.delivery.outbox_bytes = 1000;
  return options;
}

struct PublicationsPartTest : testing::Test {
  ShardParts parts{Narrow()};
  fakes::FakeElsewhere elsewhere;
  ShardSet set{"", elsewhere};  // empty: there are no other shards
  fakes::KeptPublications tap;
  Publisher publisher{set, tap};
  Publications publications{
      0, parts.spaces, publisher, parts.delivery, parts.answers, parts.encodings};
  Session& ann = parts.Open("chat", "a", "ann");
  Session& bob = parts.Open("chat", "b");
  Session& other = parts.Open("chat", "c");

  PublicationsPartTest() {
    Directory::Join(ann, "news", Entry::kUser);
    Directory::Join(bob, "news", Entry::kUser);
  }
  void Publish(const std::string& data) {
    publications.OnPublish(ann, {{"1"}}, {"news", Payload::Json(data)}, parts.now);
  }
  Outcome Deliver(const std::string& space, const std::string& channel) {
    auto message = std::make_shared<const Message>(channel, Payload::Json("0"), parts.encodings,
                                                   /*publication=*/true);
    return publications.Deliver({space, message}, parts.now);
  }
  static std::vector<std::string> Heard(const Session& session) {
    return ShardParts::SocketOf(session).Take();
  }
};

TEST_F(PublicationsPartTest, TheSenderHearsItselfBeforeItsAnswer) {
  Publish("0");
  EXPECT_THAT(Heard(ann), ElementsAre("pub news 0", "ok 1 "));
  EXPECT_THAT(Heard(bob), ElementsAre("pub news 0"));
  EXPECT_THAT(Heard(other), IsEmpty());
  EXPECT_EQ(parts.encodings.value(), 1) << "once for all of a dialect";
}

TEST_F(PublicationsPartTest, ThoseWhoListenHearWhoSaidIt) {
  Publish("0");
  ASSERT_EQ(tap.publications.size(), 1);
  EXPECT_EQ(tap.publications[0].space, "chat");
  EXPECT_EQ(tap.publications[0].channel, "news");
  EXPECT_EQ(tap.publications[0].connection, "a");
  EXPECT_EQ(tap.publications[0].user, "ann");
}

TEST_F(PublicationsPartTest, WhatNobodyCouldGetIsNotSaid) {
  Publish(std::string(2000, '1'));
  EXPECT_THAT(Heard(ann), ElementsAre("err 1 message_too_large"));
  EXPECT_THAT(Heard(bob), IsEmpty());
  EXPECT_THAT(tap.publications, IsEmpty());
}

TEST_F(PublicationsPartTest, ARelayIsForEverybodyElseAndHasNoAnswer) {
  publications.OnRelay(ann, {"moved", Payload::Json("0")}, parts.now);
  EXPECT_THAT(Heard(ann), IsEmpty());
  EXPECT_THAT(Heard(bob), ElementsAre("event moved 0"));
  EXPECT_THAT(Heard(other), ElementsAre("event moved 0"));
  EXPECT_THAT(tap.publications, IsEmpty()) << "it is said in no channel";
}

TEST_F(PublicationsPartTest, CountsWhatBecameOfEach) {
  fakes::FakeDialect mute(1, /*mute=*/true);
  bob.dialect = &mute;
  const Outcome outcome = Deliver("chat", "news");
  EXPECT_EQ(outcome.matched, 2);
  EXPECT_EQ(outcome.enqueued, 1);
  EXPECT_EQ(outcome.dropped[static_cast<size_t>(DropReason::kUnsupported)], 1);
}

TEST_F(PublicationsPartTest, WhereNobodyIsNothingIsDelivered) {
  EXPECT_EQ(Deliver("nowhere", "news").matched, 0);
  EXPECT_EQ(Deliver("chat", "nothing").matched, 0);
  EXPECT_EQ(parts.encodings.value(), 0);
}

// Whoever is too slow leaves the lists while they are walked.
TEST_F(PublicationsPartTest, WhoIsTooSlowLeavesAndTheOthersHearAll) {
  parts.closer.leaves = true;
  parts.delivery.Say(ann, std::string(990, 'x'), parts.now);
  Outcome outcome = Deliver("chat", "news");
  EXPECT_EQ(outcome.matched, 2);
  EXPECT_EQ(outcome.enqueued, 1);
  EXPECT_EQ(outcome.dropped[static_cast<size_t>(DropReason::kSlowConsumer)], 1);
  EXPECT_THAT(Heard(bob), ElementsAre("pub news 0"));
  EXPECT_EQ(Deliver("chat", "news").matched, 1);
}

}  // namespace
}  // namespace sluice::hub
