// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/commands.h"
#include "control/ctl/drain_view.h"
#include "control/ctl/listing.h"
#include "control/ctl/pages.h"

namespace sluice::ctl {
namespace {

class DrainList : public Command {
 public:
  DrainList() : Command("drain list", "Drains that are known, ended or not.") {}

  Exit Run(Session& session) override {
    Listing listing(session.out, DrainHeader());
    listing.Section("drains");
    v1::ListDrainsRequest request;
    absl::Status status = ForEachPage(session, request, [&](const v1::ListDrainsResponse& page) {
      for (const v1::Drain& drain : page.drains()) listing.Add(drain, DrainRow(drain));
      session.AddUnreachable(page.unreachable());
      listing.Turn();
    });
    if (!status.ok()) return session.Fail(status);
    listing.End(session.unreachable());
    return session.Conclude(Exit::kOk);
  }
};

}  // namespace

std::unique_ptr<Command> MakeDrainList() { return std::make_unique<DrainList>(); }

}  // namespace sluice::ctl
