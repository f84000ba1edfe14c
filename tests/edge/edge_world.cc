// SPDX-License-Identifier: Apache-2.0
#include "tests/edge/edge_world.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gateway/edge/address.h"
#include "gateway/hub/client_verbs.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/probe.h"

namespace sluice::edge {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);

class Totals final : public metrics::Visitor {
 public:
  void Count(std::string_view name, std::string_view, const metrics::Labels& labels,
             uint64_t value) override {
    Add(name, labels, static_cast<double>(value));
  }
  void Level(std::string_view name, std::string_view, const metrics::Labels& labels,
             double value) override {
    Add(name, labels, value);
  }
  void Distribution(std::string_view name, std::string_view, const metrics::Labels& labels,
                    const metrics::Histogram& value) override {
    for (size_t i = 0; i <= value.size(); ++i) {
      Add(name, labels, static_cast<double>(value.count(i)));
    }
  }
  std::map<std::string, double> values;

 private:
  void Add(std::string_view name, const metrics::Labels& labels, double value) {
    std::string key(name);
    if (!labels.empty()) key += "{" + std::string(labels[0].second) + "}";
    values[key] += value;
  }
};

protocol::Routes OneRoute(const hub::Dialect& dialect) {
  std::vector<protocol::RouteRule> rules(1);
  rules[0].prefix = "/";
  rules[0].dialect = &dialect;
  rules[0].codecs = {{"fake", &dialect}};
  return *protocol::Routes::Make(std::move(rules));
}

}  // namespace

void SharedEvents::Publish(std::vector<hub::ConnectionEvent> events) {
  absl::MutexLock lock(&mutex_);
  for (const hub::ConnectionEvent& event : events) {
    if (event.type != hub::ConnectionEvent::Type::kClosed) continue;
    last_code_ = event.code;
    ++closed_;
  }
}

uint16_t SharedEvents::last_code() const {
  absl::MutexLock lock(&mutex_);
  return last_code_;
}

size_t SharedEvents::closed() const {
  absl::MutexLock lock(&mutex_);
  return closed_;
}

bool Eventually(const std::function<bool()>& holds) {
  for (absl::Time end = absl::Now() + kPatience; absl::Now() < end;) {
    if (holds()) return true;
    std::this_thread::yield();
  }
  return false;
}

EdgeOptions EdgeWorld::Options() {
  EdgeOptions options;
  options.listen = "127.0.0.1:0";
  return options;
}

EdgeWorld::EdgeWorld(const EdgeOptions& options, const hub::ShardOptions& hub_options,
                     uint32_t shards) {
  auto edge = Edge::Make(options, OneRoute(dialect_), shards);
  EXPECT_TRUE(edge.ok()) << edge.status();
  edge_ = *std::move(edge);
  std::vector<hub::Shard*> pointers;
  for (uint32_t i = 0; i < shards; ++i) {
    probes_.push_back(std::make_unique<hub::ShardProbe>());
    hub::ShardPorts ports{set_,    edge_->shard(i), presence_, events_,
                          tokens_, publisher_,      encodings_};
    shards_.push_back(std::make_unique<hub::Shard>(i, hub_options, ports, *probes_.back()));
    set_.Add(*shards_.back(), edge_->shard(i));
    pointers.push_back(shards_.back().get());
  }
  absl::Status listening = edge_->Listen();
  EXPECT_TRUE(listening.ok()) << listening;
  port_ = ParseHostPort(edge_->address())->port;
  edge_->Start(pointers);
}

EdgeWorld::~EdgeWorld() { edge_->Stop(); }

void EdgeWorld::OnShard(const std::function<void(hub::Shard&, Now)>& task, uint32_t index) {
  absl::Notification done;
  set_.Post(index, [&](hub::Shard& shard, Now now) {
    task(shard, now);
    done.Notify();
  });
  done.WaitForNotification();
}

void EdgeWorld::Send(const std::string& space, const std::string& body) {
  hub::Message message("e", hub::Payload::Text(body), encodings_);
  hub::Selector selector;
  selector.space = space;
  for (uint32_t i = 0; i < edge_->size(); ++i) {
    OnShard([&](hub::Shard& shard,
                Now now) { shard.clients().Send(selector, message, std::nullopt, now); },
            i);
  }
}

size_t EdgeWorld::sessions() {
  size_t count = 0;
  for (uint32_t i = 0; i < edge_->size(); ++i) {
    OnShard([&](hub::Shard& shard, Now) { count += shard.sessions(); }, i);
  }
  return count;
}

double EdgeWorld::Metric(const std::string& name) const {
  Totals totals;
  edge_->metrics().Visit(totals);
  return totals.values[name];
}

}  // namespace sluice::edge
