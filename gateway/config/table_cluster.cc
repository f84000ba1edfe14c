// SPDX-License-Identifier: Apache-2.0
//
// The options of a node that is one of many.
#include "gateway/config/table_cluster.h"

#include <optional>
#include <string>

namespace sluice::config {
namespace {

constexpr uint64_t kKiB = 1 << 10;
constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kGiB = 1 << 30;
constexpr Range kPath{0, 4096};
constexpr DurationRange kTimeout{absl::Milliseconds(10), absl::Hours(1)};

std::vector<Option> RedisTimes(storage::redis::Options& o) {
  return {
      Time("redis-connect-timeout", {&o.connect_timeout}, kTimeout,
           "from the name's look-up until Redis has let the node in"),
      Time("redis-command-timeout", {&o.command_timeout}, kTimeout,
           "what a command may take, with all retries; what comes later is dropped"),
      Time("redis-ping-interval", {&o.ping_interval}, kTimeout,
           "how often an idle connection to Redis is pinged"),
      Time("redis-silence", {&o.silence}, kTimeout,
           "silence of Redis after which a connection is closed and made anew"),
      Time("redis-back-off-min", {&o.back_off_min}, kTimeout,
           "the first pause before Redis is tried again"),
      Time("redis-back-off-max", {&o.back_off_max}, kTimeout, "the longest"),
      Time("redis-topology-interval", {&o.topology_interval}, kTimeout,
           "how often sentinels are asked who is master"),
  };
}

// The user is shown as little as one in the URL is.
Option SentinelUser(storage::redis::Options& o) {
  Option option = Text("redis-sentinel-user", {&o.sentinel_user}, {0, 255},
                       "who this node is to the sentinels; none: their default user");
  option.is_secret = true;
  option.text = [&o]() -> std::string { return o.sentinel_user.empty() ? "" : "***"; };
  option.yaml = [text = option.text] { return Quote(text()); };
  return option;
}

std::vector<Option> RedisFiles(Settings& s) {
  storage::redis::Options& o = s.redis;
  return {
      Text("redis-key-prefix", {&o.key_prefix}, {0, 255},
           "what every key and channel in Redis begins with"),
      SentinelUser(o),
      Text("redis-sentinel-password-file", {&s.sentinel_password_file}, kPath,
           "file of the sentinels' password; none: they ask for none"),
      Text("redis-tls-ca", {&o.tls.ca}, kPath,
           "PEM of the authorities that sign Redis' certificate; none: the system's"),
      Text("redis-tls-cert", {&o.tls.cert}, kPath, "PEM chain that is shown to Redis"),
      Text("redis-tls-key", {&o.tls.key}, kPath, "PEM key of redis-tls-cert"),
      Text("redis-tls-name", {&o.tls.name}, {0, 255},
           "the name that Redis' certificate must have; none: the host's"),
      Size<size_t>("redis-queue-bytes", {&o.queue_bytes}, {64 * kKiB, kGiB},
                   "commands that Redis has not answered yet; more are refused"),
      Size<size_t>("redis-reply-bytes", {&o.reply_bytes}, {64 * kKiB, kGiB},
                   "one reply of Redis; a longer one closes the connection"),
  };
}

std::vector<Option> Messages(ClusterOptions& o, control::Limits& limits) {
  return {
      Text("advertise", {&o.advertise}, {0, 255},
           "host:port where backends and workers reach this node's control plane, for ListNodes; "
           "none: where it listens"),
      Text("cluster-keys", {&o.keys}, kPath,
           "file of the secrets with which nodes sign what they say, one a line: the first signs, "
           "each is believed"),
      Size<size_t>("cluster-message-bytes", {&o.message_bytes, &limits.cluster_message_bytes},
                   {64 * kKiB, 256 * kMiB},
                   "one message between nodes; a larger one is refused to whoever wants it sent"),
      Size<size_t>("cluster-queue-bytes", {&o.queue_bytes}, {64 * kKiB, 64 * kGiB},
                   "messages between nodes on their way to Redis; more are refused"),
      Count<size_t>("cluster-asks-max", {&o.asks_max}, {1, 1'000'000},
                    "requests to other nodes that wait for their replies; more are refused"),
  };
}

void Append(std::vector<Option>& to, std::vector<Option> from) {
  for (Option& option : from) to.push_back(std::move(option));
}

}  // namespace

Option StorageOption(Settings& s) {
  Option option;
  option.name = "storage";
  option.help = "where presence is kept and how nodes reach one another";
  option.allowed = "memory, redis://, rediss://, redis+sentinel:// or redis+cluster://";
  option.type = "memory|URL";
  option.is_secret = true;
  option.set = [&s](std::string_view text) {
    if (text == "memory") {
      s.storage = Storage::kMemory;
      return true;
    }
    auto url = storage::redis::ParseUrl(text);
    if (!url.ok()) return false;
    s.storage = Storage::kRedis;
    s.redis.url = *std::move(url);
    return true;
  };
  option.text = [&s]() -> std::string {
    return s.storage == Storage::kMemory ? "memory" : storage::redis::Redacted(s.redis.url);
  };
  option.yaml = option.text;
  return option;
}

std::vector<Option> ClusterTable(Settings& s) {
  std::vector<Option> table;
  table.push_back(
      Time("presence-lease", {&s.presence_lease}, {absl::Seconds(3), absl::Hours(24)},
           "a node that is not heard of for so long is dead, and its connections are gone; of no "
           "concern to memory"));
  table.push_back(Choice<bool>(
      "storage-down", {&s.shard.policy.arrival.unclaimed}, {{"refuse", false}, {"accept", true}},
      "new connections while nobody can say whether their ids are free: none (1013), or all, "
      "and who loses its id to another later is closed"));
  Append(table, RedisFiles(s));
  Append(table, RedisTimes(s.redis));
  Append(table, Messages(s.cluster, s.limits));
  return table;
}

}  // namespace sluice::config
