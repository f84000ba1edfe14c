// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/stores_redis.h"

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "control/file.h"
#include "gateway/version.h"
#include "sluice/internal/v1/bus.pb.h"
#include "storage/redis/broker.h"
#include "storage/redis/nodes.h"
#include "storage/redis/presence.h"
#include "storage/redis/start_check.h"
#include "storage/redis/thread.h"
#include "storage/time.h"

namespace sluice::server {
namespace {

using internal::v1::NodeFacts;
namespace redis = storage::redis;

// What Redis gets to take what a node gives back when it leaves.
constexpr absl::Duration kLastWords = absl::Seconds(1);

class RedisStores final : public Stores {
 public:
  RedisStores(std::unique_ptr<redis::Thread> thread, redis::Options options,
              redis::Nodes::Options nodes, redis::BrokerOptions broker)
      : options_(std::move(options)),
        thread_(std::move(thread)),
        nodes_(thread_->client(), std::move(nodes)),
        presence_(*thread_, nodes_, options_.url.topology == redis::Topology::kCluster),
        broker_(broker, *thread_),
        broker_tick_(broker_.ticker()) {
    NodeFacts facts;
    facts.set_epoch(broker.epoch);
    facts.set_version(kVersion);
    nodes_.SetFacts(facts.SerializeAsString());
  }
  ~RedisStores() override { Stop(); }

  storage::Presence& presence() override { return presence_; }
  storage::Broker& broker() override { return broker_; }
  bool shared() const override { return true; }
  void WatchThread(runtime::Heartbeats& heartbeats) const override {
    heartbeats.Watch("redis", thread_->loop());
  }
  std::vector<const metrics::Source*> metrics() const override {
    return {&thread_->client().metrics(), &broker_.metrics(), &presence_.metrics()};
  }

  void Start(const runtime::Log& log) override {
    check_.emplace(thread_->client(), options_,
                   [&log](redis::StartCheck::Result result) { Report(log, result); });
    thread_->Start([this] { OnNewMaster(); }, [this](Now now) { OnTick(now); });
    started_ = true;
    // Whoever comes first need not be refused because the node is not known yet.
    known_.WaitForNotificationWithTimeout(options_.connect_timeout);
  }
  void Stop() override;

 private:
  static void Report(const runtime::Log& log, const redis::StartCheck::Result& result) {
    for (const std::string& fault : result.faults) log.Error("redis", {{"fault", fault}});
    for (const std::string& warning : result.warnings) log.Warn("redis", {{"warning", warning}});
  }

  // All on the thread.
  void OnNewMaster() {
    nodes_.OnNewMaster();
    presence_.OnNewMaster();
  }
  void OnTick(Now now) {
    check_->Tick(now);
    broker_tick_(now);
    // Who is in the registry is asked, and so must hear first.
    announced_ = announced_ || broker_.listening();
    if (!announced_) return;
    nodes_.Tick(now);
    presence_.Tick(now);
    TellPeers();
    if (nodes_.registered() && !known_.HasBeenNotified()) known_.Notify();
  }
  void TellPeers();

  const redis::Options options_;
  const std::unique_ptr<redis::Thread> thread_;
  redis::Nodes nodes_;
  redis::RedisPresence presence_;
  redis::RedisBroker broker_;
  const std::function<void(Now)> broker_tick_;
  std::optional<redis::StartCheck> check_;
  bool started_ = false;
  absl::Notification known_;  // this node, in Redis
  // Of the thread.
  bool announced_ = false;
  std::vector<redis::Incarnation> peers_;
};

void RedisStores::TellPeers() {
  std::vector<redis::Incarnation> peers;
  for (const redis::Nodes::Node& node : nodes_.live()) {
    NodeFacts facts;
    const bool known = facts.ParseFromString(node.facts) && !facts.epoch().empty();
    if (known && node.name != nodes_.name()) peers.push_back({node.name, facts.epoch()});
  }
  if (peers == peers_) return;
  peers_ = peers;
  broker_.SetPeers(peers);
}

// What was given back before is ahead of the last words on the same connection.
void RedisStores::Stop() {
  if (!std::exchange(started_, false)) return;
  auto said = std::make_shared<absl::Notification>();
  thread_->Post([this, said](Now) {
    nodes_.Leave();
    thread_->client().Execute("EXISTS", "nodes", {},
                              [said](absl::StatusOr<redis::Reply>) { said->Notify(); });
  });
  said->WaitForNotificationWithTimeout(kLastWords);
  thread_->Stop();
}

// The secrets of a file, one a line; empty lines and those that begin with # are none.
absl::StatusOr<redis::ClusterKeys> ReadKeys(const std::string& file) {
  std::vector<std::string> secrets;
  if (file.empty()) return redis::ClusterKeys();
  auto text = control::ReadFile(file, "cluster-keys");
  if (!text.ok()) return text.status();
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    std::string secret(absl::StripAsciiWhitespace(line));
    if (!secret.empty() && secret.front() != '#') secrets.push_back(std::move(secret));
  }
  if (secrets.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("cluster-keys: ", file, " has no secret"));
  }
  auto keys = redis::ClusterKeys::Make(std::move(secrets));
  if (keys.ok()) return keys;
  return absl::InvalidArgumentError(
      absl::StrCat("cluster-keys: ", std::string(keys.status().message())));
}

// The one line of a file; empty without a file.
absl::StatusOr<std::string> ReadSentinelPassword(const config::Settings& settings) {
  constexpr std::string_view kOption = "redis-sentinel-password-file";
  const std::string& file = settings.sentinel_password_file;
  if (file.empty()) {
    if (settings.redis.sentinel_user.empty()) return std::string();
    return absl::InvalidArgumentError(
        absl::StrCat("redis-sentinel-user: goes with ", std::string(kOption)));
  }
  auto text = control::ReadFile(file, kOption);
  if (!text.ok()) return text;
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  if (!text->empty() && text->find('\n') == std::string::npos) return text;
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(kOption), ": ", file, " is one line, the password"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Stores>> MakeRedisStores(const config::Settings& settings,
                                                        const std::string& epoch) {
  auto keys = ReadKeys(settings.cluster.keys);
  if (!keys.ok()) return keys.status();
  auto password = ReadSentinelPassword(settings);
  if (!password.ok()) return password.status();
  redis::Options options = settings.redis;
  options.sentinel_password = *std::move(password);
  auto thread = redis::Thread::Make(options);
  if (!thread.ok()) return thread.status();
  const std::string& node = settings.shard.node;
  return std::make_unique<RedisStores>(
      *std::move(thread), std::move(options),
      redis::Nodes::Options{.name = node, .lease = settings.presence_lease},
      redis::BrokerOptions{.node = node,
                           .epoch = epoch,
                           .keys = *std::move(keys),
                           .message_bytes = settings.cluster.message_bytes,
                           .queue_bytes = settings.cluster.queue_bytes,
                           .asks_max = settings.cluster.asks_max,
                           .hear_timeout = settings.redis.command_timeout});
}

}  // namespace sluice::server
