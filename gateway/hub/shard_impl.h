// SPDX-License-Identifier: Apache-2.0
//
// The inside of a shard: its parts, and what happens between them. Shared by the shard_*.cc files,
// each of which is one chapter: arrivals and departures, commands, control verbs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/random/random.h"
#include "gateway/hub/asks.h"
#include "gateway/hub/calls.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/session.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/slab.h"
#include "gateway/hub/timer_wheel.h"

namespace sluice::hub {

// A message of several commands: carried out one after the other, answered together.
struct Batch {
  Batch(Key k, SessionKey s, absl::InlinedVector<Command, 1> c)
      : key(k), session(s), commands(std::move(c)) {}
  const Key key;
  const SessionKey session;
  absl::InlinedVector<Command, 1> commands;
  size_t next = 0;
  bool waiting = false;  // for the answer of commands[next - 1]
  bool running = false;  // RunBatch is on the stack
  std::vector<std::string> answers;
};

struct Shard::Impl : CallOwner {
  Impl(uint32_t index, const ShardOptions& options, ShardSet& set, storage::Executor& self,
       storage::Presence& presence, EventOutlet& events, ShardProbe& probe);

  // What a deadline in `timers` is about: the top byte of its token; the rest is the key.
  enum Kind : uint64_t {
    kKeepalive = uint64_t{1} << 56,
    kCall = uint64_t{2} << 56,
    kAsk = uint64_t{3} << 56,
  };
  static constexpr uint64_t kKindMask = uint64_t{0xff} << 56;
  uint64_t Token(Kind kind, Key key) const { return kind | (key.value & ~kKindMask); }
  void OnTimer(uint64_t token, Time now);

  // --- arrivals and departures (shard_arrivals.cc) ---
  SessionKey Open(Arrival arrival, Socket& socket, Time now);
  void Admit(Session& session, Time now);
  void OnAdmission(Session& session, WorkerResult result, Time now);
  void Claim(Session& session, Time now);
  Session* Arriving(SessionKey key) const;
  void OnClaimed(const storage::PresenceRecord& record, const storage::Claim& claim, Time now);
  void OnClaimRefused(const storage::PresenceRecord& record, CloseCause cause, Time now);
  void Enter(Session& session, std::vector<std::string> inherited, Time now);
  storage::PresenceRecord RecordOf(const Session& session) const;
  std::string NewId();
  // Begins to close; the dialect's frame for the cause, unless `frame.code` is set.
  void CloseSession(Session& session, CloseCause cause, CloseFrame frame, Time now);
  // Takes a session out of everything; it stays in the slab until its socket is gone.
  void Retire(Session& session, const CloseFrame& frame, bool replaced, Time now);
  void Closed(SessionKey key, const CloseFrame& frame, Time now);
  void KeepAlive(Session& session, Time now);
  void RenewPresence(Time now);
  void Reclaim(Session& session);
  void Emit(ConnectionEvent::Type type, const Session& session, Time now,
            std::string_view channel = {}, const CloseFrame& frame = {});

  // --- commands (shard_commands.cc) ---
  bool Receive(Session& session, std::string_view bytes, bool binary, Time now);
  void Execute(Session& session, Command command, Key batch, Time now);
  void RunBatch(Batch& batch, Time now);
  void FinishBatch(Batch& batch, Time now);
  // The answer to one command, if it has one; inside a batch it waits for the others.
  void Answered(Session& session, Key batch, std::optional<std::string> answer, Time now);
  void Succeed(Session& session, const Correlation& correlation, Key batch, const Payload& result,
               Time now);
  void Fail(Session& session, const Correlation& correlation, Key batch, const CallError& error,
            Time now);
  void Call(Session& session, Correlation correlation, Key batch, CallMethod call, Time now);
  void LogIn(Session& session, Correlation correlation, Key batch, Login login, Time now);
  void OnLogin(Session& session, PendingCall& call, WorkerResult result, Time now);
  void SubscribeTo(Session& session, const Correlation& correlation, Key batch,
                   const Subscribe& subscribe, Time now);
  void UnsubscribeFrom(Session& session, const Correlation& correlation, Key batch,
                       const Unsubscribe& unsubscribe, Time now);
  void TellMethods(Session& session, const Correlation& correlation, Key batch, Time now);
  void TakeAnswer(Session& session, const Correlation& correlation, Key batch, Answer answer,
                  Time now);
  bool SpendToken(Session& session, const Command& command, Time now);
  // Puts a message into the outbox, or closes a consumer that is too slow.
  bool Deliver(Session& session, std::string_view message, Time now);
  bool HasRoom(Session& session, size_t bytes, Time now);
  bool JoinChannel(Session& session, std::string_view channel, Time now);
  bool LeaveChannel(Session& session, std::string_view channel, Time now);
  void SetUser(Session& session, const std::string& user, Time now);
  void SetLabels(Session& session, const Labels& labels);

  // CallOwner.
  Context ContextOf(SessionKey key, const ContextSpec& spec) override;
  Candidate CandidateOf(SessionKey key) override;
  void OnPlaceFreed() override;
  void OnResult(PendingCall& call, WorkerResult result, Time now) override;

  Session* OpenSession(SessionKey key) const {
    Session* session = sessions.Find(key);
    return session && session->state == Session::State::kOpen ? session : nullptr;
  }

  const uint32_t index;
  const ShardOptions options;
  ShardSet& set;
  storage::Executor& self;
  storage::Presence& presence;
  EventOutlet& outlet;
  ShardProbe& probe;

  DirtyList dirty;
  TimerWheel timers;
  Slab<Session> sessions;
  Slab<Batch> batches;
  Directory directory;
  MethodTable methods;
  Calls calls;
  Asks asks;
  std::vector<ConnectionEvent> events;
  absl::flat_hash_set<std::string> refused_spaces;
  absl::BitGen random;
  Time next_renewal = absl::InfinitePast();
};

}  // namespace sluice::hub
