// SPDX-License-Identifier: Apache-2.0
//
// A shard of the hub: the sessions of one thread, and everything that can happen to them. Values
// in, values out: it reads no clock, knows no thread, and touches the world only through the
// interfaces in socket.h, worker.h, event_log.h, publisher.h and storage/. Its owner calls it on
// one thread and tells the time; whoever is on another thread posts to that thread (shard_set.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "gateway/hub/close.h"
#include "gateway/hub/drain_order.h"
#include "gateway/hub/options.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/types.h"
#include "metrics/probe.h"
#include "storage/executor.h"
#include "storage/presence.h"

namespace sluice::hub {

class ClientVerbs;
class EventOutlet;
class Publisher;
class ShardSet;
class Socket;
class TokenAuthority;
class Views;
class Workers;
struct Saying;
struct ShardProbe;

// What a shard needs from the world.
struct ShardPorts {
  const ShardSet& set;      // complete before any call
  storage::Executor& self;  // runs tasks on this shard's thread
  storage::Presence& presence;
  EventOutlet& events;
  const TokenAuthority& tokens;
  const Publisher& publisher;
  metrics::SharedCounter& encodings;  // messages that were encoded
};

class Shard {
 public:
  // `index` is the shard's place in the set. What the ports refer to, and `probe`, outlive it.
  Shard(uint32_t index, const ShardOptions& options, const ShardPorts& ports, ShardProbe& probe);
  ~Shard();

  // --- for the edge -------------------------------------------------------------------------

  // Whether new connections to a namespace are refused for now (a drain asked for it).
  bool Refuses(std::string_view space) const;

  // A connection was upgraded. `socket` stays valid until Closed. May call socket.Close.
  SessionKey Open(Arrival arrival, Socket& socket, Now now);

  // One whole message, which the edge has checked for size and UTF-8. False: stop reading until
  // Socket::Resume.
  bool Receive(SessionKey key, std::string_view bytes, bool binary, Now now);

  // Whether the edge may read.
  bool Reading(SessionKey key) const;

  // A pong, or any other sign of life without a message.
  void Alive(SessionKey key, Now now);

  // The connection is gone; `frame` is what the peer sent, or 1006 if it just vanished (RFC 6455
  // 7.1.5). Unknown keys are ignored.
  void Closed(SessionKey key, const CloseFrame& frame, Now now);

  // Time passes; call at least every 50 ms.
  void Tick(Now now);

  // After each turn of the loop: hands events over.
  void EndTurn();

  DirtyList& dirty();
  size_t sessions() const;

  // --- for backends: one shard's share ----------------------------------------------------------

  ClientVerbs& clients();
  const Views& views() const;
  Workers& workers();
  // Answers that backends await from clients.
  size_t requests() const;
  // What was said to many (Publisher).
  Outcome Deliver(const Saying& saying, Now now);

  // Their turn in a drain has come: closed at once, or as soon as what is under way for them is
  // finished, at the latest after the order's grace.
  void Drain(absl::Span<const SessionKey> keys, const SharedDrainOrder& order, Now now);
  // The drain was cancelled: whoever has a grace of it stays, and is read again.
  void Spare(const SharedDrainOrder& order, Now now);
  void Refuse(const std::string& space, bool refuse);

  // --- for other shards and nodes (ShardSet, Elsewhere) ----------------------------------------

  // The holder's id was taken over by `heir`: closes it, and passes on what it leaves.
  void Displace(const storage::PresenceRecord& holder, Heir heir, Now now);
  // What a session that took an id over comes into; it may open now.
  void Inherit(SessionKey key, Estate estate, Now now);
  // Somebody wants the holder's id: finds out whether it lives, and says so.
  void ProbeHolder(const storage::PresenceRecord& holder, hub::Judged judged, Now now);
  void Judged(SessionKey newcomer, bool holder_lives, Now now);
  // What other nodes say in this namespace is heard from now on (Elsewhere::Hear).
  void Heard(const std::string& space);

 private:
  struct Parts;
  Parts& parts() const;  // on the shard's thread

  std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::hub
