// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/timer_wheel.h"

#include <map>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::hub {
namespace {

using absl::Milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

const Instant kStart(absl::Hours(1));

std::vector<uint64_t> Advance(TimerWheel& wheel, Instant now) {
  std::vector<uint64_t> fired;
  wheel.Advance(now, [&](uint64_t token) { fired.push_back(token); });
  return fired;
}

TEST(TimerWheel, FiresAtItsTimeAndNotBefore) {
  TimerWheel wheel;
  Advance(wheel, kStart);
  wheel.Schedule(kStart + Milliseconds(100), 1);
  EXPECT_THAT(Advance(wheel, kStart + Milliseconds(99)), IsEmpty());
  EXPECT_THAT(Advance(wheel, kStart + Milliseconds(100)), ElementsAre(1));
  EXPECT_EQ(wheel.size(), 0);
}

TEST(TimerWheel, FiresWhatIsPastAtTheNextTick) {
  TimerWheel wheel;
  Advance(wheel, kStart);
  wheel.Schedule(kStart - absl::Hours(1), 1);
  EXPECT_THAT(Advance(wheel, kStart + TimerWheel::kTick), ElementsAre(1));
}

TEST(TimerWheel, KeepsWhatIsTurnsAway) {
  TimerWheel wheel;
  Advance(wheel, kStart);
  wheel.Schedule(kStart + absl::Minutes(10), 1);
  for (int s = 1; s < 600; ++s) {
    ASSERT_THAT(Advance(wheel, kStart + absl::Seconds(s)), IsEmpty());
  }
  EXPECT_THAT(Advance(wheel, kStart + absl::Minutes(10)), ElementsAre(1));
}

TEST(TimerWheel, CatchesUpAfterAPause) {
  TimerWheel wheel;
  Advance(wheel, kStart);
  for (uint64_t i = 0; i < 5000; ++i) wheel.Schedule(kStart + Milliseconds(10 * i), i);
  EXPECT_EQ(Advance(wheel, kStart + absl::Hours(1)).size(), 5000);
}

TEST(TimerWheel, CancelIsExactAndHarmlessWhenStale) {
  TimerWheel wheel;
  Advance(wheel, kStart);
  auto a = wheel.Schedule(kStart + Milliseconds(50), 1);
  wheel.Cancel(a);
  auto b = wheel.Schedule(kStart + Milliseconds(50), 2);  // may use a's place again
  wheel.Cancel(a);
  wheel.Cancel(0);
  EXPECT_THAT(Advance(wheel, kStart + absl::Seconds(1)), ElementsAre(2));
  wheel.Cancel(b);
  EXPECT_EQ(wheel.size(), 0);
}

TEST(TimerWheel, LetsADeadlineCancelAndScheduleOthers) {
  TimerWheel wheel;
  Advance(wheel, kStart);
  std::vector<uint64_t> fired;
  std::vector<TimerWheel::Id> ids;
  for (uint64_t i = 0; i < 3; ++i) ids.push_back(wheel.Schedule(kStart + Milliseconds(20), i));
  wheel.Advance(kStart + Milliseconds(40), [&](uint64_t token) {
    fired.push_back(token);
    for (auto id : ids) wheel.Cancel(id);
    wheel.Schedule(kStart + Milliseconds(60), 9);
  });
  EXPECT_EQ(fired.size(), 1);
  EXPECT_THAT(Advance(wheel, kStart + Milliseconds(60)), ElementsAre(9));
}

TEST(TimerWheel, AgreesWithASortedMap) {
  std::mt19937 random(1);
  TimerWheel wheel;
  std::multimap<Instant, uint64_t> model;
  std::map<uint64_t, TimerWheel::Id> ids;
  Instant now = kStart;
  Advance(wheel, now);
  for (uint64_t i = 0; i < 20000; ++i) {
    Instant deadline = now + Milliseconds(random() % 30000);
    ids[i] = wheel.Schedule(deadline, i);
    model.emplace(deadline, i);
    if (random() % 3 == 0) {
      auto victim = std::next(model.begin(), random() % std::min<size_t>(model.size(), 50));
      wheel.Cancel(ids[victim->second]);
      model.erase(victim);
    }
    now += Milliseconds(random() % 40);
    for (uint64_t token : Advance(wheel, now)) {
      auto it = std::find_if(model.begin(), model.end(),
                             [&](const auto& entry) { return entry.second == token; });
      ASSERT_NE(it, model.end());
      ASSERT_LE(it->first, now);
      model.erase(it);
    }
    ASSERT_TRUE(model.empty() || model.begin()->first > now - TimerWheel::kTick);
    ASSERT_EQ(model.size(), wheel.size());
  }
}

}  // namespace
}  // namespace sluice::hub
