// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control/ctl/body_flags.h"
#include "control/ctl/commands.h"
#include "control/ctl/tail.h"

namespace sluice::ctl {
namespace {

class Subscribe : public Command {
 public:
  Subscribe() : Command("subscribe", "Shows what is said in channels, as it is said.") {}

  void Declare(Flags& flags) override {
    flags.Arguments("CHANNEL", "the channels' names", &channels_);
    tail_.Declare(flags);
  }

  Exit Run(Session& session) override {
    EndOnInterrupt(session);
    v1::SubscribeRequest request;
    request.set_namespace_(session.space());
    for (const std::string& channel : channels_) request.add_channels(channel);
    Table table({"CHANNEL", "FROM", "USER", "BODY"}, session.out.columns());
    bool greeted = false;
    absl::Status status = session.client().Follow(
        request,
        [&](v1::SubscribeResponse& message) {
          if (!greeted) session.Note("listening");
          greeted = true;
          Warn(session, message);
          for (const auto& said : message.publications()) {
            session.out.Tail(
                session.out.is_table() ? Json() : ToJson(said), table,
                {said.channel(), said.connection_id(), said.user(), BodyText(said.body())});
            if (!tail_.Count()) return false;
          }
          return true;
        },
        tail_.length());
    return tail_.Ended(session, status);
  }

 private:
  static void Warn(const Session& session, const v1::SubscribeResponse& message) {
    if (message.lost() > 0) session.Note(absl::StrCat(message.lost(), " lost: read too slowly"));
    if (message.degraded()) {
      session.Note("other nodes are not heard: what their clients say is missed for now");
    }
  }

  std::vector<std::string> channels_;
  TailFlags tail_;
};

}  // namespace

std::unique_ptr<Command> MakeSubscribe() { return std::make_unique<Subscribe>(); }

}  // namespace sluice::ctl
