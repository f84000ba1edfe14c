// SPDX-License-Identifier: Apache-2.0
//
// What clients ask of workers: methods, logins, and messages that only a worker understands; and
// what becomes of the results. Single-threaded.
#pragma once

#include "gateway/hub/command.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

class Answers;
class Authentication;
class Channels;
class Invoker;
class MethodLists;
class Progress;
struct Endpoint;
struct PendingCall;
struct Session;
struct ShardProbe;

class MethodCalls {
 public:
  // What is given outlives this.
  MethodCalls(Invoker& invoker, MethodLists& lists, Authentication& authentication,
              Channels& channels, Answers& answers, Progress& progress, ShardProbe& probe)
      : invoker_(invoker),
        lists_(lists),
        authentication_(authentication),
        channels_(channels),
        answers_(answers),
        progress_(progress),
        probe_(probe) {}

  // What a client says.
  void OnCall(Session& session, const Question& question, CallMethod verb, Now now);
  void OnLogin(Session& session, const Question& question, Login verb, Now now);
  // Nobody can be told if it is lost, so it is counted.
  void OnForward(Session& session, const Question& question, Forward verb, Now now);
  void OnListMethods(Session& session, const Question& question, Now now);

  // What a worker says, of a method, a login, or a forwarded message.
  void OnResult(Session& session, PendingCall& call, WorkerResult&& result, Now now);

 private:
  // The call, or null: the question is answered with what is wrong.
  PendingCall* Begin(Session& session, const Question& question, Endpoint* endpoint,
                     Invocation invocation, Duration time_limit, Now now);
  bool HandToken(Session& session, PendingCall& call, Now now);
  void OnMethodResult(Session& session, const Question& question, const WorkerResult& result,
                      Now now);
  void OnLoginResult(Session& session, const Question& question, WorkerResult result, Now now);
  void OnAccepted(Session& session, const Question& question, const Accept& accept, Now now);

  Invoker& invoker_;
  MethodLists& lists_;
  Authentication& authentication_;
  Channels& channels_;
  Answers& answers_;
  Progress& progress_;
  ShardProbe& probe_;
};

}  // namespace sluice::hub
