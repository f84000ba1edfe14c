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

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/random/random.h"
#include "gateway/hub/asks.h"
#include "gateway/hub/calls.h"
#include "gateway/hub/directory.h"
#include "gateway/hub/frame.h"
#include "gateway/hub/member_news.h"
#include "gateway/hub/method_lists.h"
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
  size_t bytes = 0;  // of the answers
};

// The sessions of one namespace that see its members come and go.
struct Viewers {
  static constexpr size_t kNoList = static_cast<size_t>(-1);
  storage::Presence::WatchId watch = 0;
  // How many of `untold` each knows from its list; kNoList: it has none yet.
  absl::flat_hash_map<SessionKey, size_t> known;
  std::vector<SessionKey> newcomers;  // whose list has not been asked for
  std::vector<storage::PresenceChange> untold;
  bool telling = false;  // TellNews is on its way
  Instant told_at = Instant::Past();
};

// Whether the holder of an id lives, and who waits to know.
struct IdProbe {
  Flow before;
  TimerWheel::Id timer = 0;
  std::vector<SessionKey> newcomers;
};

// An id on its way from one session to the next: from when a session claims it until it has come
// into it. `heir` is who has taken it over from that session meanwhile, if anybody has.
struct Succession {
  storage::PresenceKey name;
  SessionKey heir{};
};

struct Shard::Impl : CallOwner {
  static constexpr Duration kLookEvery = absl::Milliseconds(500);

  Impl(Shard& shard, uint32_t index, const ShardOptions& options, const ShardPorts& ports,
       ShardProbe& probe);

  // What a deadline in `timers` is about: the top byte of its token; the rest is the key.
  enum Kind : uint64_t {
    kSession = uint64_t{1} << 56,
    kCall = uint64_t{2} << 56,
    kAsk = uint64_t{3} << 56,
    kGrace = uint64_t{4} << 56,
    kIdProbe = uint64_t{5} << 56,
    kTurn = uint64_t{6} << 56,
    kToken = uint64_t{7} << 56,
  };
  static constexpr uint64_t kKindMask = uint64_t{0xff} << 56;
  uint64_t TimerToken(Kind kind, Key key) const { return kind | (key.value & ~kKindMask); }
  void OnTimer(uint64_t token, Now now);
  void LookForEjected(Now now);

  // --- arrivals (shard_arrivals.cc) ---
  SessionKey Open(Arrival arrival, Socket& socket, Now now);
  void Arrive(Session& session, Now now);
  void Agree(Session& session);
  void ChooseSubprotocol(Session& session, const std::string& name, Now now);
  bool TakeStep(Session& session, ArrivalProgress::Step step, Now now);
  bool AwaitGreeting(Session& session, Now now);
  void Greeted(Session& session, Correlation correlation, Greet greet, Now now);
  void Welcomed(Session& session, const Correlation& correlation, const Payload& payload,
                const TokenFlaw* flaw, Now now);
  void Refuse(Session& session, CloseCause cause, const CallError& error, CloseFrame frame,
              Now now);
  bool Admit(Session& session, Now now);
  void OnAdmission(Session& session, WorkerResult result, Now now);
  void Claim(Session& session);
  Session* Arriving(SessionKey key) const;
  void OnClaimRefused(const storage::PresenceRecord& record, CloseCause cause, Now now);
  void Enter(Session& session, Estate estate, Now now);
  void SayFirst(Session& session, const ArrivalProgress& arrival, Now now);
  storage::PresenceRecord RecordOf(const Session& session) const;
  std::string NewId();

  // --- conflicts (shard_conflicts.cc) ---
  void OnHeld(const storage::PresenceRecord& record, const storage::PresenceRecord& holder,
              Now now);
  void OnIdProbeOver(Session& session, Now now);
  void EndIdProbe(Session& session, bool lives);

  // --- taking ids over (shard_successions.cc) ---
  void OnClaimed(const storage::PresenceRecord& record, absl::StatusOr<storage::Claim> claim,
                 Now now);
  Estate GiveUp(SessionKey key, Now now);
  void PassOn(SessionKey heir, Estate estate);
  void ComeInto(SessionKey key, Estate estate, Now now);
  void TellGone(const Succession& succession, Estate estate, Now now);
  void TakeOn(Session& session, const Estate& estate, Now now);

  // --- departures (shard_departures.cc) ---
  // How a session goes.
  enum class Going : uint8_t {
    kLeaves,
    kLosesId,    // somebody else has its id by now
    kDisplaced,  // as well, and is told of instead: its events go on with the other's
  };
  // Begins to close; the dialect's frame for the cause, unless `frame.code` is set.
  void CloseSession(Session& session, CloseCause cause, CloseFrame frame, Now now,
                    Going going = Going::kLeaves);
  // Takes a session out of everything; it stays in the slab until its socket is gone.
  void Retire(Session& session, const CloseFrame& frame, Going going, Now now);
  void Closed(SessionKey key, const CloseFrame& frame, Now now);
  void ScheduleLiveness(Session& session);
  void Heard(Session& session, Now now);
  void OnSessionTimer(Session& session, Now now);
  void RenewPresence(Now now);
  void Reclaim(Session& session);
  void Emit(ConnectionEvent::Type type, const Session& session, Now now,
            std::string_view channel = {}, const CloseFrame& frame = {});
  // Of several channels at once; `session` may be in none of them any more.
  void EmitLeft(const Session& session, std::vector<std::string> channels, std::string_view why,
                Now now);
  static std::vector<std::string> ChannelsOf(const Session& session);
  // Hands events over, and then gives ids back: whoever gets one is told of later.
  void Flush();

  // --- drains (shard_drains.cc) ---
  void BeginLeaving(Session& session, const SharedDrainOrder& order, Now now);
  bool StopLeaving(Session& session, const SharedDrainOrder& order, Now now);
  void ScheduleGrace(Session& session);
  // Something that was under way is over. Closes the connection soon if it was the last.
  void PartIfAtRest(const Session& session);
  void OnGraceOver(SessionKey key, Now now);
  void Part(Session& session, Now now);
  void EndLeaving(Session& session);

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
               Now now);
  Guarding Undecided(Fault fault);
  Guarding Decided(WorkerResult result);
  void OnVerdict(Session& session, const CallRequest& request, WorkerResult result, Now now);
  bool AskGuard(Session& session, GuardAction action, std::string subject, const Payload& data,
                Now now);
  void BlockArrival(Session& session, GuardAction action, const CallError& error, Now now);
  // Carries a command out behind those that still wait.
  void Process(Session& session, Command command, Key batch, Now now);
  void RunInbox(Session& session, Now now);
  GuardAction GuardedWay(const Session& session, bool answer) const;
  std::optional<GuardQuestion> QuestionOf(Session& session, const QueuedCommand& queued, Now now);
  void InboxDecided(Session& session, Guarding guarding, Now now);
  // Nothing: it is delivered, or waits for its guard. `frame`: its bytes on the wire.
  std::optional<DropReason> AskBeforeDelivery(Session& session, const SharedMessage& message,
                                              size_t frame, Now now);
  void RunOutbound(Session& session, Now now);
  void OutboundDecided(Session& session, Guarding guarding, Now now);
  void PassOutbound(Session& session, const Guarding& guarding, Now now);

  // --- rights (shard_rights.cc) ---
  // What became of who a session is.
  enum class Change : uint8_t {
    kSameUser,   // the same user once more, by a newer token or connection
    kOtherUser,  // somebody, but perhaps somebody else
    kNobody,     // it is not authenticated any more
    kHeir,       // another connection has its id now
  };
  enum class Fate : uint8_t { kStays, kIsAskedAbout, kGoes };
  // What becomes of a membership. `with_user`: it was given when somebody was authenticated.
  Fate FateOf(const Session& session, std::string_view channel, Entry entry, Change change,
              bool with_user) const;
  // It is `user` from here on, by `token` if there is one; `shown`: which is told of.
  void Become(Session& session, const std::string& user, std::unique_ptr<Token> token, bool shown,
              Now now);
  // By a login or a backend: an older token that names somebody else is void.
  void Identify(Session& session, const std::string& user, Now now);
  void BecomeNobody(Session& session, Now now);
  // As well, and tells the client to forget its token.
  void Dismiss(Session& session, Now now);
  void Rejudge(Session& session, Change change, Now now);
  static bool ForgetRecheck(Session& session, std::string_view channel);
  void AskAgain(Session& session, std::string channel, Entry entry, bool inside);
  void Readmit(Session& session, const std::string& channel, Entry entry, Now now);
  void TakeOut(Session& session, const std::string& channel, Entry entry, Now now);
  bool RunRecheck(Session& session, Now now);
  void RecheckDecided(Session& session, const Guarding& guarding, Now now);
  // Goes on with what waits, after a change that the client did not ask for.
  void GoOn(Session& session, Now now);
  void ExpelStrangers(const Registration& registration, Now now);
  void ScheduleExpiry(Session& session, Now now);
  void OnTokenTimer(Session& session, Now now);
  void ExpireToken(Session& session, Now now);

  // --- members (shard_members.cc) ---
  void SeeMembers(Session& session, Now now);
  void ListMembers(const std::string& space, Viewers& viewers);
  void UnseeMembers(const Session& session);
  void TellMembers(Session& session, absl::Span<const Member> members, bool cut, Now now);
  void OnMember(const std::string& space, const storage::PresenceChange& change, Now now);
  void TellSoon(const std::string& space, Viewers& viewers, Now now);
  void TellGathered(Now now);
  void TellNews(const std::string& space, Now now);
  void TellNewsTo(Session& viewer, MemberNews& news, size_t known, Now now);

  // --- tokens (shard_tokens.cc) ---
  std::variant<Token, TokenFlaw> Verify(std::string_view token, Now now) const;
  void TakeToken(Session& session, Token token, Now now);
  // Delivers the token that came with an answer. False: it found no room, and the session closes.
  bool HandToken(Session& session, PendingCall& call, Now now);
  void TellTokenRemoved(Session& session, Now now);
  void ShowToken(Session& session, Correlation correlation, Key batch, const Authenticate& verb,
                 Now now);
  void TokenAnswered(Session& session, const Correlation& correlation, Key batch,
                     const TokenFlaw* flaw, Now now);

  // --- publications (shard_publications.cc) ---
  void PublishIn(Session& session, const Correlation& correlation, Key batch, hub::Publish verb,
                 Now now);
  bool CannotBeSaid(const Session& session, const Message& message) const;
  void RelayToOthers(Session& session, const Relay& relay, Now now);
  // Runs `task(Shard&, now)` here at once and on every other shard soon.
  template <typename Task>
  void ForEveryShard(Task task, Now now) {
    task(self_shard, now);
    for (uint32_t i = 0; i < set.size(); ++i) {
      if (i != index) set.Post(i, task);
    }
  }

  // --- commands (shard_commands.cc) ---
  bool Receive(Session& session, std::string_view bytes, bool binary, Now now);
  void ChooseDialect(Session& session, std::string_view bytes, bool binary);
  void Execute(Session& session, Command command, Key batch, Now now);
  void RunBatch(Batch& batch, Now now);
  void FinishBatch(Batch& batch, Now now);
  // The answer to one command, if it has one; inside a batch it waits for the others.
  void Answered(Session& session, Key batch, std::optional<std::string> answer, Now now);
  // The same for an answer that may be too large; an error is said in its place then.
  void Reply(Session& session, const Correlation& correlation, Key batch, std::string answer,
             Now now);
  bool FitsBatch(Key batch, size_t answer) const;
  void Succeed(Session& session, const Correlation& correlation, Key batch, const Payload& result,
               Now now);
  void Fail(Session& session, const Correlation& correlation, Key batch, const CallError& error,
            Now now);
  void Call(Session& session, Correlation correlation, Key batch, CallMethod call, Now now);
  void LogIn(Session& session, Correlation correlation, Key batch, Login login, Now now);
  void OnLogin(Session& session, PendingCall& call, WorkerResult result, Now now);
  void Pass(Session& session, const Correlation& correlation, Key batch, Forward forward, Now now);
  void SubscribeTo(Session& session, const Correlation& correlation, Key batch,
                   const Subscribe& subscribe, Now now);
  std::optional<ChannelStatus> SubscribeToOne(Session& session, const std::string& channel,
                                              Now now);
  bool AnswersTooMuch(absl::Span<const std::string> channels) const;
  void TooMany(Session& session, const Correlation& correlation, Key batch, Now now);
  void TellChannels(Session& session, const Correlation& correlation, Key batch,
                    absl::Span<const ChannelResult> results, Now now);
  void UnsubscribeFrom(Session& session, const Correlation& correlation, Key batch,
                       const Unsubscribe& unsubscribe, Now now);
  void TellMethods(Session& session, const Correlation& correlation, Key batch, Now now);
  void TakeAnswer(Session& session, const Correlation& correlation, Key batch, Answer answer,
                  Now now);
  void Speak(Session& session, Key batch, Say say, Now now);
  bool MustWait(Session& session, const Command& command, Now now);
  void OnTurn(Session& session, Now now);
  bool SpendToken(Session& session, const Command& command, Now now);
  // Puts a message into the outbox, or says why not; a consumer that is too slow is being closed
  // then.
  std::optional<DropReason> Deliver(Session& session, std::string_view message, Now now);
  std::optional<DropReason> DeliverMessage(Session& session, const Message& message, Now now);
  std::optional<DropReason> DeliverFrame(Session& session, const SharedFrame& frame, Now now);
  // Whether a message of a dialect could ever get into an outbox.
  bool Fits(size_t message) const { return message + kFrameHeaderMax <= options.outbox_bytes; }
  std::optional<DropReason> RoomFor(Session& session, size_t bytes, Now now);
  std::optional<DropReason> KickOutOf(Session& session, const std::string& channel,
                                      std::string_view message, Now now);
  bool JoinChannel(Session& session, std::string_view channel, Entry entry, Now now);
  bool LeaveChannel(Session& session, std::string_view channel, Now now);
  void SetUser(Session& session, const std::string& user, Now now);
  // Whether one more answer may be awaited from the session; counted if not.
  bool MayAsk(const Session& session);
  bool SetLabels(Session& session, const Labels& labels);
  // What becomes of a worker's answer with labels that do not fit.
  static CallError TooManyLabels();
  // Notes that the session will answer `number`.
  void Await(Session& session, uint64_t ask, uint64_t number, Duration timeout,
             std::shared_ptr<AnswerSink> sink, Now now);

  // The session has a call more, or one less.
  void Holds(Session& session, PendingCall& call);
  void HoldsNoMore(Session& session, const PendingCall& call);
  // Whether the command at the front waits until the session has fewer calls: nobody could be told
  // that it was not carried out.
  bool AwaitsPlace(const Session& session, const Command& command) const;

  // CallOwner.
  Context ContextOf(SessionKey key, const ContextSpec& spec) override;
  Candidate CandidateOf(SessionKey key) override;
  Endpoint* EndpointOf(const PendingCall& call, std::string_view method) override;
  void OnHealth(const PendingCall& call, const WorkerHealth::Change& change, Now now) override;
  void OnPlaceFreed() override;
  void OnResult(PendingCall& call, WorkerResult result, Now now) override;
  void UseResult(Session& session, PendingCall& call, WorkerResult result, Now now);

  Session* OpenSession(SessionKey key) const {
    Session* session = sessions.Find(key);
    return session && session->state == Session::State::kOpen ? session : nullptr;
  }

  // Whether what it says is taken, whether its next command would be carried out, and whether it
  // may be read from.
  static bool Hears(const Session& session) {
    return session.state == Session::State::kOpen || session.state == Session::State::kGreeting;
  }
  static bool Carries(const Session& session) {
    return !session.deciding && !session.waiting && Hears(session);
  }
  static bool Reading(const Session& session) {
    return Carries(session) && session.inbox.empty() && !Silenced(session);
  }
  // Its turn in a drain has come, and it owes no answer that would have to be read.
  static bool Silenced(const Session& session) { return session.leaving && session.asks.empty(); }

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
  MethodLists method_lists;
  Calls calls;
  Asks asks;
  std::vector<ConnectionEvent> events;
  std::vector<std::pair<storage::PresenceKey, SessionKey>> releases;  // when events are told
  absl::flat_hash_map<SessionKey, Succession> successions;            // of which session
  absl::flat_hash_set<std::string> refused_spaces;
  absl::flat_hash_map<uint64_t, IdProbe> id_probes;  // by the holder's key
  absl::BitGen random;
  std::map<std::string, Viewers> viewed;
  std::vector<std::string> gathering;  // namespaces whose news wait for TellGathered
  Instant next_renewal = Instant::Past();
  Instant next_look = Instant::Past();  // for workers whose ejection is over
};

}  // namespace sluice::hub
