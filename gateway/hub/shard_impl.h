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
#include "gateway/hub/shard_set.h"
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

// The sessions of one namespace that see its members come and go.
struct Viewers {
  storage::Presence::WatchId watch = 0;
  std::vector<SessionKey> sessions;
};

struct Shard::Impl : CallOwner {
  Impl(Shard& shard, uint32_t index, const ShardOptions& options, const ShardPorts& ports,
       ShardProbe& probe);

  // What a deadline in `timers` is about: the top byte of its token; the rest is the key.
  enum Kind : uint64_t {
    kSession = uint64_t{1} << 56,
    kCall = uint64_t{2} << 56,
    kAsk = uint64_t{3} << 56,
  };
  static constexpr uint64_t kKindMask = uint64_t{0xff} << 56;
  uint64_t TimerToken(Kind kind, Key key) const { return kind | (key.value & ~kKindMask); }
  void OnTimer(uint64_t token, Time now);

  // --- arrivals (shard_arrivals.cc) ---
  SessionKey Open(Arrival arrival, Socket& socket, Time now);
  void Arrive(Session& session, Time now);
  bool TakeStep(Session& session, ArrivalProgress::Step step, Time now);
  bool AwaitGreeting(Session& session, Time now);
  void Greeted(Session& session, Correlation correlation, Greet greet, Time now);
  void Welcomed(Session& session, const Correlation& correlation, const Payload& payload,
                const TokenFlaw* flaw, Time now);
  void Refuse(Session& session, CloseCause cause, const CallError& error, CloseFrame frame,
              Time now);
  bool Admit(Session& session, Time now);
  void OnAdmission(Session& session, WorkerResult result, Time now);
  void Claim(Session& session);
  Session* Arriving(SessionKey key) const;
  void OnClaimed(const storage::PresenceRecord& record, const storage::Claim& claim, Time now);
  void OnClaimRefused(const storage::PresenceRecord& record, CloseCause cause, Time now);
  void Enter(Session& session, std::vector<std::string> inherited, Time now);
  void SayFirst(Session& session, const ArrivalProgress& arrival, Time now);
  storage::PresenceRecord RecordOf(const Session& session) const;
  std::string NewId();

  // --- departures (shard_departures.cc) ---
  // Begins to close; the dialect's frame for the cause, unless `frame.code` is set.
  void CloseSession(Session& session, CloseCause cause, CloseFrame frame, Time now);
  // Takes a session out of everything; it stays in the slab until its socket is gone.
  void Retire(Session& session, const CloseFrame& frame, bool replaced, Time now);
  void Closed(SessionKey key, const CloseFrame& frame, Time now);
  void ScheduleLiveness(Session& session);
  void OnSessionTimer(Session& session, Time now);
  void RenewPresence(Time now);
  void Reclaim(Session& session);
  void Emit(ConnectionEvent::Type type, const Session& session, Time now,
            std::string_view channel = {}, const CloseFrame& frame = {});

  // --- guards (shard_guards.cc) ---
  // Where a guard's decision stands.
  struct Guarding {
    enum State : uint8_t { kAllowed, kAsked, kBlocked };
    State state = kAllowed;
    CallError error{};      // kBlocked
    Payload replacement{};  // kAllowed: instead of what was asked about, if it is any
  };
  struct GuardQuestion {
    GuardAction action;
    std::string subject;
    Payload data;
  };
  Guarding Ask(Session& session, GuardAction action, std::string subject, const Payload& data,
               Time now);
  Guarding Undecided(Fault fault);
  Guarding Decided(WorkerResult result);
  void OnVerdict(Session& session, GuardAction action, WorkerResult result, Time now);
  bool AskGuard(Session& session, GuardAction action, std::string subject, const Payload& data,
                Time now);
  void BlockArrival(Session& session, GuardAction action, const CallError& error, Time now);
  // Carries a command out behind those that still wait.
  void Process(Session& session, Command command, Key batch, Time now);
  void RunInbox(Session& session, Time now);
  std::optional<GuardQuestion> QuestionOf(Session& session, const QueuedCommand& queued, Time now);
  void InboxDecided(Session& session, Guarding guarding, Time now);
  bool AskBeforeDelivery(Session& session, const SharedMessage& message, Time now);
  void RunOutbound(Session& session, Time now);
  void OutboundDecided(Session& session, Guarding guarding, Time now);
  void PassOutbound(Session& session, const Guarding& guarding, Time now);

  // --- members (shard_members.cc) ---
  void SeeMembers(Session& session);
  void UnseeMembers(const Session& session);
  void TellMembers(Session& session, std::vector<storage::PresenceRecord> records, Time now);
  void OnMember(const std::string& space, const storage::PresenceChange& change, Time now);

  // --- tokens (shard_tokens.cc) ---
  std::variant<Token, TokenFlaw> Verify(std::string_view token, Time now) const;
  void TakeToken(Session& session, Token token, Time now);
  void DropToken(Session& session, Time now);
  void TellTokenRemoved(Session& session, Time now);
  void ShowToken(Session& session, Correlation correlation, Key batch, const Authenticate& verb,
                 Time now);
  void TokenAnswered(Session& session, const Correlation& correlation, Key batch,
                     const TokenFlaw* flaw, Time now);
  void ExpireToken(Session& session, Time now);

  // --- publications (shard_publications.cc) ---
  void PublishIn(Session& session, const Correlation& correlation, Key batch, hub::Publish verb,
                 Time now);
  void RelayToOthers(Session& session, const Relay& relay, Time now);
  // Runs `task(Shard&, now)` here at once and on every other shard soon.
  template <typename Task>
  void ForEveryShard(Task task, Time now) {
    task(self_shard, now);
    for (uint32_t i = 0; i < set.size(); ++i) {
      if (i != index) set.Post(i, task);
    }
  }

  // --- commands (shard_commands.cc) ---
  bool Receive(Session& session, std::string_view bytes, bool binary, Time now);
  void ChooseDialect(Session& session, bool binary);
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
  void Pass(Session& session, const Correlation& correlation, Key batch, Forward forward, Time now);
  void SubscribeTo(Session& session, const Correlation& correlation, Key batch,
                   const Subscribe& subscribe, Time now);
  std::optional<ChannelStatus> SubscribeToOne(Session& session, const std::string& channel,
                                              Time now);
  void UnsubscribeFrom(Session& session, const Correlation& correlation, Key batch,
                       const Unsubscribe& unsubscribe, Time now);
  void TellMethods(Session& session, const Correlation& correlation, Key batch, Time now);
  void TakeAnswer(Session& session, const Correlation& correlation, Key batch, Answer answer,
                  Time now);
  void Speak(Session& session, Key batch, Say say, Time now);
  bool SpendToken(Session& session, const Command& command, Time now);
  // Puts a message into the outbox, or closes a consumer that is too slow.
  bool Deliver(Session& session, std::string_view message, Time now);
  bool DeliverMessage(Session& session, const Message& message, Time now);
  bool DeliverFrame(Session& session, const SharedFrame& frame, Time now);
  bool HasRoom(Session& session, size_t bytes, Time now);
  bool JoinChannel(Session& session, std::string_view channel, Time now);
  bool LeaveChannel(Session& session, std::string_view channel, Time now);
  void SetUser(Session& session, const std::string& user, Time now);
  void SetLabels(Session& session, const Labels& labels);
  // Notes that the session will answer `number`.
  void Await(Session& session, uint64_t ask, uint64_t number, Duration timeout,
             std::shared_ptr<AnswerSink> sink, Time now);

  // CallOwner.
  Context ContextOf(SessionKey key, const ContextSpec& spec) override;
  Candidate CandidateOf(SessionKey key) override;
  void OnPlaceFreed() override;
  void OnResult(PendingCall& call, WorkerResult result, Time now) override;

  Session* OpenSession(SessionKey key) const {
    Session* session = sessions.Find(key);
    return session && session->state == Session::State::kOpen ? session : nullptr;
  }

  // Whether its next command would be carried out, and whether it may be read from.
  static bool Carries(const Session& session) {
    return !session.deciding &&
           (session.state == Session::State::kOpen || session.state == Session::State::kGreeting);
  }
  static bool Reading(const Session& session) { return Carries(session) && session.inbox.empty(); }

  Shard& self_shard;
  const uint32_t index;
  const ShardOptions options;
  ShardSet& set;
  storage::Executor& self;
  storage::Presence& presence;
  EventOutlet& outlet;
  const TokenAuthority& tokens;
  PublicationTap& tap;
  metrics::SharedCounter& encodings;
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
  std::map<std::string, Viewers> viewed;
  Time next_renewal = absl::InfinitePast();
};

}  // namespace sluice::hub
