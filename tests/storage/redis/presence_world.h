// SPDX-License-Identifier: Apache-2.0
//
// A node of a cluster as far as its presence goes: a client on its thread, the registry of nodes,
// RedisPresence, and an executor that the test runs.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "storage/redis/nodes.h"
#include "storage/redis/presence.h"
#include "storage/redis/thread.h"
#include "tests/fakes/manual_executor.h"
#include "tests/storage/redis/client_world.h"

namespace sluice::storage::redis {

class PresenceNode {
 public:
  using Records = std::vector<PresenceRecord>;

  PresenceNode(const Options& options, const std::string& name,
               absl::Duration lease = absl::Seconds(2))
      : name_(name), thread_(*Thread::Make(options)) {
    nodes_ = std::make_unique<Nodes>(thread_->client(), Nodes::Options{name, lease});
    nodes_->Observe(
        {.on_dead = [this](const std::string& node, const std::string&) { Note("dead " + node); },
         .on_evicted = [this] { Note("evicted"); },
         .on_forgotten = [this] { Note("forgotten"); }});
    presence_ = std::make_unique<RedisPresence>(*thread_, *nodes_,
                                                options.url.topology == Topology::kCluster);
    presence_->OnLost(home_,
                      [this](const PresenceRecord& record, Now) { lost.push_back(record.key.id); });
    presence_->OnBuried(home_, [this](const Presence::Burial& burial, Now) {
      for (const PresenceRecord& record : burial.records) buried.push_back(record.key.id);
      if (burial.last) Note("buried " + burial.node);
    });
    thread_->Start(
        [this] {
          nodes_->OnNewMaster();
          presence_->OnNewMaster();
        },
        [this](Now now) {
          if (frozen_) return;
          nodes_->Tick(now);
          presence_->Tick(now);
        });
  }
  PresenceNode(const RedisServer& server, const std::string& name,
               absl::Duration lease = absl::Seconds(2))
      : PresenceNode(QuickOptions(Url{.addresses = {server.address()}}), name, lease) {}
  // The node just stops: to the others it is as if it were killed.
  ~PresenceNode() { thread_->Stop(); }

  RedisPresence& presence() { return *presence_; }
  const Nodes& nodes() const { return *nodes_; }
  Executor& home() { return home_; }

  template <typename Check>
  bool RunUntil(Check check, absl::Duration patience = absl::Seconds(15)) {
    return Eventually(
        [&] {
          home_.RunAll(ReadClocks());
          return check();
        },
        patience);
  }
  bool BecomesHealthy(absl::Duration patience = absl::Seconds(15)) {
    return RunUntil([this] { return !presence_->health().degraded; }, patience);
  }
  // Its own affairs stand still, as if the process were stopped; the client goes on.
  void Freeze(bool frozen) { frozen_ = frozen; }
  void Leave() {
    On([&] { nodes_->Leave(); });
    (void)Count();  // is answered after that
  }
  // As after another master; and `then` at once, on the thread.
  void ClaimAgain(absl::AnyInvocable<void()> then) {
    On([&] {
      presence_->OnNewMaster();
      then();
    });
  }
  void SetFacts(const std::string& facts) {
    On([&] { nodes_->SetFacts(facts); });
  }

  PresenceRecord Record(const std::string& id, uint64_t session = 1,
                        const std::string& user = "") const {
    return {{"chat", id}, user, name_, session, absl::FromUnixSeconds(100), "detail"};
  }
  absl::StatusOr<Claim> TryClaim(const PresenceRecord& record,
                                 ClaimPolicy policy = ClaimPolicy::kReject) {
    return Wait<Claim>(
        [&](auto done) { presence_->TryClaim(record, policy, home_, std::move(done)); });
  }
  absl::StatusOr<Records> List(const std::string& space = "chat") {
    return Wait<Records>(
        [&](auto done) { presence_->List(space, "", 100000, home_, std::move(done)); });
  }
  absl::StatusOr<size_t> Count() {
    return Wait<size_t>([&](auto done) { presence_->Count("chat", home_, std::move(done)); });
  }
  // id@node of each; one that begins with "error" if there is no list.
  std::vector<std::string> Members(const std::string& space = "chat") {
    auto list = List(space);
    if (!list.ok()) return {"error " + std::string(list.status().message())};
    std::vector<std::string> members;
    for (const PresenceRecord& record : *list) {
      members.push_back(record.key.id + "@" + record.node);
    }
    return members;
  }
  void Release(const std::string& id, uint64_t session = 1) {
    presence_->Release({"chat", id}, name_, session);
  }
  // Watches "chat" into `told`, from when this returns.
  void Watch() {
    watch_ = presence_->Watch("chat", home_, [this](const PresenceChange& change, Now) {
      told.push_back((change.came ? "+" : "-") + change.record.key.id);
    });
    (void)List();
  }
  size_t Told(const std::string& what) const { return std::count(told.begin(), told.end(), what); }
  double Metric(std::string_view name) const {
    Sum sum(name);
    presence_->metrics().Visit(sum);
    return sum.total;
  }
  // Of the registry: "dead NAME", "evicted", "forgotten".
  size_t Noted(const std::string& what) const {
    absl::MutexLock lock(&mutex_);
    return std::count(notes_.begin(), notes_.end(), what);
  }

  std::vector<std::string> told;
  std::vector<std::string> lost;
  std::vector<std::string> buried;  // ids of records of dead nodes that this one has removed

 private:
  void On(absl::AnyInvocable<void()> call) {
    absl::Notification done;
    thread_->Post([&](Now) {
      call();
      done.Notify();
    });
    done.WaitForNotification();
  }
  void Note(std::string what) {
    absl::MutexLock lock(&mutex_);
    notes_.push_back(std::move(what));
  }
  template <typename T, typename Call>
  absl::StatusOr<T> Wait(Call call) {
    std::optional<absl::StatusOr<T>> result;
    call([&result](absl::StatusOr<T> got, Now) { result = std::move(got); });
    RunUntil([&] { return result.has_value(); });
    if (!result) return absl::InternalError("never answered");
    return *std::move(result);
  }

  const std::string name_;
  fakes::ManualExecutor home_;
  mutable absl::Mutex mutex_;
  std::vector<std::string> notes_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> frozen_ = false;
  std::unique_ptr<Thread> thread_;
  std::unique_ptr<Nodes> nodes_;
  std::unique_ptr<RedisPresence> presence_;
  Presence::WatchId watch_ = 0;
};

}  // namespace sluice::storage::redis
