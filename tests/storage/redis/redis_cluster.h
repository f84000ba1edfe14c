// SPDX-License-Identifier: Apache-2.0
//
// A real cluster of three masters for a test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/redis/options.h"
#include "storage/redis/slots.h"
#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {

class RedisCluster {
 public:
  static constexpr int kMasters = 3;

  RedisCluster() {
    for (int i = 0; i < kMasters; ++i) servers_.push_back(NewServer());
  }

  // Call it once: true when all of them serve.
  bool Form() {
    for (int i = 0; i < kMasters; ++i) {
      Do(i, {"CLUSTER", "SET-CONFIG-EPOCH", absl::StrCat(i + 1)});
      Do(i, {"CLUSTER", "ADDSLOTSRANGE", absl::StrCat(kSlots * i / kMasters),
             absl::StrCat(kSlots * (i + 1) / kMasters - 1)});
      if (i > 0) Meet(i);
    }
    return Eventually([&] { return EverybodySaysOk(kMasters); }, absl::Seconds(30));
  }

  static std::unique_ptr<RedisServer> NewServer() {
    return std::make_unique<RedisServer>(
        std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-node-timeout", "1000"});
  }

  void Meet(int i) {
    Do(i, {"CLUSTER", "MEET", "127.0.0.1", absl::StrCat(servers_[0]->port()),
           absl::StrCat(servers_[0]->second_port())});
  }

  bool EverybodySaysOk(int nodes) {
    for (auto& server : servers_) {
      std::string info = server->Do({"CLUSTER", "INFO"});
      if (info.find("cluster_state:ok") == std::string::npos ||
          info.find(absl::StrCat("cluster_known_nodes:", nodes)) == std::string::npos) {
        return false;
      }
    }
    return true;
  }

  // Gives master 0 a replica, which becomes the last of the servers.
  void AddReplica() {
    servers_.push_back(NewServer());
    int last = static_cast<int>(servers_.size()) - 1;
    Meet(last);
    ASSERT_TRUE(Eventually([&] { return EverybodySaysOk(last + 1); }, absl::Seconds(30)));
    ASSERT_EQ(Do(last, {"CLUSTER", "REPLICATE", Id(0)}), "OK");
    ASSERT_TRUE(
        Eventually([&] { return Do(last, {"ROLE"}).find("connected") != std::string::npos; }));
    ASSERT_TRUE(Eventually([&] {  // the others know that it could take over
      for (auto& server : servers_) {
        if (server->Do({"CLUSTER", "NODES"}).find("slave") == std::string::npos) return false;
      }
      return true;
    }));
  }

  std::string Do(int i, const std::vector<std::string>& command) {
    return servers_[i]->Do(command);
  }
  std::string Id(int i) { return Do(i, {"CLUSTER", "MYID"}); }

  // All masters are told that the slot is `to`'s.
  void MoveSlot(uint16_t slot, int to) {
    std::string id = Id(to);
    EXPECT_EQ(Do(to, {"CLUSTER", "SETSLOT", absl::StrCat(slot), "NODE", id}), "OK");
    for (int i = 0; i < kMasters; ++i) {
      Do(i, {"CLUSTER", "SETSLOT", absl::StrCat(slot), "NODE", id});
    }
  }

  static int OwnerOf(std::string_view name) { return SlotOf(name) * kMasters / kSlots; }

  Options Through() {
    Url url{.topology = Topology::kCluster, .addresses = {servers_[1]->address()}};
    return QuickOptions(url);
  }

  int Calls(int i, const std::string& command) {
    std::string stats = Do(i, {"INFO", "commandstats"});
    std::string key = absl::StrCat("cmdstat_", command, ":calls=");
    size_t at = stats.find(key);
    int calls = 0;
    if (at == std::string::npos) return 0;
    size_t begin = at + key.size();
    EXPECT_TRUE(absl::SimpleAtoi(stats.substr(begin, stats.find(',', begin) - begin), &calls));
    return calls;
  }

  std::vector<std::unique_ptr<RedisServer>> servers_;
};

}  // namespace sluice::storage::redis
