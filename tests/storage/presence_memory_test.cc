// SPDX-License-Identifier: Apache-2.0
#include "storage/presence_memory.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/manual_executor.h"
#include "tests/storage/presence_contract.h"
#include "tests/storage/presence_contract_lists.h"

namespace sluice::storage {
namespace {

Now At(int seconds) { return {Instant(absl::Seconds(seconds)), absl::FromUnixSeconds(seconds)}; }

class MemoryHarness final : public PresenceHarness {
 public:
  Presence& presence() override { return presence_; }
  Executor& home() override { return home_; }
  void RunUntil(const std::function<bool()>& done) override {
    home_.RunAll(At(1000));
    ASSERT_TRUE(done());
  }

 private:
  fakes::ManualExecutor home_;
  MemoryPresence presence_;
};

INSTANTIATE_TEST_SUITE_P(Memory, PresenceContract,
                         testing::Values([]() -> std::unique_ptr<PresenceHarness> {
                           return std::make_unique<MemoryHarness>();
                         }));

PresenceRecord Record(const std::string& id, uint64_t session) {
  return {{"chat", id}, "", "node-1", session, absl::UnixEpoch(), ""};
}

TEST(MemoryPresence, MayGoBeforeItsTasksRun) {
  fakes::ManualExecutor home;
  bool claimed = false;
  {
    MemoryPresence presence;
    presence.TryClaim(Record("a", 1), ClaimPolicy::kReject, home,
                      [&](auto claim, Now) { claimed = claim.ok(); });
  }
  home.RunAll(At(0));
  EXPECT_TRUE(claimed);
}

// Of many threads that want one key, exactly one gets it.
TEST(MemoryPresence, OneOfManyThreadsWins) {
  MemoryPresence presence;
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < 4; ++i) {
    threads.emplace_back([&presence, &won, i] {
      fakes::ManualExecutor home;
      for (int n = 0; n < 200; ++n) {
        presence.TryClaim(Record(absl::StrCat(n), i), ClaimPolicy::kReject, home,
                          [&](absl::StatusOr<Claim> claim, Now) {
                            if (claim->result == Claim::Result::kNew) ++won;
                          });
        home.RunAll(At(0));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 200);
}

}  // namespace
}  // namespace sluice::storage
