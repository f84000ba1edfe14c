// SPDX-License-Identifier: Apache-2.0
//
// Envelopes on channels: sealed and given their place on the way out; opened, judged and counted on
// the way in, so that what a listener is handed is another node's, new, and in its sender's order.
// The thread of the client. Internal to the room.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "storage/redis/broker_probe.h"
#include "storage/redis/client.h"
#include "storage/redis/cluster_keys.h"
#include "storage/redis/envelope.h"
#include "storage/redis/sequences.h"

namespace sluice::storage::redis {

class Bus {
 public:
  struct Listener {
    std::function<void(Envelope envelope)> on_envelope;
    // Everything is heard from now on.
    std::function<void()> on_confirmed;
    // The subscription was cut: not everything is heard until on_confirmed.
    std::function<void()> on_cut;
    // Something is missing: of this node, or, after a cut, of any (empty). Told when it is heard
    // again: just before on_confirmed, or just before the message after it.
    std::function<void(const std::string& node)> on_gap;
  };

  // `self`: this node. All of these outlive the bus, or the client calls it no more: Stop it, or
  // the client.
  Bus(Incarnation self, const ClusterKeys& keys, Client& client, BrokerProbe& probe)
      : self_(std::move(self)), keys_(keys), client_(client), probe_(probe) {}
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  // `envelope` has its kind and payload.
  void Publish(const std::string& channel, Envelope envelope, Client::Published done);

  // Once until Unlisten, after which nothing is heard.
  void Listen(const std::string& channel, Listener listener);
  void Unlisten(const std::string& channel);

  // Whether everything that is said on it is heard.
  bool IsConfirmed(const std::string& channel) const;

  // Nothing is heard any more.
  void Stop();

  // See IncomingSequences.
  void Retire(const Incarnation& sender) { incoming_.Retire(sender); }
  void Restore(const Incarnation& sender) { incoming_.Restore(sender); }

  void Count(Drop drop) { probe_.dropped[static_cast<size_t>(drop)].Add(); }

 private:
  struct Ear {
    std::shared_ptr<Listener> listener;  // a call may end it
    bool confirmed = false;
    bool cut = false;  // since it was confirmed last
  };

  void OnConfirmed(const std::string& channel);
  void OnCut(const std::string& channel);
  void OnBytes(const std::string& channel, const std::string& bytes);
  void Judge(const std::string& channel, Envelope envelope);

  const Incarnation self_;
  const ClusterKeys& keys_;
  Client& client_;
  BrokerProbe& probe_;
  OutgoingSequences outgoing_;
  IncomingSequences incoming_;
  absl::flat_hash_map<std::string, Ear> ears_;
};

}  // namespace sluice::storage::redis
