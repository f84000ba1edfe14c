// SPDX-License-Identifier: Apache-2.0
//
// Nodes talking to one another over Redis' channels:
//
//   m:NODE   the mailbox of one node: asks, replies, what it is told
//   all      asks of every node
//   s:SPACE  what is said in a namespace; heard by its audience
//
// So an AskAll and a Say are one PUBLISH each, whatever the number of nodes. What travels is sealed
// (envelope.h). Whose answer is awaited is what SetPeers says; Redis' own counts mean little.
//
// A node is deaf until Redis has confirmed its subscriptions: announce it to others once it is
// listening. An ask waits for that, within its own deadline, since its replies would be lost. While
// Redis is away asks end at their deadline, with everybody unreachable, and what is told and said
// is lost, as a gap to those who miss it. It comes back by itself.
//
// What it is told and said on a lost line is seen late: after a cut subscription when it is heard
// again, and otherwise with the next message of the same sender on the same channel. The very first
// message of a sender on a channel is not missed.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "metrics/probe.h"
#include "storage/broker.h"
#include "storage/redis/cluster_keys.h"
#include "storage/redis/sequences.h"
#include "storage/redis/thread.h"

namespace sluice::storage::redis {

struct BrokerOptions {
  std::string node;   // --node, unique
  std::string epoch;  // changes with every start
  ClusterKeys keys;   // --cluster-keys
  // --cluster-message-bytes, a payload. Far below what Redis lets wait for one subscriber
  // (client-output-buffer-limit pubsub, by default 32 MiB at once, 8 MiB for a minute), since going
  // over that cuts every subscriber; and below --redis-queue-bytes.
  size_t message_bytes = 5 << 20;
  // --cluster-queue-bytes, of messages on their way to Redis. Well below --redis-queue-bytes, so
  // that whoever says more than Redis takes is refused here and told so.
  size_t queue_bytes = 8 << 20;
  size_t asks_max = 10'000;  // --cluster-asks-max, that wait for replies
  // --redis-command-timeout: whoever waits to hear a namespace goes on after it.
  absl::Duration hear_timeout = absl::Seconds(2);
};

class BrokerCore;

class RedisBroker final : public Broker {
 public:
  // Begins to listen, once the thread is started, which outlives this.
  RedisBroker(BrokerOptions options, Thread& thread);
  // Asks under way are never answered. If this is not on the home of the service, that has stopped.
  ~RedisBroker() override;

  // The nodes that are alive now, as the registry has it; this one in it is ignored. Whoever is no
  // more in the list, or has another epoch, is gone. Any thread, one at a time.
  void SetPeers(const std::vector<Incarnation>& live);

  // What is to be told the time every few ms, on the thread (Thread::Start). May outlive this.
  std::function<void(Now now)> ticker() const;

  // Any thread: whether what others ask and tell this node is heard.
  bool listening() const;

  void Serve(Executor& home, Service service) override;
  std::set<std::string> peers() const override;
  absl::Status AskAll(std::string payload, absl::Duration timeout, Executor& home,
                      Done done) override;
  void Ask(std::string node, std::string payload, absl::Duration timeout, Executor& home,
           Done done) override;
  absl::Status Tell(const std::string& node, std::string payload) override;
  absl::Status Say(const std::string& space, std::string payload) override;
  void Hear(const std::string& space, Executor& home, Heard heard) override;
  void Unhear(const std::string& space) override;
  // As of the last Tick. Degraded: Redis is away, or not all channels are confirmed.
  Health health() const override;

  // Any thread.
  const metrics::Source& metrics() const;

 private:
  std::shared_ptr<BrokerCore> core_;
  std::shared_ptr<Broker::Service> service_;  // used on its home; the core does not keep it
};

}  // namespace sluice::storage::redis
