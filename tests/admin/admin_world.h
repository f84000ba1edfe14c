// SPDX-License-Identifier: Apache-2.0
//
// A real admin port on loopback.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/admin/admin_thread.h"
#include "gateway/admin/pages.h"
#include "gateway/edge/address.h"
#include "tests/edge/raw_client.h"

namespace sluice::admin {

// A page that keeps what it is asked. Thread-safe.
class Later {
 public:
  void Keep(Completion done) {
    absl::MutexLock lock(&mutex_);
    kept_.push_back(std::move(done));
    came_.Signal();
  }
  // The newest, once `count` of them are there.
  Completion Take(size_t count = 1) {
    absl::MutexLock lock(&mutex_);
    while (kept_.size() < count) {
      if (!came_.WaitWithTimeout(&mutex_, absl::Seconds(10))) continue;
      ADD_FAILURE() << "nobody asked";
      return Completion([](std::optional<Answer>) {});
    }
    Completion done = std::move(kept_.back());
    kept_.pop_back();
    return done;
  }

 private:
  absl::Mutex mutex_;
  absl::CondVar came_;
  std::vector<Completion> kept_ ABSL_GUARDED_BY(mutex_);
};

// The node's pages; /later, which keeps what it is asked; and /never, which drops it.
struct World {
  explicit World(Options options = {}) {
    options.listen = "127.0.0.1:0";
    Pages pages = NodePages({
        .metrics = [] { return std::string("up 1\n"); },
        .readiness = [this] { return Readiness{ready, ready ? "{}" : "{\"draining\":true}"}; },
        .sickness = [this] { return std::string(sick ? "shard-1 is stuck" : ""); },
    });
    pages["/later"] = [this](const Request&, Completion done) { later->Keep(std::move(done)); };
    pages["/never"] = [](const Request&, Completion) {};
    absl::Status status = admin.Listen(options, std::move(pages));
    EXPECT_TRUE(status.ok()) << status;
    port = edge::ParseHostPort(admin.address())->port;
  }
  std::string Ask(const std::string& request) {
    edge::RawClient client(port);
    client.Send(request + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return client.ReadToEnd().value_or("still open");
  }
  std::atomic<bool> ready = true;
  std::atomic<bool> sick = false;
  const std::shared_ptr<Later> later = std::make_shared<Later>();
  AdminThread admin;
  uint16_t port = 0;
};

}  // namespace sluice::admin
