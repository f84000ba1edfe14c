// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/event_relay.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/manual_executor.h"

namespace sluice::server {
namespace {

using Type = hub::ConnectionEvent::Type;

hub::ConnectionEvent Event(Type type) {
  hub::ConnectionEvent event;
  event.type = type;
  event.space = "chat";
  event.connection = "a";
  return event;
}

struct EventRelayTest : testing::Test {
  const size_t each = SizeOf(Event(Type::kJoined));
  runtime::Log log{{}, std::make_shared<spdlog::sinks::null_sink_mt>()};
  RefusalLog refusals{log};
  hub::EventLog events{{}};
  fakes::ManualExecutor home;
  EventRelay relay{{.queue_bytes = 3 * each}, events, home, log, refusals};
  hub::EventLog::WatcherId watcher = *events.Watch({}, 0, [] {});

  void Publish(const std::vector<Type>& types) {
    std::vector<hub::ConnectionEvent> batch;
    for (Type type : types) batch.push_back(Event(type));
    relay.Publish(std::move(batch));
  }
  hub::EventLog::Batch Take() { return events.Take(watcher, 100, 1 << 20); }
};

TEST_F(EventRelayTest, HandsOverInOrderByOneTask) {
  Publish({Type::kOpened, Type::kJoined});
  Publish({Type::kLeft});
  EXPECT_EQ(relay.pending(), 3);
  EXPECT_EQ(home.RunAll(Now()), 1);
  EXPECT_EQ(relay.pending(), 0);
  hub::EventLog::Batch batch = Take();
  ASSERT_EQ(batch.events.size(), 3);
  EXPECT_EQ(batch.events[0]->type, Type::kOpened);
  EXPECT_EQ(batch.events[2]->type, Type::kLeft);
  EXPECT_EQ(batch.lost, 0);
  EXPECT_EQ(relay.dropped_total(), 0);
}

TEST_F(EventRelayTest, IsBoundedAndSaysWhatWasLost) {
  for (int i = 0; i < 1000; ++i) Publish({Type::kOpened, Type::kClosed});
  EXPECT_EQ(relay.pending(), 3);
  EXPECT_EQ(home.RunAll(Now()), 1);
  EXPECT_EQ(relay.dropped_total(), 1997);
  Publish({Type::kOpened});
  home.RunAll(Now());
  EXPECT_EQ(Take().events.size(), 4) << "three, and that the namespace was empty";
  hub::EventLog::Batch batch = Take();
  EXPECT_EQ(batch.lost, 1997);
  ASSERT_EQ(batch.events.size(), 2);
  // Opened less closed is right again: the last one that was lost closed the namespace.
  EXPECT_EQ(batch.events[0]->type, Type::kNamespaceEmpty);
  EXPECT_EQ(batch.events[1]->type, Type::kOpened);
}

}  // namespace
}  // namespace sluice::server
