// SPDX-License-Identifier: Apache-2.0
//
// What a client says, in the order in which it was said: each command waits for those before it,
// for guards that are asked about it, and for its share of the session's rate. What the session's
// own rights wait for comes before all that. Single-threaded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/hub/command.h"
#include "gateway/hub/command_runner.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

class Answers;
class Authentication;
class Deadlines;
class Evictions;
class Guards;
class Rights;
struct Decision;
struct QueuedCommand;
struct Session;
struct ShardProbe;

class Inboxes {
 public:
  // What is given outlives this.
  Inboxes(CommandRunner& runner, Guards& guards, Rights& rights, Authentication& authentication,
          Answers& answers, Evictions& evictions, Deadlines& deadlines, ShardProbe& probe)
      : runner_(runner),
        guards_(guards),
        rights_(rights),
        authentication_(authentication),
        answers_(answers),
        evictions_(evictions),
        deadlines_(deadlines),
        probe_(probe) {}

  // A whole message. False: stop reading until Socket::Resume.
  bool Receive(Session& session, std::string_view bytes, bool binary, Now now);

  // Behind what waits already.
  void Process(Session& session, Command&& command, Key batch, Now now);
  // What was waited for is there, or has changed.
  void GoOn(Session& session, Now now);
  // It has fewer calls: there may be a place for what waits for one.
  void OnFinished(Session& session, Now now);

  // The guard has answered about what stands in front. `stale`: it was asked about somebody else,
  // so that it is asked again.
  void OnVerdict(Session& session, Decision decision, bool stale, Now now);
  // It has its share of the rate.
  void OnDeadline(Session& session, Now now);

 private:
  // What must be allowed before a command is carried out.
  struct Query {
    GuardAction action;
    std::string subject;
    Payload data;
  };
  void Run(Session& session, Now now);
  // Goes one step on with what stands in front; false: it waits.
  bool RunFirst(Session& session, Now now);
  std::optional<Query> QueryOf(const Session& session, const QueuedCommand& queued, Now now) const;
  void OnDecided(Session& session, Decision decision, Now now);
  bool MustWait(Session& session, const Command& command, Now now);
  void ChooseDialect(Session& session, std::string_view bytes, bool binary);

  CommandRunner& runner_;
  Guards& guards_;
  Rights& rights_;
  Authentication& authentication_;
  Answers& answers_;
  Evictions& evictions_;
  Deadlines& deadlines_;
  ShardProbe& probe_;
};

}  // namespace sluice::hub
