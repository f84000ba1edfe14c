// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "control/ctl/commands.h"
#include "control/ctl/drain_view.h"

namespace sluice::ctl {
namespace {

// What is said to a drain by its id alone, and answered with the drain.
template <typename Request>
class Steer : public Command {
 public:
  using Command::Command;

  void Declare(Flags& flags) override { flags.Argument("ID", "the drain's id", &id_); }

  Exit Run(Session& session) override {
    Request request;
    request.set_drain_id(id_);
    request.set_scope(session.scope());
    auto drain = session.client().Ask(request);
    if (!drain.ok()) return session.Fail(drain.status());
    ShowDrain(session, *drain);
    return session.Conclude(Exit::kOk);
  }

 private:
  std::string id_;
};

}  // namespace

std::unique_ptr<Command> MakeDrainPause() {
  return std::make_unique<Steer<v1::PauseDrainRequest>>("drain pause",
                                                        "No further closes, until it is resumed.");
}
std::unique_ptr<Command> MakeDrainResume() {
  return std::make_unique<Steer<v1::ResumeDrainRequest>>("drain resume",
                                                         "Goes on with a drain that was paused.");
}
std::unique_ptr<Command> MakeDrainCancel() {
  return std::make_unique<Steer<v1::CancelDrainRequest>>(
      "drain cancel", "Ends a drain where it is; what is closed stays closed.");
}
std::unique_ptr<Command> MakeDrainGet() {
  return std::make_unique<Steer<v1::GetDrainRequest>>("drain get", "A drain as it stands.");
}

}  // namespace sluice::ctl
