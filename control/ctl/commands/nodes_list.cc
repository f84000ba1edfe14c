// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "control/ctl/commands.h"
#include "control/ctl/listing.h"
#include "control/ctl/session.h"

namespace sluice::ctl {
namespace {

class NodesList : public Command {
 public:
  NodesList() : Command("nodes list", "The nodes of the cluster, and how they are.") {}

  Exit Run(Session& session) override {
    auto response = session.client().Ask(v1::ListNodesRequest());
    if (!response.ok()) return session.Fail(response.status());
    session.AddUnreachable(response->unreachable());
    Listing listing(session.out,
                    {"NAME", "CONNECTIONS", "ADDRESS", "VERSION", "EPOCH", "DEGRADED"});
    listing.Section("nodes");
    for (const auto& node : response->nodes()) {
      listing.Add(node, {node.name(), absl::StrCat(node.connections()), node.control_address(),
                         node.version(), node.epoch(), node.degraded()});
    }
    listing.End(session.unreachable());
    return session.Conclude(Exit::kOk);
  }
};

}  // namespace

std::unique_ptr<Command> MakeNodesList() { return std::make_unique<NodesList>(); }

}  // namespace sluice::ctl
