// SPDX-License-Identifier: Apache-2.0
//
// The broker's contract on a real Redis: one server, one behind sentinels, and a cluster.
#include "tests/storage/broker_contract.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/storage/redis/broker_world.h"
#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_cluster.h"
#include "tests/storage/redis/redis_sentinels.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage {
namespace {

using redis::Options;

class RedisHarness final : public BrokerHarness {
 public:
  explicit RedisHarness(Options client) : world_(Bounded(), Apart(std::move(client))) {}

  Broker& Enter(const std::string& node) override { return world_.Enter(node); }
  void Leave(const std::string& node) override { world_.Leave(node); }
  Executor& home() override { return world_.home(); }
  void RunUntil(const std::function<bool()>& done) override { ASSERT_TRUE(world_.RunUntil(done)); }
  void Pass(absl::Duration time) override { world_.Pass(time); }

 private:
  static redis::BrokerOptions Bounded() {
    redis::BrokerOptions options;
    options.keys = *redis::ClusterKeys::Make({"a secret of the tests"});
    options.message_bytes = kMessageBytes;
    return options;
  }
  // All tests share one Redis, and hear nothing of one another.
  static Options Apart(Options client) {
    static int harnesses = 0;
    client.key_prefix = absl::StrCat("h", ++harnesses, ":");
    return client;
  }

  redis::BrokerWorld world_;
};

template <typename Redis>
Options Through() {
  struct Formed : Redis {
    Formed() { EXPECT_TRUE(this->Form()); }
  };
  static Formed redis;
  return redis.Through();
}

Options ThroughOne() {
  static const redis::RedisServer server;
  return redis::QuickOptions(redis::Url{.addresses = {server.address()}});
}

template <Options (*kThrough)()>
std::unique_ptr<BrokerHarness> MakeHarness() {
  return std::make_unique<RedisHarness>(kThrough());
}

INSTANTIATE_TEST_SUITE_P(Redis, BrokerContract, testing::Values(MakeHarness<ThroughOne>));
INSTANTIATE_TEST_SUITE_P(RedisSentinel, BrokerContract,
                         testing::Values(MakeHarness<Through<redis::RedisSentinels>>));
INSTANTIATE_TEST_SUITE_P(RedisCluster, BrokerContract,
                         testing::Values(MakeHarness<Through<redis::RedisCluster>>));

}  // namespace
}  // namespace sluice::storage
