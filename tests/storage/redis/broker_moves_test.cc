// SPDX-License-Identifier: Apache-2.0
//
// The broker while masters fail and slots move in the middle of what is said: nothing comes twice
// or out of order, what is missing is told, and it goes on by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "storage/redis/broker.h"
#include "storage/redis/slots.h"
#include "tests/storage/redis/broker_world.h"
#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_cluster.h"
#include "tests/storage/redis/redis_sentinels.h"

namespace sluice::storage::redis {
namespace {

// One node says numbers, another hears them.
class Stream {
 public:
  explicit Stream(const Options& client)
      : world_({}, client), a_(world_.Enter("a")), b_(world_.Enter("b")) {
    Broker::Service service;
    service.on_said = [this](const std::string&, const std::string& payload, const std::string&) {
      said_.push_back(std::atoi(payload.c_str()));
    };
    service.on_gap = [this](const Gap& gap, Now) { gaps_ += gap.space == "chat" ? 1 : 0; };
    b_.Serve(world_.home(), std::move(service));
    bool hears = false;
    b_.Hear("chat", world_.home(), [&](bool, Now) { hears = true; });
    EXPECT_TRUE(world_.RunUntil([&] { return hears; }));
  }

  void Say(int count) {
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(a_.Say("chat", std::to_string(next_++)).ok());
      world_.Pass(absl::ZeroDuration());
    }
  }
  bool HearsAgain() {
    return world_.RunUntil([this] {
      Say(1);
      return !said_.empty() && said_.back() >= next_ - 10 && !b_.health().degraded;
    });
  }
  // Each at most once, in order, and nothing is missing without a word.
  void ExpectHonest() const {
    EXPECT_TRUE(std::is_sorted(said_.begin(), said_.end()));
    EXPECT_EQ(std::adjacent_find(said_.begin(), said_.end()), said_.end());
    const bool whole = said_.back() - said_.front() + 1 == static_cast<int>(said_.size());
    EXPECT_TRUE(whole || gaps_ > 0) << said_.size() << " of " << next_;
  }

 private:
  BrokerWorld world_;
  RedisBroker& a_;
  RedisBroker& b_;
  int next_ = 0;
  std::vector<int> said_;
  int gaps_ = 0;
};

TEST(BrokerMovesTest, ASlotThatMovesIsFollowed) {
  RedisCluster cluster;
  ASSERT_TRUE(cluster.Form());
  Stream stream(cluster.Through());
  const std::string channel = "p:s:chat";
  int owner = RedisCluster::OwnerOf(channel);
  for (int i = 0; i < 3; ++i) {
    stream.Say(100);
    owner = (owner + 1) % RedisCluster::kMasters;
    cluster.MoveSlot(SlotOf(channel), owner);
    stream.Say(100);
    ASSERT_TRUE(stream.HearsAgain());
  }
  stream.ExpectHonest();
}

TEST(BrokerMovesTest, AMasterThatDiesIsReplaced) {
  RedisSentinels redis;
  ASSERT_TRUE(redis.Form());
  Stream stream(redis.Through());
  stream.Say(100);
  redis.master_.Kill();
  stream.Say(100);
  ASSERT_TRUE(stream.HearsAgain());
  stream.ExpectHonest();
}

TEST(BrokerMovesTest, EveryMastersListenersAreCut) {
  RedisCluster cluster;
  ASSERT_TRUE(cluster.Form());
  Stream stream(cluster.Through());
  stream.Say(100);
  for (int i = 0; i < RedisCluster::kMasters; ++i) {
    cluster.Do(i, {"CLIENT", "KILL", "TYPE", "pubsub"});
    stream.Say(20);
  }
  ASSERT_TRUE(stream.HearsAgain());
  stream.ExpectHonest();
}

}  // namespace
}  // namespace sluice::storage::redis
