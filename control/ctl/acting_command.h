// SPDX-License-Identifier: Apache-2.0
//
// A command that does something to selected connections: it takes the selector's flags and
// --dry-run, and wants --all where nothing else says which ones.
#pragma once

#include <string>
#include <utility>

#include "control/ctl/command.h"
#include "control/ctl/selector_flags.h"
#include "control/ctl/session.h"

namespace sluice::ctl {

class ActingCommand : public Command {
 public:
  using Command::Command;
  void Declare(Flags& flags) final;
  Exit Run(Session& session) final;

 private:
  virtual void DeclareOwn(Flags& flags) = 0;
  // What the flags contradict, before anything is asked.
  virtual absl::Status Check(Session& /*session*/) { return absl::OkStatus(); }
  virtual Exit Act(Session& session, v1::Selector selector) = 0;

  SelectorFlags selector_;
  bool dry_run_ = false;
};

// Shows an outcome; `whole` is what the gateway answered.
Exit ShowOutcome(Session& session, const google::protobuf::Message& whole,
                 const v1::Outcome& outcome);

template <typename Request>
Exit AskAndShow(Session& session, Request& request) {
  request.set_scope(session.scope());
  auto response = session.client().Ask(request);
  if (!response.ok()) return session.Fail(response.status());
  return ShowOutcome(session, *response, response->outcome());
}

}  // namespace sluice::ctl
