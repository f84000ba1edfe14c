// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/event_log.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::hub {
namespace {

using Type = ConnectionEvent::Type;
using testing::ElementsAre;
using testing::IsEmpty;

ConnectionEvent Event(Type type, std::string space = "chat", std::string id = "a") {
  ConnectionEvent event;
  event.type = type;
  event.space = std::move(space);
  event.connection = std::move(id);
  return event;
}

std::vector<uint64_t> Sequences(const EventLog::Batch& batch) {
  std::vector<uint64_t> sequences;
  for (const auto& event : batch.events) sequences.push_back(event->sequence);
  return sequences;
}

struct EventLogTest : testing::Test {
  EventLog log{{.kept = 4, .watchers_max = 2}};
  int ready = 0;
  EventLog::WatcherId Watch(EventFilter filter = {}, uint64_t after = 0) {
    return *log.Watch(std::move(filter), after, [this] { ++ready; });
  }
  void Append(std::vector<Type> types) {
    std::vector<ConnectionEvent> events;
    for (Type type : types) events.push_back(Event(type));
    log.Append(std::move(events));
  }
};

TEST_F(EventLogTest, NumbersAndDeliversInOrder) {
  auto id = Watch();
  Append({Type::kOpened, Type::kJoined});
  EXPECT_EQ(ready, 1);
  Append({Type::kLeft});
  EXPECT_EQ(ready, 1) << "told once until it takes";
  EventLog::Batch batch = log.Take(id, 10);
  EXPECT_THAT(Sequences(batch), ElementsAre(1, 2, 3));
  EXPECT_EQ(batch.position, 3);
  EXPECT_EQ(batch.lost, 0);
  Append({Type::kClosed});
  EXPECT_EQ(ready, 2);
}

TEST_F(EventLogTest, FiltersWithoutWaking) {
  auto id = Watch({"chat", 1u << static_cast<int>(Type::kClosed)});
  Append({Type::kOpened, Type::kJoined});
  log.Append({Event(Type::kClosed, "other")});
  EXPECT_EQ(ready, 0);
  Append({Type::kClosed});
  EXPECT_EQ(ready, 1);
  EXPECT_THAT(Sequences(log.Take(id, 10)), ElementsAre(4));
}

TEST_F(EventLogTest, TellsASlowWatcherWhatItLostOfItsOwn) {
  auto all = Watch();
  auto joins = Watch({"", 1u << static_cast<int>(Type::kJoined)});
  Append({Type::kOpened, Type::kJoined, Type::kJoined, Type::kLeft, Type::kLeft, Type::kLeft,
          Type::kJoined});
  EventLog::Batch batch = log.Take(all, 10);
  EXPECT_EQ(batch.lost, 3);
  EXPECT_THAT(Sequences(batch), ElementsAre(4, 5, 6, 7));
  batch = log.Take(joins, 10);
  EXPECT_EQ(batch.lost, 2);
  EXPECT_THAT(Sequences(batch), ElementsAre(7));
  EXPECT_EQ(log.lost_total(), 5);
  EXPECT_EQ(log.Take(joins, 10).lost, 0);
}

TEST_F(EventLogTest, GoesOnBehindAPositionThatIsStillKept) {
  Append({Type::kOpened, Type::kJoined, Type::kLeft, Type::kJoined, Type::kLeft, Type::kJoined});
  EXPECT_EQ(log.Watch({}, 1, [] {}).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(log.Watch({}, 7, [] {}).status().code(), absl::StatusCode::kOutOfRange);
  auto id = Watch({}, 2);
  EXPECT_THAT(Sequences(log.Take(id, 2)), ElementsAre(3, 4));
  EXPECT_THAT(Sequences(log.Take(id, 10)), ElementsAre(5, 6));
  EXPECT_THAT(log.Take(id, 10).events, IsEmpty());
}

TEST_F(EventLogTest, BoundsItsWatchers) {
  auto a = Watch();
  Watch();
  EXPECT_EQ(log.Watch({}, 0, [] {}).status().code(), absl::StatusCode::kResourceExhausted);
  log.Unwatch(a);
  EXPECT_TRUE(log.Watch({}, 0, [] {}).ok());
}

TEST_F(EventLogTest, SaysWhenANamespaceIsEmpty) {
  auto id = Watch({"", 1u << static_cast<int>(Type::kNamespaceEmpty)});
  log.Append({Event(Type::kOpened, "chat", "a"), Event(Type::kOpened, "chat", "b"),
              Event(Type::kTakenOver, "chat", "a"), Event(Type::kClosed, "chat", "a")});
  EXPECT_THAT(log.Take(id, 10).events, IsEmpty());
  log.Append({Event(Type::kClosed, "chat", "b")});
  auto batch = log.Take(id, 10);
  ASSERT_EQ(batch.events.size(), 1);
  EXPECT_EQ(batch.events[0]->space, "chat");
  EXPECT_EQ(batch.events[0]->sequence, 6);
}

}  // namespace
}  // namespace sluice::hub
