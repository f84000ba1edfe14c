// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/envelope.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sluice/internal/v1/bus.pb.h"
#include "storage/redis/cluster_keys.h"

namespace sluice::storage::redis {
namespace {

const std::string kOldSecret = "the secret of last year";
const std::string kNewSecret = "the secret of this year";

ClusterKeys Keys(std::vector<std::string> secrets) {
  return *ClusterKeys::Make(std::move(secrets));
}

Envelope Said(const std::string& payload) {
  Envelope envelope;
  envelope.set_node("a");
  envelope.set_epoch("1");
  envelope.set_sequence(7);
  envelope.set_previous(3);
  envelope.mutable_said();
  envelope.set_payload(payload);
  return envelope;
}

// What a sealed envelope of these bytes is, signed as it should be.
std::string Signed(const ClusterKeys& keys, const std::string& channel, const std::string& text) {
  internal::v1::Sealed sealed;
  sealed.set_envelope(text);
  sealed.set_mac(keys.Sign(channel, text));
  return sealed.SerializeAsString();
}

void ExpectDrop(const std::variant<Envelope, Drop>& opened, Drop drop) {
  ASSERT_TRUE(std::holds_alternative<Drop>(opened));
  EXPECT_EQ(NameOf(std::get<Drop>(opened)), NameOf(drop));
}

struct EnvelopeTest : testing::Test {
  ClusterKeys keys = Keys({kNewSecret});

  void ExpectTaken(const ClusterKeys& from, const ClusterKeys& to) {
    auto opened = Open(to, "s:chat", Seal(from, "s:chat", Said("hello")));
    ASSERT_TRUE(std::holds_alternative<Envelope>(opened));
    EXPECT_EQ(std::get<Envelope>(opened).payload(), "hello");
  }
};

TEST_F(EnvelopeTest, OpensWhatWasSealed) {
  const std::string odd("\x00\xff\n", 3);
  auto opened = Open(keys, "s:chat", Seal(keys, "s:chat", Said(odd)));
  ASSERT_TRUE(std::holds_alternative<Envelope>(opened));
  const Envelope& envelope = std::get<Envelope>(opened);
  EXPECT_EQ(envelope.node(), "a");
  EXPECT_EQ(envelope.epoch(), "1");
  EXPECT_EQ(envelope.sequence(), 7u);
  EXPECT_EQ(envelope.previous(), 3u);
  EXPECT_TRUE(envelope.has_said());
  EXPECT_EQ(envelope.payload(), odd);
}

TEST_F(EnvelopeTest, EachChangedByteIsSeen) {
  const std::string sealed = Seal(keys, "s:chat", Said("hello"));
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_TRUE(std::holds_alternative<Drop>(Open(keys, "s:chat", changed))) << i;
    EXPECT_TRUE(std::holds_alternative<Drop>(Open(keys, "s:chat", sealed.substr(0, i)))) << i;
  }
}

TEST_F(EnvelopeTest, IsForOneChannel) {
  ExpectDrop(Open(keys, "s:news", Seal(keys, "s:chat", Said("hello"))), Drop::kForeign);
  // The border between a channel's name and the text cannot be moved.
  EXPECT_NE(keys.Sign("ab", "c"), keys.Sign("a", "bc"));
}

TEST_F(EnvelopeTest, OtherKeysAreForeign) {
  ClusterKeys others = Keys({kOldSecret});
  ExpectDrop(Open(keys, "c", Seal(others, "c", Said("hello"))), Drop::kForeign);
  ExpectDrop(Open(keys, "c", Seal(ClusterKeys(), "c", Said("hello"))), Drop::kForeign);
}

// Add at the end everywhere, move to the front, remove: at each step, neighbours understand.
TEST_F(EnvelopeTest, KeysAreRotatedWithoutAGap) {
  std::vector<ClusterKeys> steps;
  steps.push_back(Keys({kOldSecret}));
  steps.push_back(Keys({kOldSecret, kNewSecret}));
  steps.push_back(Keys({kNewSecret, kOldSecret}));
  steps.push_back(Keys({kNewSecret}));
  for (size_t i = 0; i + 1 < steps.size(); ++i) {
    ExpectTaken(steps[i], steps[i]);
    ExpectTaken(steps[i], steps[i + 1]);
    ExpectTaken(steps[i + 1], steps[i]);
  }
}

TEST_F(EnvelopeTest, WithoutKeysEverythingIsBelieved) {
  ExpectTaken(ClusterKeys(), ClusterKeys());
  ExpectTaken(keys, ClusterKeys());
}

TEST_F(EnvelopeTest, KeysThatAreWrong) {
  EXPECT_FALSE(ClusterKeys::Make({"short"}).ok());
  EXPECT_EQ(ClusterKeys::Make({kOldSecret, "shorter"}).status().message().find("shorter"),
            std::string::npos);
  EXPECT_FALSE(
      ClusterKeys::Make(std::vector<std::string>(ClusterKeys::kKeysMax + 1, kOldSecret)).ok());
  EXPECT_TRUE(ClusterKeys::Make({}).ok());
}

TEST_F(EnvelopeTest, ALaterVersionIsDropped) {
  Envelope envelope = Said("hello");
  envelope.set_version(2);
  ExpectDrop(Open(keys, "c", Signed(keys, "c", envelope.SerializeAsString())), Drop::kVersion);
}

TEST_F(EnvelopeTest, AnUnknownKindIsDropped) {
  Envelope envelope = Said("hello");
  envelope.set_version(1);
  envelope.clear_kind();
  // A kind of a later release, field 10, which is an empty message.
  const std::string text = envelope.SerializeAsString() + std::string("\x52\x00", 2);
  ExpectDrop(Open(keys, "c", Signed(keys, "c", text)), Drop::kKind);
}

TEST_F(EnvelopeTest, UnknownFieldsAreIgnored) {
  Envelope envelope = Said("hello");
  envelope.set_version(1);
  // Field 20, a text; and field 21, a number.
  const std::string text = envelope.SerializeAsString() + "\xa2\x01\x03new" + "\xa8\x01\x05";
  auto opened = Open(keys, "c", Signed(keys, "c", text));
  ASSERT_TRUE(std::holds_alternative<Envelope>(opened));
  EXPECT_EQ(std::get<Envelope>(opened).payload(), "hello");
}

TEST_F(EnvelopeTest, WhatNamesNoSenderOrNoPlaceIsCorrupt) {
  auto expect_corrupt = [&](auto change) {
    Envelope envelope = Said("hello");
    change(envelope);
    ExpectDrop(Open(keys, "c", Seal(keys, "c", envelope)), Drop::kCorrupt);
  };
  expect_corrupt([](Envelope& e) { e.clear_node(); });
  expect_corrupt([](Envelope& e) { e.clear_epoch(); });
  expect_corrupt([](Envelope& e) { e.clear_sequence(); });
  expect_corrupt([](Envelope& e) { e.set_previous(e.sequence()); });
  ExpectDrop(Open(keys, "c", "\xff garbage"), Drop::kCorrupt);
  ExpectDrop(Open(keys, "c", Signed(keys, "c", "\xff garbage")), Drop::kCorrupt);
  ExpectDrop(Open(keys, "c", Signed(keys, "c", "")), Drop::kCorrupt);
}

}  // namespace
}  // namespace sluice::storage::redis
