// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "control/ctl/acting_command.h"
#include "control/ctl/body_flags.h"
#include "control/ctl/commands.h"
#include "control/ctl/preview.h"

namespace sluice::ctl {
namespace {

class Publish : public Command {
 public:
  Publish() : Command("publish", "Says something in a channel of the namespace.") {}

  void Declare(Flags& flags) override {
    flags.Argument("CHANNEL", "the channel's name", &channel_);
    body_.Declare(flags, "BODY");
    flags.Switch("--dry-run", "only shows who is in the channel", &dry_run_);
  }

  Exit Run(Session& session) override {
    auto body = body_.Read();
    if (!body.ok()) return session.Usage(std::string(body.status().message()));
    if (dry_run_) {
      v1::Selector members;
      members.set_namespace_(session.space());
      members.add_channels(channel_);
      return Preview(session, members);
    }
    v1::PublishRequest request;
    request.set_namespace_(session.space());
    request.set_channel(channel_);
    *request.mutable_body() = *std::move(body);
    return AskAndShow(session, request);
  }

 private:
  std::string channel_;
  BodyFlags body_;
  bool dry_run_ = false;
};

}  // namespace

std::unique_ptr<Command> MakePublish() { return std::make_unique<Publish>(); }

}  // namespace sluice::ctl
