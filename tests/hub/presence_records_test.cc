// SPDX-License-Identifier: Apache-2.0
//
// What presence is told of a session, and what comes of it when presence says that its id is lost.
#include "gateway/hub/presence_records.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/closer.h"
#include "gateway/hub/session.h"
#include "tests/fakes/shard_parts.h"

namespace sluice::hub {
namespace {

using fakes::ShardParts;
using storage::PresenceRecord;
using testing::ElementsAre;
using testing::IsEmpty;

// Notes what it is told, and tells what the test says.
struct NotedPresence final : storage::Presence {
  void TryClaim(PresenceRecord, storage::ClaimPolicy, storage::Executor&,
                Done<storage::Claim>) override {}
  void Keep(PresenceRecord, storage::ClaimPolicy) override {}
  void Update(PresenceRecord record) override { updated.push_back(record.user); }
  void Release(const storage::PresenceKey&, const std::string&, uint64_t) override {}
  void OnLost(storage::Executor&, Lost told) override { lost = std::move(told); }
  void OnBuried(storage::Executor&, Buried) override {}
  void List(const std::string&, const std::string&, size_t, storage::Executor&,
            Done<std::vector<PresenceRecord>>) override {}
  void Count(const std::string&, storage::Executor&, Done<size_t>) override {}
  WatchId Watch(const std::string&, storage::Executor&, Watcher) override { return 0; }
  void Unwatch(WatchId) override {}
  storage::Health health() const override { return {}; }

  std::vector<std::string> updated;
  Lost lost;
};

struct PresenceRecordsTest : testing::Test {
  ShardParts parts;
  NotedPresence presence;
  const std::string node = "n1";
  PresenceRecords records{node, parts.sessions, parts.closer, presence, parts.self};
};

TEST_F(PresenceRecordsTest, SaysOfASessionWhatOthersMayKnow) {
  Session& session = parts.Open("chat", "a", "ann");
  session.origin.detail = std::make_unique<const std::string>("<a>");
  const PresenceRecord record = records.RecordOf(session);
  EXPECT_EQ(record.key.space, "chat");
  EXPECT_EQ(record.key.id, "a");
  EXPECT_EQ(record.user, "ann");
  EXPECT_EQ(record.node, "n1");
  EXPECT_EQ(record.session, session.key.value);
  EXPECT_EQ(record.connected_at, parts.now.date);
  EXPECT_EQ(record.detail, "<a>");
  records.Update(session);
  EXPECT_THAT(presence.updated, ElementsAre("ann"));
}

TEST_F(PresenceRecordsTest, WhoHasLostItsIdGoes) {
  Session& loser = parts.Open("chat", "a", "ann");
  parts.Open("chat", "b");
  presence.lost(records.RecordOf(loser), parts.now);
  ASSERT_EQ(parts.closer.closed.size(), 1);
  EXPECT_EQ(parts.closer.closed[0].id, "a");
  EXPECT_EQ(parts.closer.closed[0].cause, CloseCause::kReplaced);
  EXPECT_EQ(parts.closer.closed[0].going, Going::kLosesId);
}

TEST_F(PresenceRecordsTest, AlsoOnItsWayIn) {
  Session& loser = parts.Arrive("chat", "a");
  presence.lost(records.RecordOf(loser), parts.now);
  ASSERT_EQ(parts.closer.closed.size(), 1);
  EXPECT_EQ(parts.closer.closed[0].going, Going::kLosesId);
}

TEST_F(PresenceRecordsTest, OfAnotherShardOrOfWhoHasLeftNobodyGoes) {
  Session& session = parts.Open("chat", "a");
  PresenceRecord record = records.RecordOf(session);
  record.session = Key::Make(1, 0, 1).value;
  presence.lost(record, parts.now);
  record = records.RecordOf(session);
  parts.sessions.Erase(session);
  presence.lost(record, parts.now);
  EXPECT_THAT(parts.closer.closed, IsEmpty());
}

}  // namespace
}  // namespace sluice::hub
