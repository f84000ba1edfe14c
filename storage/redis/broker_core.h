// SPDX-License-Identifier: Apache-2.0
//
// What of the broker lives on the thread of the client, and what any thread may know of it. Kept
// alive by whatever is still to be called, so the broker itself may go at any time. Internal to the
// room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "storage/pending_asks.h"
#include "storage/redis/broker.h"
#include "storage/redis/broker_probe.h"
#include "storage/redis/bus.h"

namespace sluice::storage::redis {

std::string MailboxOf(const std::string& node);
std::string ChannelOf(const std::string& space);

class BrokerCore : public std::enable_shared_from_this<BrokerCore> {
 public:
  // A payload on its way, counted as long as it lives.
  class Load {
   public:
    Load(std::shared_ptr<BrokerProbe> probe, size_t payload_bytes);
    Load(Load&& other) noexcept = default;
    Load& operator=(Load&&) = delete;
    ~Load();

   private:
    std::shared_ptr<BrokerProbe> probe_;  // null: moved away
    int64_t bytes_;
  };
  // An ask that waits, counted as long as it lives.
  class Place {
   public:
    explicit Place(std::shared_ptr<BrokerProbe> probe) : probe_(std::move(probe)) {
      probe_->asks.Add(1);
    }
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (probe_ != nullptr) probe_->asks.Add(-1);
    }

   private:
    std::shared_ptr<BrokerProbe> probe_;  // null: moved away
  };

  BrokerCore(BrokerOptions given, Thread& thread) : options(std::move(given)), thread_(&thread) {}

  // --- any thread ---

  const BrokerOptions options;
  const std::shared_ptr<BrokerProbe> probe = std::make_shared<BrokerProbe>();

  // Runs `task` on the thread of the client, unless the broker is gone.
  void Post(Executor::Task task);
  // The last Post.
  void Close();
  // INVALID_ARGUMENT: too large. RESOURCE_EXHAUSTED: too much is on its way.
  absl::StatusOr<Load> Admit(const std::string& payload);
  // Of an ask to one node, or, with nullopt, to all. Fails as Admit does, and with
  // RESOURCE_EXHAUSTED while too many wait; then `done` is left as it is.
  absl::Status Ask(std::optional<std::string> node, std::string payload, absl::Duration timeout,
                   Executor& home, Broker::Done& done);
  // `envelope` has its kind and payload.
  void Send(std::string channel, Envelope envelope, Load load);

  // Who is gone by that.
  std::vector<Incarnation> SetPeers(const std::vector<Incarnation>& live);
  std::set<std::string> peers() const;
  bool listening() const;
  Health health() const;

  // --- the thread of the client ---

  void Listen();
  void Stop();
  void Serve(Executor& home, std::weak_ptr<Broker::Service> service);
  void OnPeers(const std::vector<Incarnation>& live, const std::vector<Incarnation>& gone);
  void Tick(Now now);

  void Hear(const std::string& space, Executor& home, Broker::Heard heard, Now now);
  void Unhear(const std::string& space);

 private:
  struct Question {
    std::optional<std::string> node;  // nullopt: all
    std::string payload;
    Instant deadline;
    Load load;
  };
  struct UnsentAsk {
    uint64_t ask;
    std::string channel;
    Envelope envelope;
    Load load;
  };
  struct Waiting {
    Executor* home;
    Broker::Heard heard;
    Instant deadline;
  };
  struct Space {
    size_t hears = 0;
    std::deque<Waiting> waiting{};  // the longest first
  };

  void ListenTo(const std::string& channel, std::function<void(Envelope)> on_envelope);
  void ListenIn(const std::string& space);
  void OnListening();
  void OnHeard(const std::string& space);
  static void LetGoOn(Waiting one, bool hears);
  void OnMail(Envelope envelope);
  void OnAsk(Envelope envelope);
  void OnReply(Envelope envelope);
  void OnSaid(const std::string& space, Envelope envelope);
  void BeginAsk(Question question, Executor& home, Broker::Done done);
  void SendAsk(UnsentAsk ask);
  void Publish(const std::string& channel, Envelope envelope, Load load);
  void Reply(const std::string& node, const std::string& epoch, uint64_t ask, std::string payload);
  void TellGap(const std::string& space, const std::string& node);

  // Lets the service do something, at its home.
  template <typename Act>
  void AtHome(Act act) {
    if (home_ == nullptr) return;
    home_->Post([service = service_, act = std::move(act)](Now) mutable {
      if (auto alive = service.lock()) act(*alive);
    });
  }

  std::unique_ptr<Bus> bus_;
  PendingAsks asks_;
  std::list<UnsentAsk> unsent_;  // asks, until the mailbox is confirmed
  absl::flat_hash_map<std::string, Space> spaces_;
  Executor* home_ = nullptr;
  std::weak_ptr<Broker::Service> service_;

  mutable absl::Mutex mutex_;
  Thread* thread_ ABSL_GUARDED_BY(mutex_);                                       // null: closed
  absl::flat_hash_map<std::string, std::string> peers_ ABSL_GUARDED_BY(mutex_);  // their epochs
  bool listening_ ABSL_GUARDED_BY(mutex_) = false;
  Health health_ ABSL_GUARDED_BY(mutex_) = {.degraded = true, .why = "not connected yet"};
};

}  // namespace sluice::storage::redis
