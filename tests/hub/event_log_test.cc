// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/event_log.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::hub {
namespace {

using Type = ConnectionEvent::Type;
constexpr size_t kBytes = 1 << 20;

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
  EventLog::Batch batch = log.Take(id, 10, kBytes);
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
  EXPECT_THAT(Sequences(log.Take(id, 10, kBytes)), ElementsAre(4));
}

TEST_F(EventLogTest, TellsASlowWatcherWhatItLostOfItsOwn) {
  auto all = Watch();
  auto joins = Watch({"", 1u << static_cast<int>(Type::kJoined)});
  Append({Type::kOpened, Type::kJoined, Type::kJoined, Type::kLeft, Type::kLeft, Type::kLeft,
          Type::kJoined});
  EventLog::Batch batch = log.Take(all, 10, kBytes);
  EXPECT_EQ(batch.lost, 3);
  EXPECT_THAT(Sequences(batch), ElementsAre(4, 5, 6, 7));
  batch = log.Take(joins, 10, kBytes);
  EXPECT_EQ(batch.lost, 2);
  EXPECT_THAT(Sequences(batch), ElementsAre(7));
  EXPECT_EQ(log.lost_total(), 5);
  EXPECT_EQ(log.Take(joins, 10, kBytes).lost, 0);
}

TEST_F(EventLogTest, GoesOnBehindAPositionThatIsStillKept) {
  Append({Type::kOpened, Type::kJoined, Type::kLeft, Type::kJoined, Type::kLeft, Type::kJoined});
  EXPECT_EQ(log.Watch({}, 1, [] {}).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(log.Watch({}, 7, [] {}).status().code(), absl::StatusCode::kOutOfRange);
  auto id = Watch({}, 2);
  EXPECT_THAT(Sequences(log.Take(id, 2, kBytes)), ElementsAre(3, 4));
  EXPECT_THAT(Sequences(log.Take(id, 10, kBytes)), ElementsAre(5, 6));
  EXPECT_THAT(log.Take(id, 10, kBytes).events, IsEmpty());
}

// Events hold what clients chose: users, reasons, claims.
TEST_F(EventLogTest, KeepsBytesNotOnlyEvents) {
  ConnectionEvent large = Event(Type::kOpened);
  large.user = std::string(1000, 'u');
  const size_t each = SizeOf(large);
  EventLog own({.kept = 100, .kept_bytes = 3 * each, .watchers_max = 1});
  auto id = *own.Watch({}, 0, [] {});
  for (int i = 0; i < 10; ++i) own.Append({large});
  EXPECT_EQ(own.kept_bytes(), 3 * each);
  EventLog::Batch batch = own.Take(id, 100, kBytes);
  EXPECT_THAT(Sequences(batch), ElementsAre(8, 9, 10));
  EXPECT_EQ(batch.lost, 7);
  // Larger than all that is kept by itself: lost, and the log goes on.
  large.more = std::make_shared<const ConnectionEvent::More>(
      ConnectionEvent::More{.claims_json = std::string(10 * each, ' ')});
  own.Append({large, Event(Type::kClosed)});
  batch = own.Take(id, 100, kBytes);
  EXPECT_THAT(Sequences(batch), ElementsAre(12));
  EXPECT_EQ(batch.lost, 1);
}

TEST_F(EventLogTest, ABatchEndsBeforeItsBytes) {
  ConnectionEvent large = Event(Type::kOpened);
  large.user = std::string(1000, 'u');
  const size_t each = SizeOf(large);
  auto id = Watch();
  log.Append({large, large, large});
  EXPECT_THAT(Sequences(log.Take(id, 10, 2 * each)), ElementsAre(1, 2));
  EXPECT_THAT(Sequences(log.Take(id, 10, 2 * each)), ElementsAre(3));
  large.user += std::string(1000, 'u');
  log.Append({large, Event(Type::kClosed)});
  EventLog::Batch batch = log.Take(id, 10, each);
  EXPECT_THAT(Sequences(batch), ElementsAre(5));
  EXPECT_EQ(batch.lost, 1) << "no reader would take it";
}

TEST_F(EventLogTest, TellsWhatWasLostOnItsWayWhereItWouldHaveCome) {
  EventLog own({.kept = 100, .watchers_max = 3});
  int woken = 0;
  auto all = *own.Watch({}, 0, [&] { ++woken; });
  auto joins = *own.Watch({"chat", 1u << static_cast<int>(Type::kJoined)}, 0, [&] { ++woken; });
  auto refusals = *own.Watch({"", 1u << static_cast<int>(Type::kRefused)}, 0, [&] { ++woken; });
  LostEvents lost;
  lost.Add(Event(Type::kJoined, "other"));
  lost.Add(Event(Type::kLeft));
  own.Append({Event(Type::kOpened)});
  own.AppendLost(lost);
  own.Append({Event(Type::kClosed)});
  EXPECT_EQ(woken, 2) << "nobody was refused";

  EventLog::Batch batch = own.Take(all, 10, kBytes);
  EXPECT_THAT(Sequences(batch), ElementsAre(1));
  EXPECT_EQ(batch.lost, 0);
  EXPECT_EQ(batch.position, 1) << "whoever goes on from here is still told what was lost";
  batch = own.Take(all, 10, kBytes);
  EXPECT_THAT(Sequences(batch), ElementsAre(3, 4));
  EXPECT_EQ(batch.lost, 2);
  EXPECT_EQ(own.Take(joins, 10, kBytes).lost, 1) << "whoever's it was";
  EXPECT_EQ(own.Take(refusals, 10, kBytes).lost, 0);
  EXPECT_EQ(own.lost_total(), 3);
}

TEST_F(EventLogTest, KnowsWhenANamespaceIsEmptyThoughItsEventsWereLost) {
  auto id = Watch({"", 1u << static_cast<int>(Type::kNamespaceEmpty)});
  log.Append({Event(Type::kOpened, "chat", "a")});
  LostEvents lost;
  for (const char* connection : {"b", "c"}) lost.Add(Event(Type::kOpened, "chat", connection));
  lost.Add(Event(Type::kOpened, "brief", "x"));
  lost.Add(Event(Type::kClosed, "brief", "x"));
  EXPECT_EQ(lost.open.size(), 1) << "what came and went is not kept";
  log.AppendLost(lost);
  log.Append({Event(Type::kClosed, "chat", "a"), Event(Type::kClosed, "chat", "b")});
  EXPECT_THAT(log.Take(id, 10, kBytes).events, IsEmpty());
  LostEvents last;
  last.Add(Event(Type::kClosed, "chat", "c"));
  log.AppendLost(last);
  auto batch = log.Take(id, 10, kBytes);
  ASSERT_EQ(batch.events.size(), 1);
  EXPECT_EQ(batch.events[0]->space, "chat");
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
  EXPECT_THAT(log.Take(id, 10, kBytes).events, IsEmpty());
  log.Append({Event(Type::kClosed, "chat", "b")});
  auto batch = log.Take(id, 10, kBytes);
  ASSERT_EQ(batch.events.size(), 1);
  EXPECT_EQ(batch.events[0]->space, "chat");
  EXPECT_EQ(batch.events[0]->sequence, 6);
}

ConnectionEvent Of(Type type, const std::string& node) {
  ConnectionEvent event = Event(type);
  event.more = std::make_shared<const ConnectionEvent::More>(ConnectionEvent::More{.node = node});
  return event;
}

TEST_F(EventLogTest, WhatIsToldOfOtherNodesIsForThoseWhoFollowThem) {
  auto own = Watch();
  auto all = Watch({"", 0, true});
  auto joins = *log.Watch(
      {"", 1U << static_cast<int>(Type::kJoined), true}, 0, [] {}, EventLog::Whose::kAnotherNodes);
  log.Append({Event(Type::kOpened), Of(Type::kClosed, "n2"), Of(Type::kNodeGone, "n2")});
  EXPECT_EQ(log.position(), 3) << "its own namespace is not empty by that";
  EXPECT_THAT(Sequences(log.Take(own, 10, kBytes)), ElementsAre(1));
  EXPECT_THAT(Sequences(log.Take(all, 10, kBytes)), ElementsAre(1, 2, 3));
  EXPECT_THAT(Sequences(log.Take(joins, 10, kBytes)), ElementsAre(3));
}

TEST_F(EventLogTest, WatchersOfOtherNodesAreNotCounted) {
  Watch();
  auto other = *log.Watch({}, 0, [] {}, EventLog::Whose::kAnotherNodes);
  EXPECT_EQ(log.watchers(), 1);
  Watch();
  EXPECT_TRUE(log.Watch({}, 0, [] {}, EventLog::Whose::kAnotherNodes).ok());
  log.Unwatch(other);
  EXPECT_EQ(log.watchers(), 2);
}

TEST_F(EventLogTest, KnowsFromWhereItCanBeWatched) {
  EXPECT_EQ(log.before_kept(), 0);
  Append({Type::kOpened, Type::kJoined, Type::kLeft, Type::kJoined, Type::kLeft, Type::kJoined});
  EXPECT_EQ(log.before_kept(), 2);
  Watch({}, 2);
}

}  // namespace
}  // namespace sluice::hub
