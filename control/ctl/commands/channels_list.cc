// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "control/ctl/commands.h"
#include "control/ctl/listing.h"
#include "control/ctl/pages.h"

namespace sluice::ctl {
namespace {

class ChannelsList : public Command {
 public:
  ChannelsList()
      : Command("channels list",
                "Channels of the namespace that have members, with their counts.") {}

  Exit Run(Session& session) override {
    Listing listing(session.out, {"NAME", "CONNECTIONS"});
    listing.Section("channels");
    v1::ListChannelsRequest request;
    request.set_namespace_(session.space());
    absl::Status status = ForEachPage(session, request, [&](const v1::ListChannelsResponse& page) {
      for (const auto& channel : page.channels()) {
        listing.Add(channel, {channel.name(), absl::StrCat(channel.connections())});
      }
      session.AddUnreachable(page.unreachable());
      listing.Turn();
    });
    if (!status.ok()) return session.Fail(status);
    listing.End(session.unreachable());
    return session.Conclude(Exit::kOk);
  }
};

}  // namespace

std::unique_ptr<Command> MakeChannelsList() { return std::make_unique<ChannelsList>(); }

}  // namespace sluice::ctl
