// SPDX-License-Identifier: Apache-2.0
//
// A client on a thread of its own, driven from a test's thread: each verb waits for its answer.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "metrics/probe.h"
#include "storage/redis/thread.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {

// What came on one channel. May go before the client that it listens to.
class Ear {
 public:
  Listener listener() {
    return {.on_message = [kept = kept_](const std::string& payload) { kept->Add(payload); },
            .on_confirmed = [kept = kept_] { kept->Add("<confirmed>"); },
            .on_gap = [kept = kept_] { kept->Add("<gap>"); }};
  }
  std::vector<std::string> heard() const {
    absl::MutexLock lock(&kept_->mutex);
    return kept_->heard;
  }
  size_t Count(std::string_view what) const {
    absl::MutexLock lock(&kept_->mutex);
    return std::count(kept_->heard.begin(), kept_->heard.end(), what);
  }
  bool Waits(std::string_view what, size_t times = 1) const {
    return Eventually([&] { return Count(what) >= times; });
  }

 private:
  struct Kept {
    void Add(const std::string& what) {
      absl::MutexLock lock(&mutex);
      heard.push_back(what);
    }
    absl::Mutex mutex;
    std::vector<std::string> heard ABSL_GUARDED_BY(mutex);
  };
  std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

inline Options QuickOptions(Url url) {
  Options options;
  options.url = std::move(url);
  options.key_prefix = "p:";
  options.connect_timeout = absl::Seconds(1);
  options.command_timeout = absl::Seconds(2);
  options.ping_interval = absl::Milliseconds(100);
  options.silence = absl::Milliseconds(600);
  options.back_off_min = absl::Milliseconds(10);
  options.back_off_max = absl::Milliseconds(100);
  options.topology_interval = absl::Milliseconds(100);
  return options;
}

class ClientWorld {
 public:
  explicit ClientWorld(Options options) : thread_(*Thread::Make(std::move(options))) {
    thread_->Start([this] { ++new_masters_; });
  }
  explicit ClientWorld(const RedisServer& server)
      : ClientWorld(QuickOptions(Url{.addresses = {server.address()}})) {}

  // Calls `f(client)` on the client's thread, and waits.
  template <typename F>
  void On(F f) {
    absl::Notification done;
    thread_->Post([&](Now) {
      f(thread_->client());
      done.Notify();
    });
    done.WaitForNotification();
  }

  absl::StatusOr<Reply> Execute(std::string_view verb, std::string_view key,
                                std::vector<std::string> args = {}) {
    return Await([&](Client& client, Client::Done done) {
      client.Execute(verb, key, std::move(args), std::move(done));
    });
  }
  absl::StatusOr<Reply> Run(const Script& script, std::string_view key,
                            std::vector<std::string> args = {}) {
    return Await([&](Client& client, Client::Done done) {
      client.Run(script, key, std::move(args), std::move(done));
    });
  }
  absl::Status Publish(std::string_view channel, std::string payload) {
    return Await([&](Client& client, Client::Done done) {
             client.Publish(channel, std::move(payload),
                            [done = std::move(done)](const absl::Status& status) mutable {
                              done(status.ok() ? absl::StatusOr<Reply>(Reply()) : status);
                            });
           })
        .status();
  }
  void Subscribe(std::string_view channel, Ear& ear) {
    On([&](Client& client) { client.Subscribe(channel, ear.listener()); });
  }
  void Unsubscribe(std::string_view channel) {
    On([&](Client& client) { client.Unsubscribe(channel); });
  }

  Health health() { return thread_->client().health(); }
  bool BecomesHealthy() {
    return Eventually([this] { return !health().degraded; });
  }
  bool BecomesDegraded() {
    return Eventually([this] { return health().degraded; });
  }
  int new_masters() const { return new_masters_; }
  // The metric's sum over its labels.
  double Metric(std::string_view name);
  Thread& thread() { return *thread_; }

 private:
  template <typename F>
  absl::StatusOr<Reply> Await(F begin) {
    absl::Notification done;
    absl::StatusOr<Reply> result;
    On([&](Client& client) {
      begin(client, [&](absl::StatusOr<Reply> reply) {
        result = std::move(reply);
        done.Notify();
      });
    });
    done.WaitForNotification();
    return result;
  }

  std::atomic<int> new_masters_ = 0;
  std::unique_ptr<Thread> thread_;
};

class Sum final : public metrics::Visitor {
 public:
  explicit Sum(std::string_view name) : name_(name) {}
  void Count(std::string_view name, std::string_view, const metrics::Labels&,
             uint64_t value) override {
    if (name == name_) total += static_cast<double>(value);
  }
  void Level(std::string_view name, std::string_view, const metrics::Labels&,
             double value) override {
    if (name == name_) total += value;
  }
  void Distribution(std::string_view, std::string_view, const metrics::Labels&,
                    const metrics::Histogram&) override {}
  double total = 0;

 private:
  std::string_view name_;
};

inline double ClientWorld::Metric(std::string_view name) {
  Sum sum(name);
  thread_->client().metrics().Visit(sum);
  return sum.total;
}

}  // namespace sluice::storage::redis
