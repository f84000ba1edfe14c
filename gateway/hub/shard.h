// SPDX-License-Identifier: Apache-2.0
//
// A shard of the hub: the sessions of one thread, and everything that can happen to them. Values
// in, values out: it reads no clock, knows no thread, and touches the world only through the
// interfaces in socket.h, worker.h, event_log.h and storage/. Its owner calls it on one thread and
// tells the time; whoever is on another thread posts to that thread (shard_set.h).
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "gateway/hub/close.h"
#include "gateway/hub/drain_order.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/message.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/shard_types.h"
#include "gateway/hub/socket.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker.h"
#include "storage/presence.h"

namespace sluice::hub {

class ShardSet;

// What a shard needs from the world.
struct ShardPorts {
  ShardSet& set;            // complete before any call
  storage::Executor& self;  // runs tasks on this shard's thread
  storage::Presence& presence;
  EventOutlet& events;
  const TokenAuthority& tokens;
  PublicationTap& tap;
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

  // --- for the control plane: one shard's share of each verb -----------------------------------

  // With `close_after`, each is closed right behind the message (code 0: the dialect's own).
  Outcome Send(const Selector& selector, const Message& message,
               const std::optional<CloseFrame>& close_after, Now now);
  // Delivers a publication to the members of its channel.
  Outcome Publish(const std::string& space, const SharedMessage& message, Now now);
  Outcome Join(const Selector& selector, absl::Span<const std::string> channels, Now now);
  Outcome Leave(const Selector& selector, absl::Span<const std::string> channels, Now now);
  // Leave, and tells the clients so.
  Outcome KickOut(const Selector& selector, absl::Span<const std::string> channels,
                  std::string_view message, Now now);
  // Hands a signed token out and takes it for the sessions; with a `sink`, each client's
  // confirmation is awaited.
  Outcome SetToken(const Selector& selector, const Token& token, Duration confirm_within,
                   std::shared_ptr<AnswerSink> sink, Now now);
  Outcome Deauthenticate(const Selector& selector, Now now);
  // Sets the user if there is one ("" takes it away), and the labels ("" removes one).
  Outcome Update(const Selector& selector, const std::optional<std::string>& user,
                 const Labels& labels, Now now);
  // Code 0: the dialect's own.
  Outcome Disconnect(const Selector& selector, const CloseFrame& frame, bool validate_only,
                     Now now);

  // Asks clients. `ask` names the Control.Call, for ForgetAsk.
  Outcome Ask(uint64_t ask, const Selector& selector, const std::string& method,
              const Payload& params, Duration timeout, std::shared_ptr<AnswerSink> sink, Now now);
  void ForgetAsk(uint64_t ask);
  size_t asks() const;

  // Which sessions a selector names.
  std::vector<SessionKey> Snapshot(const Selector& selector) const;
  // Every session, whatever its namespace: for the node's own end.
  std::vector<SessionKey> SnapshotAll() const;
  // Their turn in a drain has come: closed at once, or as soon as what is under way for them is
  // finished, at the latest after the order's grace.
  void Drain(absl::Span<const SessionKey> keys, const SharedDrainOrder& order, Now now);
  // The drain was cancelled: whoever has a grace of it stays, and is read again.
  void Spare(const SharedDrainOrder& order, Now now);
  void Refuse(const std::string& space, bool refuse);

  uint64_t Count(const Selector& selector) const;
  // The selected connections with id > after, ascending, at most `limit`, and no more than fit into
  // `bytes_max` (but one).
  ConnectionPage List(const Selector& selector, std::string_view after, size_t limit,
                      size_t bytes_max = std::numeric_limits<size_t>::max()) const;
  // Names > after, ascending, at most limit.
  std::vector<NamedCount> Namespaces(std::string_view after, size_t limit) const;
  std::vector<NamedCount> Channels(std::string_view space, std::string_view after,
                                   size_t limit) const;
  MethodsView Methods(std::string_view space) const;

  // --- for workers ------------------------------------------------------------------------------

  // RESOURCE_EXHAUSTED: methods_max; ALREADY_EXISTS: it contradicts another worker, and that is
  // refused. Nothing was taken then.
  absl::Status Register(const Registration& registration, Now now);
  void Deregister(const Deregistration& deregistration, Now now);
  // Takes back all that the worker offers, in every namespace; its calls under way go on.
  void Withdraw(WorkerId worker, Now now);
  // The stream ended: its offers go. Calls that it was sent fail, others are given to others.
  void WorkerGone(WorkerId worker, LostWork lost, Now now);
  // A worker answered; keys that are unknown by now are counted and dropped.
  // With a `token`, the client gets that right before the answer, and is authenticated with it.
  void Complete(CallKey call, WorkerResult result, Now now, std::unique_ptr<Token> token = nullptr);
  // Some worker has credit again after TryReserve had failed, or there is one more.
  void CreditFreed(Now now);

  // --- for other shards (ShardSet) ---------------------------------------------------------------

  // This session's id was taken over by `heir`: closes it, and passes on what it leaves.
  void Displace(SessionKey key, SessionKey heir, Now now);
  // Somebody wants this session's id: finds out whether it lives, and tells the newcomer's shard.
  void ProbeHolder(SessionKey holder, SessionKey newcomer, Now now);
  void Judged(SessionKey newcomer, bool holder_lives, Now now);
  // What a session that took an id over comes into; it may open now.
  void Inherit(SessionKey key, Estate estate, Now now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::hub
