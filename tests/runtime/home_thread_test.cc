// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/home_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <vector>

#include "absl/synchronization/notification.h"

namespace sluice::runtime {
namespace {

TEST(HomeThread, Ticks) {
  HomeThread home;
  absl::Notification done;
  std::vector<Now> times;
  home.Start([&](Now now) {
    times.push_back(now);
    if (times.size() == 3) done.Notify();
  });
  done.WaitForNotification();
  home.Stop();
  EXPECT_LT(times[0], times[1]);
  EXPECT_LT(times[1], times[2]);
}

TEST(HomeThread, HandsSignalsOver) {
  HomeThread home;
  absl::Notification stopped;
  absl::Notification reloaded;
  std::atomic<int> stops = 0;
  SignalHandlers handlers;
  handlers.stop = [&] {
    if (++stops == 2) stopped.Notify();
  };
  handlers.reload = [&] { reloaded.Notify(); };
  home.HandleSignals(handlers);
  home.Start([&](Now) {
    if (stops == 1) std::raise(SIGINT);
  });
  std::raise(SIGHUP);
  reloaded.WaitForNotification();
  std::raise(SIGTERM);
  stopped.WaitForNotification();
}

TEST(HomeThread, TellsLeavingFromStopping) {
  HomeThread home;
  absl::Notification left;
  SignalHandlers handlers;
  handlers.stop = [] { FAIL(); };
  handlers.leave = [&] { left.Notify(); };
  home.HandleSignals(handlers);
  home.Start([](Now) {});
  std::raise(LeaveSignal());
  left.WaitForNotification();
}

TEST(HomeThread, StopsWithoutHavingStarted) {
  HomeThread home;
  home.Post([](Now) { FAIL(); });
}

}  // namespace
}  // namespace sluice::runtime
