// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "control/ctl/commands.h"
#include "control/ctl/listing.h"
#include "control/ctl/pages.h"

namespace sluice::ctl {
namespace {

class NamespacesList : public Command {
 public:
  NamespacesList()
      : Command("namespaces list", "Namespaces that have connections, with their counts.") {}

  Exit Run(Session& session) override {
    Listing listing(session.out, {"NAME", "CONNECTIONS"});
    listing.Section("namespaces");
    v1::ListNamespacesRequest request;
    absl::Status status =
        ForEachPage(session, request, [&](const v1::ListNamespacesResponse& page) {
          for (const auto& space : page.namespaces()) {
            listing.Add(space, {space.name(), absl::StrCat(space.connections())});
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

std::unique_ptr<Command> MakeNamespacesList() { return std::make_unique<NamespacesList>(); }

}  // namespace sluice::ctl
