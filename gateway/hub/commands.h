// SPDX-License-Identifier: Apache-2.0
//
// Carries one command of a client out, by the part that it concerns, and charges it to the client's
// rate. Single-threaded.
#pragma once

#include "gateway/hub/command.h"
#include "gateway/hub/command_runner.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

class Answers;
class Arrivals;
class Authentication;
class Channels;
class Closer;
class Evictions;
class MethodCalls;
class Publications;
class Requests;
struct Session;

class Commands final : public CommandRunner {
 public:
  struct Parts {
    Arrivals& arrivals;
    MethodCalls& method_calls;
    Channels& channels;
    Publications& publications;
    Authentication& authentication;
    Requests& requests;
    Evictions& evictions;
    Answers& answers;
    Closer& closer;
  };
  // What is given outlives this.
  explicit Commands(const Parts& parts) : parts_(parts) {}

  void Execute(Session& session, Command&& command, Key batch, Now now) override;

 private:
  // False: the client has said too much.
  bool Charge(Session& session, const Command& command, Now now);
  void OnAnswer(Session& session, const Question& question, Answer verb, Now now);
  void OnSay(Session& session, const Question& question, Say verb, Now now);

  const Parts parts_;
};

}  // namespace sluice::hub
